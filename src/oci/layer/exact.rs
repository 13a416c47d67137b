//! A stream that must have exactly so many bytes, hashed as they pass.

use std::cell::Cell;
use std::io::{self, Read};

use crate::digest::{Digest, Hashing};

use super::LayerError;

/// Reads no more than is expected, and knows whether less or more came.
pub struct Exact<'a, R, H> {
    inner: R,
    hasher: H,
    expected: u64,
    read: &'a Cell<u64>,
    ended: bool,
    failure: Option<io::Error>,
}

impl<'a, R: Read, H: Hashing<Output = Digest>> Exact<'a, R, H> {
    /// Expects `expected` bytes, hashed by `hasher`; `read` counts them.
    pub fn new(inner: R, expected: u64, hasher: H, read: &'a Cell<u64>) -> Self {
        Self { inner, hasher, expected, read, ended: false, failure: None }
    }

    /// Whether fewer or more bytes came than expected, once the stream has ended.
    pub fn wrong_length(&self) -> Option<LayerError> {
        let (read, expected) = (self.read.get(), self.expected);
        match read.cmp(&expected) {
            std::cmp::Ordering::Less if self.ended => Some(LayerError::Short { read, expected }),
            std::cmp::Ordering::Greater => Some(LayerError::Long { expected }),
            _ => None,
        }
    }

    /// What the source failed with. Decompressors pass errors on, but not so that they can be told from their own.
    pub fn failure(&mut self) -> Option<LayerError> {
        self.failure.take().map(LayerError::Io)
    }

    /// The digest of what was read.
    pub fn digest(self) -> Digest {
        self.hasher.finish()
    }
}

impl<R: Read, H: Hashing> Read for Exact<'_, R, H> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let read = match self.inner.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let passed_on = io::Error::new(error.kind(), "the source failed");
                self.failure = Some(error);
                self.ended = true;
                return Err(passed_on);
            }
            read => read?,
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        self.hasher.update(bytes);
        self.read.set(self.read.get() + bytes.len() as u64);
        // One buffer too many is enough to know; an endless body is not read to its end.
        self.ended = bytes.is_empty() || self.read.get() > self.expected;
        Ok(if self.read.get() > self.expected { 0 } else { bytes.len() })
    }
}
