//! Blocks that are hashed and counted as they go by.

use std::io;

use crate::digest::{Block, Hashing};
use crate::oci::tar::Blocks;

/// The blocks of `inner`, each handed to a hasher when it was looked at.
pub struct Hashed<R, H> {
    inner: R,
    hasher: H,
    count: u64,
}

impl<R: io::Read, H: Hashing> Hashed<R, H> {
    pub fn new(inner: R, hasher: H) -> Self {
        Self { inner, hasher, count: 0 }
    }

    /// What is read from.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// What the hasher says, and the number of bytes, once all blocks were given back.
    pub fn finish(self) -> (H::Output, u64) {
        (self.hasher.finish(), self.count)
    }
}

impl<R: io::Read, H: Hashing> Blocks for Hashed<R, H> {
    fn next(&mut self, before: Block) -> io::Result<Block> {
        self.count += before.bytes().len() as u64;
        let mut block = self.hasher.pass(before);
        block.fill(&mut self.inner)?;
        Ok(block)
    }
}
