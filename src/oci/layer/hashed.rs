//! Blocks that are hashed and counted as they go by.

use std::io;

use crate::digest::{Block, Hashing};
use crate::oci::tar::Blocks;

/// The blocks of `inner`, each hashed when it was looked at.
pub struct Hashed<B, H> {
    inner: B,
    hasher: H,
    count: u64,
}

impl<B: Blocks, H: Hashing> Hashed<B, H> {
    pub fn new(inner: B, hasher: H) -> Self {
        Self { inner, hasher, count: 0 }
    }

    /// What the blocks come from, what the hasher says, and the number of bytes, once all blocks were given back.
    pub fn finish(self) -> (B, H::Output, u64) {
        (self.inner, self.hasher.finish(), self.count)
    }
}

impl<B: Blocks, H: Hashing> Blocks for Hashed<B, H> {
    fn next(&mut self, before: Block) -> io::Result<Block> {
        self.count += before.bytes().len() as u64;
        self.hasher.update(before.bytes());
        self.inner.next(before)
    }
}
