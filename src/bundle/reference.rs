//! The bundle that others are compared with.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::catalog::{Catalog, Publication};
use super::contents::Contents;
use crate::digest::Digest;

/// A reference older than this may well have been replaced: AWS has published about one bundle in three months.
const OLD_AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);

/// What others are compared with.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where it came from: `builtin`, or a file's name.
    pub source: String,
    /// When it was first seen, as in [`Publication::first_seen`].
    pub first_seen: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// How many authorities are in it.
    pub count: usize,
    /// The authorities that a bundle must have.
    pub(super) fingerprints: BTreeSet<Digest>,
    /// A publication that is newer than those authorities, and of which only the hash is known.
    pub(super) newer: Option<&'static Publication>,
}

/// Why a file can't be the reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// It has nothing to compare with.
    #[error("{0} has no certificate in it: the reference has to be a bundle as AWS publishes it, in PEM")]
    NoCertificates(String),
}

impl Reference {
    /// The newest publication this version knows.
    pub fn builtin() -> Self {
        let catalog = Catalog::builtin();
        let known = catalog.newest_known();
        let members = known.and_then(|known| catalog.members(known)).unwrap_or_default();
        let newest = catalog.newest();
        Self {
            source: "builtin".to_owned(),
            first_seen: newest.and_then(|newest| newest.first_seen.clone()),
            sha256: newest.map_or_else(|| Digest::of(super::BUILTIN_PEM), |newest| newest.sha256),
            count: newest.and_then(|newest| newest.count).unwrap_or(members.len()),
            fingerprints: members.iter().map(|authority| authority.fingerprint).collect(),
            newer: newest.filter(|newest| newest.authorities.is_none()),
        }
    }

    /// A file's certificates.
    ///
    /// # Errors
    /// [`ReferenceError::NoCertificates`].
    pub fn from_contents(contents: &Contents, source: &str) -> Result<Self, ReferenceError> {
        let fingerprints = contents.fingerprints();
        if fingerprints.is_empty() {
            return Err(ReferenceError::NoCertificates(source.to_owned()));
        }
        let catalog = Catalog::builtin();
        let publication = catalog.publication(&contents.sha256).or_else(|| catalog.publication_of(&fingerprints));
        Ok(Self {
            source: source.to_owned(),
            first_seen: publication.and_then(|publication| publication.first_seen.clone()),
            sha256: contents.sha256,
            count: fingerprints.len(),
            fingerprints,
            newer: None,
        })
    }

    /// Whether it was first seen more than 90 days before `at`, so that it may be outdated itself.
    pub fn is_old(&self, at: Timestamp) -> bool {
        let date = self.first_seen.as_deref().and_then(|date| format!("{date}T00:00:00Z").parse::<Timestamp>().ok());
        date.is_some_and(|date| at.duration_since(date) > OLD_AFTER)
    }

    /// For people: "the bundle of 2026-09-30 (111 authorities)".
    pub fn describe(&self) -> String {
        match &self.first_seen {
            Some(date) => format!("the bundle of {date} ({} authorities)", self.count),
            None => format!("{} ({} authorities)", self.source, self.count),
        }
    }
}
