//! A stream that must have exactly so many bytes, hashed as they pass.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::{Digest, Hashing};

use super::LayerError;

/// Reads no more than is expected, and knows whether less or more came.
pub struct Exact<R, H> {
    inner: R,
    hasher: H,
    expected: u64,
    read: u64,
    counter: Arc<AtomicU64>,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read, H: Hashing<Output = Digest>> Exact<R, H> {
    /// Expects `expected` bytes, hashed by `hasher`; `counter` tells others how many have come.
    pub fn new(inner: R, expected: u64, hasher: H, counter: Arc<AtomicU64>) -> Self {
        Self { inner, hasher, expected, read: 0, counter, ended: false, failure: None }
    }

    /// Whether fewer or more bytes came than expected, once the stream has ended.
    pub fn wrong_length(&self) -> Option<LayerError> {
        let (read, expected) = (self.read, self.expected);
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

impl<R: Read, H: Hashing> Read for Exact<R, H> {
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
        self.read += bytes.len() as u64;
        self.counter.store(self.read, Ordering::Relaxed);
        // One buffer too many is enough to know; an endless body is not read to its end.
        self.ended = bytes.is_empty() || self.read > self.expected;
        Ok(if self.read > self.expected { 0 } else { bytes.len() })
    }
}
