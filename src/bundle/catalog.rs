//! Everything AWS has published for RDS: authorities and bundles, compiled in from `catalog.tsv`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::Timestamp;

use crate::digest::Digest;

/// Made by `tools/catalog.py`; refreshed by running that again.
const TABLE: &str = include_str!("catalog.tsv");

/// The generations that RDS gives to instances today (RDS User Guide, "Using SSL/TLS to encrypt a connection").
pub const CURRENT_GENERATIONS: [&str; 3] = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"];

/// An authority that AWS has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// `rds-ca-rsa2048-g1`, `rds-ca-2019`, `amazon-trust-services`, …
    pub generation: String,
    /// The region whose databases it signs; none for a root above several regions.
    pub region: Option<String>,
    /// First second of its validity.
    pub not_before: Timestamp,
    /// Last second of its validity.
    pub not_after: Timestamp,
    /// Whether it is a root.
    pub root: bool,
    /// Its common name.
    pub common_name: String,
}

impl Authority {
    /// Whether it belongs to Amazon Trust Services, whose certificates RDS Proxy uses, and not to RDS itself.
    pub fn is_amazon_trust(&self) -> bool {
        matches!(self.generation.as_str(), "amazon-trust-services" | "other")
    }

    /// The region, if customers have databases there (`beta` and `preview` are AWS's own).
    pub fn public_region(&self) -> Option<&str> {
        self.region.as_deref().filter(|region| region.split('-').count() >= 3 && !region.contains(':'))
    }

    /// Whether instances of today may carry a certificate that it signed.
    pub fn is_current(&self) -> bool {
        CURRENT_GENERATIONS.contains(&self.generation.as_str())
    }
}

/// What a publication is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All commercial regions.
    Global,
    /// One region.
    Regional(String),
    /// AWS GovCloud (US).
    GovCloud,
    /// The regions in China.
    China,
    /// The bundles and roots of `rds-downloads`, which AWS has retired.
    Retired,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Global => out.write_str("global"),
            Scope::Regional(region) => write!(out, "{region}"),
            Scope::GovCloud => out.write_str("GovCloud"),
            Scope::China => out.write_str("China"),
            Scope::Retired => out.write_str("retired"),
        }
    }
}

/// One dated version of a bundle that AWS has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When it was first seen: a date, a month or a year in ISO 8601; none where nobody knows.
    pub first_seen: Option<String>,
    /// What it is for.
    pub scope: Scope,
    /// SHA-256 of the file as AWS serves it.
    pub sha256: Digest,
    /// How many authorities are in it, where that is known.
    pub count: Option<usize>,
    /// Which ones, as indices of [`Catalog::authorities`] in ascending order; none where only the hash is known.
    pub authorities: Option<Vec<usize>>,
}

impl Publication {
    /// The date for people: "2025-08-04", or "an unknown date".
    pub fn date(&self) -> &str {
        self.first_seen.as_deref().unwrap_or("an unknown date")
    }
}

/// Everything that was published.
#[derive(Debug, Default)]
pub struct Catalog {
    authorities: Vec<Authority>,
    publications: Vec<Publication>,
    by_fingerprint: BTreeMap<Digest, usize>,
}

