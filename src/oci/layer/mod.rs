//! Reads a layer in one pass, to its very end: digests, decompression, tar, and what is worth recording.

mod bodies;
mod bounds;
mod error;
mod exact;
mod facts;
mod hashed;
mod place;
mod unwatched;
mod walk;
mod watch;
mod whiteout;

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::digest::{Block, Digest, Hasher, Hashing};
use crate::tree::TreePath;

use super::compression::{Compression, Decompressor};
use super::tar;
use exact::Exact;
use hashed::Hashed;
use walk::Walk;

pub use error::LayerError;
pub use facts::{Alias, Entry, FileFacts, Kind, LayerFacts, Note, Stray};
pub use place::{Here, Place, Unpacked};
pub use unwatched::Unwatched;
pub use watch::Watch;

/// Looks at files and returns what is to be kept of them.
pub struct Inspect<'a, C> {
    /// Of the body of a watched file as it pleases, of any other only where it holds certificates.
    pub contents: &'a dyn Fn(&[u8], Interest) -> Option<C>,
    /// Of a text that is not watched, by its name and its body: what it means to whoever looks at it, in words of its own.
    pub note: &'a dyn Fn(&TreePath, &[u8]) -> Option<String>,
}

impl<C> Clone for Inspect<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Inspect<'_, C> {}

/// Why a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// It is in the watch set.
    Watched,
    /// It may hold certificates, by its first bytes.
    Stray,
}

/// What a layer is known by before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its size as stored, in bytes.
    pub size: u64,
    /// The digest of its bytes as stored; none in a stream that names it only behind it.
    pub digest: Option<Digest>,
    /// The digest of its uncompressed bytes, where the image's configuration was read before it.
    pub diff_id: Option<Digest>,
}

/// What hashes a layer.
#[derive(Clone)]
pub struct Hashers<H> {
    /// Its bytes as stored.
    pub stored: H,
    /// Its uncompressed bytes, for the DiffID, which tells whether a runtime takes the layer for this image. It is a quarter of the
    /// work, and without it [`LayerFacts::diff_id`] is not known.
    pub contents: Option<Hasher>,
}

/// Reads a layer from `reader`, which must be exactly what is `expected`. `inspect` is shown the bodies of watched files, and
/// of others that may hold certificates.
///
/// # Errors
/// [`LayerError`]; nothing is known of a layer then.
pub fn read<C>(
    reader: impl Read + Send,
    expected: Expected,
    watch: &Watch,
    inspect: Inspect<'_, C>,
) -> Result<LayerFacts<C>, LayerError> {
    let hashers = Hashers { stored: Hasher::default(), contents: Some(Hasher::default()) };
    read_at(Here, reader, expected, watch, inspect, hashers)
}

/// As [`read`], where it is unpacked at some place, and what is stored is hashed by others.
///
/// # Errors
/// As [`read`].
pub fn read_at<'a, C, H: Hashing<Output = Digest> + Send + 'a>(
    place: impl Place<'a>,
    reader: impl Read + Send + 'a,
    expected: Expected,
    watch: &Watch,
    inspect: Inspect<'_, C>,
    hashers: Hashers<H>,
) -> Result<LayerFacts<C>, LayerError> {
    let taken = Arc::new(AtomicU64::new(0));
    let exact = Exact::new(reader, expected.size, hashers.stored, Arc::clone(&taken));
    let mut compressed = BufReader::with_capacity(Block::SIZE, exact);
    let (read, mut compressed) = match Compression::sniff(&mut compressed) {
        Err(error) => (Err(decompression(error)), compressed),
        Ok(compression) => {
            let decompressor = Decompressor::new(compressed, compression, taken).map_err(decompression)?;
            // What is stored uncompressed is not hashed twice.
            let hasher = hashers.contents.filter(|_| compression != Compression::None);
            let (read, decompressor) = look(place.unpack(decompressor), watch, inspect, hasher);
            let trailing_bytes = decompressor.has_trailing_bytes();
            let read = read.map(|facts| LayerFacts { compression, trailing_bytes, ..facts });
            (read, decompressor.into_inner().map_err(LayerError::Io)?)
        }
    };
    // What is wrong with the contents of the wrong bytes is of no interest, so the bytes are judged first.
    let drained = io::copy(&mut compressed, &mut io::sink());
    let mut exact = compressed.into_inner();
    if let Some(error) = exact.failure().or_else(|| exact.wrong_length()) {
        return Err(error);
    }
    drained.map_err(LayerError::Io)?;
    let actual = exact.digest();
    if expected.digest.is_some_and(|digest| digest != actual) {
        return Err(LayerError::Digest { actual });
    }
    let mut facts = read?;
    facts.digest = actual;
    if facts.compression == Compression::None {
        facts.diff_id = Some(actual);
    }
    match (expected.diff_id, facts.diff_id) {
        (Some(expected), Some(actual)) if expected != actual => Err(LayerError::DiffId { expected, actual }),
        _ => Ok(facts),
    }
}

/// Looks at what is in a layer. What only its stored bytes tell is not known in here.
fn look<C, R>(
    unpacked: impl Unpacked<R>,
    watch: &Watch,
    inspect: Inspect<'_, C>,
    hasher: Option<Hasher>,
) -> (Result<LayerFacts<C>, LayerError>, R) {
    let mut archive = tar::Reader::new(Hashed::new(unpacked, hasher));
    let walked = walk(&mut archive, watch, inspect);
    let (unpacked, diff_id, uncompressed) = archive.into_inner().finish();
    (walked.map(|facts| LayerFacts { diff_id, uncompressed, ..facts }), unpacked.into_inner())
}

fn walk<C>(
    archive: &mut tar::Reader<impl tar::Blocks>,
    watch: &Watch,
    inspect: Inspect<'_, C>,
) -> Result<LayerFacts<C>, LayerError> {
    let mut walk = Walk::new(watch, inspect);
    while let Some(entry) = archive.next().map_err(of_tar)? {
        walk.entry(entry)?;
    }
    archive.finish().map_err(decompression)?;
    Ok(walk.finish())
}

/// Sorts what went wrong while decompressing.
fn decompression(error: io::Error) -> LayerError {
    match error.kind() {
        io::ErrorKind::Unsupported | io::ErrorKind::FileTooLarge => LayerError::Decompression(error.to_string()),
        io::ErrorKind::UnexpectedEof => LayerError::Decompression("its compressed stream ends too early".to_owned()),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            LayerError::Decompression(format!("cannot be decompressed: {error}"))
        }
        _ => LayerError::Io(error),
    }
}

fn of_tar(error: tar::TarError) -> LayerError {
    match error {
        tar::TarError::Io(error) => decompression(error),
        other => LayerError::Tar(other),
    }
}

#[cfg(test)]
mod tests;
