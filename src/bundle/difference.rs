//! What two bundles do not have in common.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;

use super::catalog::{Authority, Catalog, g1_regions};
use super::certificate::Certificate;
use super::contents::Contents;

/// What is only in one of two bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Certificates only in the first, in the order of its file.
    pub only_first: Vec<Certificate>,
    /// Certificates only in the second, in the order of its file.
    pub only_second: Vec<Certificate>,
    /// Regions of which only the first has an authority of generation 1.
    pub regions_only_first: Vec<String>,
    /// Regions of which only the second has one.
    pub regions_only_second: Vec<String>,
    /// How many certificates are in both.
    pub common: usize,
}

impl Difference {
    /// Whether both hold the same certificates, in whatever order and text.
    pub fn is_empty(&self) -> bool {
        self.only_first.is_empty() && self.only_second.is_empty()
    }
}

/// Compares the certificates of two files. Regions are those of authorities that the catalog knows: a name proves nothing.
pub fn diff(first: &Contents, second: &Contents, catalog: &Catalog) -> Difference {
    let (first_set, second_set) = (by_fingerprint(first), by_fingerprint(second));
    let (first_regions, second_regions) = (regions(&first_set, catalog), regions(&second_set, catalog));
    Difference {
        only_first: only(&first_set, &second_set),
        only_second: only(&second_set, &first_set),
        regions_only_first: first_regions.difference(&second_regions).cloned().collect(),
        regions_only_second: second_regions.difference(&first_regions).cloned().collect(),
        common: first_set.keys().filter(|fingerprint| second_set.contains_key(fingerprint)).count(),
    }
}

/// Each certificate once, with its place in the file.
fn by_fingerprint(contents: &Contents) -> BTreeMap<Digest, (usize, &Certificate)> {
    let mut map = BTreeMap::new();
    for (index, certificate) in contents.certificates.iter().enumerate() {
        map.entry(certificate.fingerprint).or_insert((index, certificate));
    }
    map
}

fn only(
    these: &BTreeMap<Digest, (usize, &Certificate)>,
    those: &BTreeMap<Digest, (usize, &Certificate)>,
) -> Vec<Certificate> {
    let mut only: Vec<_> = these.iter().filter(|(fingerprint, _)| !those.contains_key(fingerprint)).collect();
    only.sort_by_key(|(_, (index, _))| *index);
    only.into_iter().map(|(_, (_, certificate))| (*certificate).clone()).collect()
}

fn regions(set: &BTreeMap<Digest, (usize, &Certificate)>, catalog: &Catalog) -> BTreeSet<String> {
    let known = set.keys().filter_map(|fingerprint| catalog.authority(fingerprint));
    g1_regions(known.map(|authority: &Authority| authority)).into_keys().collect()
}
