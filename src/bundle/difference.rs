//! What one bundle has and another has not.

use super::catalog::{Authority, Catalog};
use super::contents::{Certificate, Contents};

/// A certificate that stands in only one of two bundles.
#[derive(Clone, Debug)]
pub struct Lone<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// What the catalog knows of it.
    pub authority: Option<&'a Authority>,
}

/// The difference between two bundles.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// Only in the first, in the order of that file.
    pub only_first: Vec<Lone<'a>>,
    /// Only in the second.
    pub only_second: Vec<Lone<'a>>,
    /// How many are in both.
    pub both: usize,
}

/// Compares two bundles by the sets of their certificates.
pub fn difference<'a>(first: &'a Contents, second: &'a Contents, catalog: &'a Catalog) -> Difference<'a> {
    let (in_first, in_second) = (first.fingerprints(), second.fingerprints());
    let lone = |contents: &'a Contents, other: &std::collections::BTreeSet<_>| {
        let certificates = contents.certificates.iter().filter(|certificate| !other.contains(&certificate.fingerprint));
        certificates
            .map(|certificate| Lone { certificate, authority: catalog.authority(&certificate.fingerprint) })
            .collect()
    };
    Difference {
        only_first: lone(first, &in_second),
        only_second: lone(second, &in_first),
        both: in_first.intersection(&in_second).count(),
    }
}
