//! The one seam between what images are and where they come from: everything above reads through these traits, and
//! `registry` implements them.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::manifest::Descriptor;
use crate::digest::Digest;

/// The most bytes of a manifest, an index or a config; what registries accept (distribution specification, "Pushing
/// Manifests", wants at least this much).
pub const LARGEST_MANIFEST: usize = 4 << 20;

/// Where one reference's manifests and blobs come from. Bytes are handed out as they come, never checked by a source: small
/// documents are checked here, by the `verified_…` methods, and layers by the reader of layers, which sees every byte anyway.
///
/// A source is shared by threads that read several blobs at once.
pub trait Source: Send + Sync {
    /// What the user called it, for messages and reports.
    fn name(&self) -> &str;

    /// The descriptor of the manifest or index that the reference names, with its bytes.
    ///
    /// Where the reference names it by digest, the descriptor has that digest and the bytes are whatever came.
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

    /// Whether layers can be read again; not those of a stream that has gone by.
    fn opens_again(&self) -> bool {
        true
    }
}

impl dyn Source + '_ {
    /// As [`Source::root`], with the bytes checked against the descriptor.
    ///
    /// # Errors
    /// As [`Source::root`], and [`SourceError::Invalid`] for other bytes.
    pub fn verified_root(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        let (descriptor, bytes) = self.root()?;
        verify(self.name(), "manifest", &descriptor, &bytes)?;
        Ok((descriptor, bytes))
    }

    /// As [`Source::manifest`], with the bytes checked against the descriptor.
    ///
    /// # Errors
    /// As [`Source::manifest`], and [`SourceError::Invalid`] for other bytes, or for more than [`LARGEST_MANIFEST`].
    pub fn verified_manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        refuse_large(self.name(), "manifest", descriptor)?;
        let bytes = self.manifest(descriptor)?;
        verify(self.name(), "manifest", descriptor, &bytes)?;
        Ok(bytes)
    }

    /// The bytes of a config, read whole and checked against its descriptor.
    ///
    /// # Errors
    /// As [`Source::blob`], and [`SourceError::Invalid`] for other bytes, or for more than [`LARGEST_MANIFEST`].
    pub fn verified_config(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        refuse_large(self.name(), "config", descriptor)?;
        let mut bytes = Vec::new();
        // One byte more than it should have shows that there is more.
        self.blob(descriptor)?.take(descriptor.size + 1).read_to_end(&mut bytes).map_err(|source| SourceError::Io {
            context: format!("config {} of {}", descriptor.digest, self.name()),
            source,
        })?;
        verify(self.name(), "config", descriptor, &bytes)?;
        Ok(bytes)
    }
}

fn refuse_large(name: &str, what: &str, descriptor: &Descriptor) -> Result<(), SourceError> {
    if descriptor.size <= LARGEST_MANIFEST as u64 {
        return Ok(());
    }
    let Descriptor { digest, size, .. } = descriptor;
    Err(SourceError::Invalid(format!(
        "{what} {digest} of {name} has {size} bytes, more than the {LARGEST_MANIFEST} that are read"
    )))
}

fn verify(name: &str, what: &str, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), SourceError> {
    let Descriptor { digest, size, .. } = descriptor;
    if bytes.len() as u64 != *size {
        let came = bytes.len();
        return Err(SourceError::Invalid(format!(
            "{what} {digest} of {name}: {came} bytes came where {size} are announced"
        )));
    }
    match Digest::of(bytes) {
        actual if actual == *digest => Ok(()),
        actual => {
            Err(SourceError::Invalid(format!("{what} {digest} of {name}: other bytes came, with the digest {actual}")))
        }
    }
}

/// What a registry has: the repositories, the tags of each, and what they point at. Lists come in pages, so that a list that
/// was cut off can be taken up again.
///
/// A catalog is shared by threads that read several lists at once.
pub trait Catalog: Send + Sync {
    /// The registry, as it stands in the names of its images: `registry.example.com:5000`.
    fn registry(&self) -> &str;

    /// A page of the names of all repositories: the first, or the one that `cursor` of the page before names.
    ///
    /// # Errors
    /// [`SourceError`]: no access, nothing like that there, busy, or cut off.
    fn repositories(&self, cursor: Option<&str>) -> Result<Page<String>, SourceError>;

    /// A page of the tags of a repository, as [`Catalog::repositories`].
    ///
    /// # Errors
    /// As [`Catalog::repositories`].
    fn tags(&self, repository: &str, cursor: Option<&str>) -> Result<Page<Tag>, SourceError>;

    /// The digests that tags point at, without what is behind them; none where the registry does not say. One is asked for after the
    /// other, until the time has come or one cannot be had: there are answers for the first of the tags, and for one at least.
    ///
    /// # Errors
    /// The last answer may be an error, as of [`Catalog::repositories`].
    fn digests(&self, tags: &[KnownTag<'_>], until: Instant) -> Vec<Result<Option<Digest>, SourceError>>;

    /// An image by its tag or digest. Nothing is asked yet.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for what cannot be the name of an image.
    fn image(&self, repository: &str, reference: &str) -> Result<Box<dyn Source>, SourceError>;
}

/// A tag that was looked up before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTag<'a> {
    /// Its repository.
    pub repository: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Where it pointed then: a registry can say that this is still so with less work.
    pub digest: Digest,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the registry's order.
    pub items: Vec<T>,
    /// What names the next page; none at the end of the list.
    pub next: Option<String>,
}

/// A tag as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// What it points at, where the list says so.
    pub digest: Option<Digest>,
    /// When it was pushed, where the list says so; the distribution specification has no such thing.
    pub pushed: Option<Timestamp>,
}

/// Why something could not be had from a source. Each message says what was tried and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such file, repository, tag or blob.
    #[error("{0}")]
    NotFound(String),
    /// The registry does not let us, or the user does not let us ask it.
    #[error("{0}")]
    Denied(String),
    /// What came is not what it should be, or more than its bound.
    #[error("{0}")]
    Invalid(String),
    /// Not something this tool reads.
    #[error("{0}")]
    Unsupported(String),
    /// The registry wants to be left alone for a while, or cannot answer now.
    #[error("{message}")]
    Busy {
        /// What was asked for, what came, and what to do next.
        message: String,
        /// How long it wants to be left alone, where it says so.
        wait: Option<Duration>,
    },
    /// Reading failed on the way.
    #[error("{context}: {source}")]
    Io {
        /// What was read.
        context: String,
        /// What the system said.
        source: io::Error,
    },
}

impl SourceError {
    /// Whether the same may well be had later: the registry is busy, or the way to it broke.
    pub fn is_temporary(&self) -> bool {
        matches!(self, SourceError::Busy { .. } | SourceError::Io { .. })
    }
}
