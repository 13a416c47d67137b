//! Why a manifest, an index or a configuration is not read.

use std::fmt;

use crate::digest::{Digest, DigestError};
use crate::oci::json::{self, JsonError};

/// Why a manifest, index or configuration is not read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No JSON, too large, not of the right shape, or ambiguous.
    #[error("{document} is not readable: {source}")]
    Json {
        /// `manifest` or `config`.
        document: &'static str,
        /// What is wrong.
        source: JsonError,
    },
    /// A digest that cannot be checked.
    #[error("{field} of the {document}: {source}")]
    Digest {
        /// `manifest` or `config`.
        document: &'static str,
        /// Which field.
        field: String,
        /// What is wrong.
        source: DigestError,
    },
    /// It says contradicting things, or not what it must say.
    #[error("{0}")]
    Invalid(String),
    /// More of something than is read.
    #[error("{count} {what}, more than the {limit} that are read")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many are read.
        limit: usize,
    },
    /// A real kind of image that this tool does not read.
    #[error("{0}")]
    Unsupported(Unsupported),
}

/// Images that exist and are not read. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Docker's first manifest format.
    #[error("a manifest of Docker's schema 1, which runtimes no longer pull: push the image again with a current tool")]
    Schema1,
    /// A layer that lies outside of the registry.
    #[error("layer {0} is foreign: its bytes are outside of the registry, and such addresses are never followed")]
    ForeignLayer(Digest),
    /// A layer that cannot be read without a key.
    #[error("layer {0} is encrypted: decrypt the image first (skopeo copy --decryption-key)")]
    EncryptedLayer(Digest),
    /// An image for another system.
    #[error("an image for Windows: only images for Linux are read; --platform linux leaves others out")]
    Windows,
}

/// Reads a document, which is named in the error.
pub(super) fn read<T: serde::de::DeserializeOwned>(document: &'static str, bytes: &[u8]) -> Result<T, ManifestError> {
    json::read(bytes).map_err(|source| ManifestError::Json { document, source })
}

/// Reads a digest that stands in a field.
pub(super) fn digest(document: &'static str, field: impl fmt::Display, text: &str) -> Result<Digest, ManifestError> {
    text.parse().map_err(|source| ManifestError::Digest { document, field: field.to_string(), source })
}

/// The error of a manifest that says contradicting things, or not what it must say.
pub(super) fn invalid(why: impl fmt::Display) -> ManifestError {
    ManifestError::Invalid(format!("the manifest is invalid: {why}"))
}

/// Refuses more than `limit`.
pub(super) fn bound(what: &'static str, count: usize, limit: usize) -> Result<(), ManifestError> {
    if count > limit { Err(ManifestError::TooMany { what, count, limit }) } else { Ok(()) }
}
