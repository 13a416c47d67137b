//! The bundle that others are compared with.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::digest::Digest;

use super::catalog::{Authority, Catalog, Generation, Publication, PublicationKind};
use super::certificate::Certificate;
use super::contents::Contents;

/// Days after which a reference may well have been overtaken: AWS publishes a few times a year.
pub const DAYS_UNTIL_OLD: i64 = 90;

/// What is compared with.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The day of the publication; of a file that is no known publication, none.
    pub date: Option<Date>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// How many authorities are in it.
    pub authorities: usize,
    /// Where it comes from: `builtin`, or the name of a file.
    pub source: String,
    /// The authorities that are known: all of them; or, where the bytes of the newest publication were never seen, those of the
    /// newest one before it.
    known: Vec<Arc<Authority>>,
    /// The publication that `known` are the authorities of.
    pub known_publication: Option<Date>,
}

/// Why a file cannot be compared with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReferenceError {
    /// It holds nothing of RDS.
    #[error("{0} holds no RDS authority; give a file as AWS publishes it, such as global-bundle.pem")]
    NoAuthority(String),
    /// Parts of it cannot be read.
    #[error("{0} cannot be compared with: {1}")]
    Problem(String, String),
}

impl Reference {
    /// The newest global publication that the catalog knows.
    pub fn builtin() -> Self {
        Self::newest(Catalog::builtin())
    }

    fn newest(catalog: &Catalog) -> Self {
        let newest = catalog.newest(PublicationKind::Global, false);
        let known = catalog.newest(PublicationKind::Global, true);
        let fingerprints = known.and_then(|publication| publication.authorities.as_ref());
        let known_authorities: Vec<_> = fingerprints
            .into_iter()
            .flatten()
            .filter_map(|fingerprint| catalog.authority(fingerprint))
            .map(|authority| Arc::new(authority.clone()))
            .collect();
        Self {
            date: newest.and_then(|publication| publication.first_seen),
            sha256: newest.map_or(Digest::of([]), |publication| publication.sha256),
            authorities: newest.and_then(|publication| publication.count).unwrap_or(known_authorities.len()),
            source: "builtin".to_owned(),
            known_publication: known.and_then(|publication| publication.first_seen),
            known: known_authorities,
        }
    }

    /// A bundle that the user gives; `source` is its name. It is trusted: its authorities need not be in the catalog.
    ///
    /// # Errors
    /// [`ReferenceError`] where it holds no RDS authority, or something in it cannot be read.
    pub fn from_bytes(bytes: &[u8], source: &str) -> Result<Self, ReferenceError> {
        let catalog = Catalog::builtin();
        let contents = Contents::read(bytes);
        if let Some(problem) = contents.problems.first() {
            return Err(ReferenceError::Problem(source.to_owned(), problem.to_string()));
        }
        let mut seen = BTreeSet::new();
        let known: Vec<_> = contents
            .certificates
            .iter()
            .filter(|certificate| seen.insert(certificate.fingerprint))
            .map(|certificate| Arc::new(authority_of(certificate, catalog)))
            .collect();
        if !known.iter().any(|authority| authority.generation.is_rds()) {
            return Err(ReferenceError::NoAuthority(source.to_owned()));
        }
        let publication = catalog.publication(&contents.sha256).or_else(|| catalog.publication_of(&seen));
        let date = publication.and_then(|publication| publication.first_seen);
        Ok(Self {
            date,
            sha256: contents.sha256,
            authorities: known.len(),
            source: source.to_owned(),
            known_publication: date,
            known,
        })
    }

    /// The authorities that are known of it; see [`Reference::is_complete`].
    pub fn known(&self) -> impl Iterator<Item = &Authority> {
        self.known.iter().map(Arc::as_ref)
    }

    /// The authority with that fingerprint, where it is known.
    pub fn authority(&self, fingerprint: &Digest) -> Option<&Authority> {
        self.known().find(|authority| authority.fingerprint == *fingerprint)
    }

    /// Whether every authority of it is known. If not, [`Reference::known`] are those of the publication before it, of
    /// [`Reference::known_publication`].
    pub fn is_complete(&self) -> bool {
        self.known.len() == self.authorities
    }

    /// How many days old it is at `at`, where it is older than [`DAYS_UNTIL_OLD`]: a newer publication may well exist.
    pub fn days_old(&self, at: Timestamp) -> Option<i64> {
        let published = self.date?.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
        let days = (at.as_second() - published.as_second()).div_euclid(24 * 60 * 60);
        (days > DAYS_UNTIL_OLD).then_some(days)
    }

    /// Whether `publication` is this one.
    pub fn is(&self, publication: &Publication) -> bool {
        publication.sha256 == self.sha256
    }
}

/// What a certificate of a trusted bundle is an authority for: as in the catalog, else as its name says.
fn authority_of(certificate: &Certificate, catalog: &Catalog) -> Authority {
    if let Some(authority) = catalog.authority(&certificate.fingerprint) {
        return authority.clone();
    }
    let stated = Generation::of_common_name(&certificate.common_name);
    Authority {
        fingerprint: certificate.fingerprint,
        common_name: certificate.common_name.clone(),
        region: stated.map(|(_, region)| region.to_owned()),
        generation: stated.map_or(Generation::Other, |(generation, _)| generation),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        self_signed: certificate.self_signed,
    }
}