impl Catalog {
    /// The catalog of this version of the program.
    pub fn builtin() -> &'static Catalog {
        static BUILTIN: OnceLock<Catalog> = OnceLock::new();
        BUILTIN.get_or_init(|| Catalog::parse(TABLE))
    }

    /// Reads the table; a row that is not one is passed over (`tests::the_table_is_read_whole` proves there is none).
    fn parse(table: &str) -> Self {
        let mut catalog = Catalog::default();
        for row in table.lines() {
            let fields: Vec<&str> = row.split('\t').collect();
            if let Some(authority) = authority(&fields) {
                catalog.by_fingerprint.insert(authority.fingerprint, catalog.authorities.len());
                catalog.authorities.push(authority);
            } else {
                catalog.publications.extend(publication(&fields));
            }
        }
        catalog
    }

    /// Every authority.
    pub fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    /// Every publication, from the oldest to the newest.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// The authority with that fingerprint.
    pub fn authority(&self, fingerprint: &Digest) -> Option<&Authority> {
        self.authorities.get(*self.by_fingerprint.get(fingerprint)?)
    }

    /// The publication with exactly these bytes.
    pub fn publication(&self, sha256: &Digest) -> Option<&Publication> {
        self.publications.iter().find(|publication| publication.sha256 == *sha256)
    }

    /// The newest publication with exactly these authorities.
    pub fn publication_of<'a>(&self, fingerprints: impl IntoIterator<Item = &'a Digest>) -> Option<&Publication> {
        let indices = fingerprints.into_iter().map(|fingerprint| self.by_fingerprint.get(fingerprint).copied());
        let mut indices = indices.collect::<Option<Vec<_>>>()?;
        indices.sort_unstable();
        self.publications.iter().rev().find(|publication| publication.authorities.as_ref() == Some(&indices))
    }

    /// The authorities of a publication; none where only its hash is known.
    pub fn members(&self, publication: &Publication) -> Option<Vec<&Authority>> {
        publication
            .authorities
            .as_ref()
            .map(|indices| indices.iter().filter_map(|index| self.authorities.get(*index)).collect())
    }

    /// The newest global publication, whether or not its authorities are known.
    pub fn newest(&self) -> Option<&Publication> {
        self.publications.iter().rev().find(|publication| publication.scope == Scope::Global)
    }

    /// The newest global publication whose authorities are known.
    pub fn newest_known(&self) -> Option<&Publication> {
        self.publications
            .iter()
            .rev()
            .find(|publication| publication.scope == Scope::Global && publication.authorities.is_some())
    }
}

fn authority(fields: &[&str]) -> Option<Authority> {
    let ["authority", fingerprint, generation, region, not_before, not_after, root, common_name] = fields else {
        return None;
    };
    Some(Authority {
        fingerprint: Digest::from_hex(fingerprint).ok()?,
        generation: (*generation).to_owned(),
        region: Some(*region).filter(|region| !matches!(*region, "-" | "global")).map(ToOwned::to_owned),
        not_before: not_before.parse().ok()?,
        not_after: not_after.parse().ok()?,
        root: *root == "root",
        common_name: (*common_name).to_owned(),
    })
}

fn publication(fields: &[&str]) -> Option<Publication> {
    let ["publication", first_seen, scope, sha256, count, members] = fields else { return None };
    let scope = match *scope {
        "global" => Scope::Global,
        "govcloud" => Scope::GovCloud,
        "china" => Scope::China,
        "retired" => Scope::Retired,
        regional => Scope::Regional(regional.strip_prefix("regional:")?.to_owned()),
    };
    let authorities = match *members {
        "-" => None,
        list => Some(list.split(',').map(str::parse).collect::<Result<Vec<_>, _>>().ok()?),
    };
    Some(Publication {
        first_seen: Some(*first_seen).filter(|date| *date != "-").map(ToOwned::to_owned),
        scope,
        sha256: Digest::from_hex(sha256).ok()?,
        count: count.parse().ok(),
        authorities,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let catalog = Catalog::builtin();
        let rows = TABLE.lines().filter(|row| !row.starts_with('#')).count();
        assert_eq!(catalog.authorities.len() + catalog.publications.len(), rows);
        assert_eq!(catalog.by_fingerprint.len(), catalog.authorities.len(), "a fingerprint stands in it twice");
        for publication in &catalog.publications {
            if let (Some(count), Some(members)) = (publication.count, catalog.members(publication)) {
                assert_eq!(count, members.len(), "{}", publication.sha256);
            }
        }
    }

    #[test]
    fn the_newest_is_known_by_hash_and_the_one_before_by_its_authorities() {
        let catalog = Catalog::builtin();
        let newest = catalog.newest().unwrap();
        assert_eq!((newest.date(), newest.count, newest.authorities.is_none()), ("2026-09-30", Some(111), true));
        let known = catalog.newest_known().unwrap();
        assert_eq!((known.date(), known.count), ("2025-08-04", Some(108)));
    }
}
