//! The one seam between what images are and where they come from: everything above reads through these traits, and
//! `registry` implements them.

use std::io::{self, Read};

use super::manifest::Descriptor;

/// Where one reference's manifests and blobs come from. Bytes are handed out as they come: digests and sizes are checked
/// by the readers of this module's siblings, never by a source.
pub trait Source: Send + Sync {
    /// What the user called it, for messages and reports.
    fn name(&self) -> &str;

    /// The descriptor of the manifest or index that the reference names, with its bytes.
    ///
    /// # Errors
    /// [`SourceError`]: nothing there, no access, or cut off.
    fn root(&self) -> Result<(Descriptor, Vec<u8>), SourceError>;

    /// The bytes of a manifest or index named by a descriptor.
    ///
    /// # Errors
    /// As [`Source::root`].
    fn manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError>;

    /// The bytes of a config or layer, as a stream from its beginning.
    ///
    /// # Errors
    /// As [`Source::root`]; what goes wrong later is an error of the stream.
    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError>;
}

/// Why something could not be had from a source. Each message says what was tried and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such file, repository, tag or blob.
    #[error("{0}")]
    NotFound(String),
    /// The registry does not let us.
    #[error("{0}")]
    Denied(String),
    /// What came is not what it should be, or more than its bound.
    #[error("{0}")]
    Invalid(String),
    /// Not something this tool reads.
    #[error("{0}")]
    Unsupported(String),
    /// Reading failed on the way.
    #[error("{context}: {source}")]
    Io {
        /// What was read.
        context: String,
        /// What the system said.
        source: io::Error,
    },
}
