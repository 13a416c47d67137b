//! Descriptors, manifests, indexes and image configurations.

use crate::digest::Digest;

/// Names a blob by digest and size (OCI image specification, "Content Descriptors").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// What it is said to be; only shown and used to tell a manifest from an index, never to choose a decompressor.
    pub media_type: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
}
