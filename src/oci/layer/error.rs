//! Why a layer cannot be read.

use std::io;

use crate::digest::Digest;
use crate::oci::tar::TarError;

/// Why a layer cannot be read. A message names no layer: whoever asked for it knows which it was.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// Reading or decompressing failed.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The stream ended too early.
    #[error("cut off after {read} of {expected} bytes")]
    Short {
        /// Bytes that came.
        read: u64,
        /// Bytes of the descriptor.
        expected: u64,
    },
    /// The stream goes on behind its end.
    #[error("has more than the {expected} bytes of its descriptor")]
    Long {
        /// Bytes of the descriptor.
        expected: u64,
    },
    /// Other bytes than the descriptor names.
    #[error("its bytes have the digest {actual}, not the one they are asked for by")]
    Digest {
        /// Digest of what came.
        actual: Digest,
    },
    /// Other contents than the config names.
    #[error("its contents have the digest {actual}, and the image's config says {expected}")]
    DiffId {
        /// The DiffID of the config.
        expected: Digest,
        /// Digest of the uncompressed bytes.
        actual: Digest,
    },
    /// Compressed in a way nobody unpacks, or to more than is unpacked.
    #[error("{0}")]
    Decompression(String),
    /// Not an archive that runtimes unpack.
    #[error(transparent)]
    Tar(TarError),
    /// An entry of a type that every runtime refuses.
    #[error("{path} has the tar type {flag:?}, which no runtime unpacks")]
    Type {
        /// The entry.
        path: String,
        /// Its type flag.
        flag: char,
    },
    /// A whiteout of nothing, of its own directory or of the one above: `.wh.`, `.wh..` and `.wh...`.
    #[error(
        "{path} is a whiteout that names nothing it could remove; containerd, Docker and Podman refuse such a layer"
    )]
    Whiteout {
        /// The entry.
        path: String,
    },
    /// More than is read of one layer.
    #[error("has more than {0}")]
    TooMuch(String),
}
