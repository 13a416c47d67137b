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

/// What an image is made for (OCI image index specification, "platform").
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    /// `linux`, `windows`, … as Go's GOOS has it.
    pub os: String,
    /// `amd64`, `arm64`, … as Go's GOARCH has it.
    pub architecture: String,
    /// `v8`, `v7`, … where there are several.
    pub variant: Option<String>,
}

/// An image's configuration (OCI image configuration specification; Docker's schema 2 has the same fields).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What it is made for.
    pub platform: Platform,
    /// `config.User`, as written.
    pub user: String,
    /// `config.Env`, as written: `NAME=value`.
    pub env: Vec<String>,
    /// `config.Labels`, in the order of their names.
    pub labels: Vec<(String, String)>,
    /// `rootfs.diff_ids`, the lowest layer first.
    pub diff_ids: Vec<Digest>,
    /// `history`, the oldest first.
    pub history: Vec<History>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The instruction.
    pub created_by: Option<String>,
    /// Whether it made no layer.
    pub empty_layer: bool,
}
