//! Reads a layer in one pass, to its very end: digests, decompression, tar, and what is worth recording.

mod bodies;
mod bounds;
mod error;
mod exact;
mod facts;
mod hashed;
mod unwatched;
mod walk;
mod watch;
mod whiteout;

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use crate::digest::{Block, Digest, Hasher, Hashing};
use crate::tree::TreePath;

use super::compression::{Compression, Decompressor};
use super::tar;
use exact::Exact;
use hashed::Hashed;
use walk::Walk;

pub use error::LayerError;
pub use facts::{Alias, Entry, FileFacts, Kind, LayerFacts, Note, Stray};
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
#[derive(Clone, Copy, Debug)]
pub struct Hashers<H> {
    /// Its bytes as stored.
    pub stored: H,
    /// Its uncompressed bytes, for the DiffID, which tells whether a runtime takes the layer for this image. It is a quarter of the
    /// work, and without it [`LayerFacts::diff_id`] is not known.
    pub contents: Option<H>,
}

/// Reads a layer from `reader`, which must be exactly what is `expected`. `inspect` is shown the bodies of watched files, and
/// of others that may hold certificates.
///
/// # Errors
/// [`LayerError`]; nothing is known of a layer then.
pub fn read<C>(
    reader: impl Read,
    expected: Expected,
    watch: &Watch,
    inspect: Inspect<'_, C>,
) -> Result<LayerFacts<C>, LayerError> {
    let hashers = Hashers { stored: Hasher::default(), contents: Some(Hasher::default()) };
    read_hashed(reader, expected, watch, inspect, hashers)
}

/// As [`read`], with the hashing left to others.
///
/// # Errors
/// As [`read`].
pub fn read_hashed<C, H: Hashing<Output = Digest>>(
    reader: impl Read,
    expected: Expected,
    watch: &Watch,
    inspect: Inspect<'_, C>,
    hashers: Hashers<H>,
) -> Result<LayerFacts<C>, LayerError> {
    let taken = Cell::new(0);
    let exact = Exact::new(reader, expected.size, hashers.stored, &taken);
    let mut compressed = BufReader::with_capacity(Block::SIZE, exact);
    let read = unpack(&mut compressed, &taken, watch, inspect, hashers.contents);
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
    // What is stored uncompressed is not hashed twice.
    if facts.compression == Compression::None {
        facts.diff_id = Some(actual);
    }
    match (expected.diff_id, facts.diff_id) {
        (Some(expected), Some(actual)) if expected != actual => Err(LayerError::DiffId { expected, actual }),
        _ => Ok(facts),
    }
}

/// Reads what is in a layer. The digest of its stored bytes is not known in here.
fn unpack<C, H: Hashing<Output = Digest>>(
    compressed: impl io::BufRead,
    taken: &Cell<u64>,
    watch: &Watch,
    inspect: Inspect<'_, C>,
    hasher: Option<H>,
) -> Result<LayerFacts<C>, LayerError> {
    let decompressor = Decompressor::new(compressed, taken).map_err(decompression)?;
    let hasher = hasher.filter(|_| decompressor.compression() != Compression::None);
    let mut archive = tar::Reader::new(Hashed::new(decompressor, hasher));
    let mut walk = Walk::new(watch, inspect);
    while let Some(entry) = archive.next().map_err(of_tar)? {
        walk.entry(entry)?;
    }
    let hashed = archive.finish().map_err(decompression)?;
    let mut facts = walk.finish();
    facts.compression = hashed.get_ref().compression();
    facts.trailing_bytes = hashed.get_ref().has_trailing_bytes();
    (facts.diff_id, facts.uncompressed) = hashed.finish();
    Ok(facts)
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
