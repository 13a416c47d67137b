//! A stream of blocks that counts its bytes, skips cheaply, and shows what it holds without a copy.

use std::io::{self, Read};

use crate::digest::Block;

/// Where an archive comes from, block by block. Everything that can be read does; who hashes what passes may keep the blocks.
pub trait Blocks {
    /// The next block, an empty one at the end. The one before is given back to be used again.
    ///
    /// # Errors
    /// As reading what lies below.
    fn next(&mut self, before: Block) -> io::Result<Block>;
}

impl<R: Read> Blocks for R {
    fn next(&mut self, mut before: Block) -> io::Result<Block> {
        before.fill(self)?;
        Ok(before)
    }
}

/// A stream with a position.
pub struct Stream<R> {
    inner: R,
    block: Block,
    /// Bytes of the block that were handed out or skipped.
    start: usize,
    position: u64,
}

impl<R: Blocks> Stream<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, block: Block::default(), start: 0, position: 0 }
    }

    /// Bytes handed out or skipped so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Reads to the end.
    pub fn drain(&mut self) -> io::Result<()> {
        loop {
            match self.fill()?.len() {
                0 => return Ok(()),
                available => self.consume(available),
            }
        }
    }

    /// Fills `buffer` as far as the stream goes, and says how far.
    pub fn read_full(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Skips `count` bytes or to the end; false where the end came first.
    pub fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        while count > 0 {
            let available = self.fill()?.len();
            if available == 0 {
                return Ok(false);
            }
            let step = usize::try_from(count).unwrap_or(usize::MAX).min(available);
            self.consume(step);
            count -= step as u64;
        }
        Ok(true)
    }

    /// What comes next, as far as it lies in one block; empty at the end.
    pub fn fill(&mut self) -> io::Result<&[u8]> {
        if self.start == self.block.bytes().len() {
            self.start = 0;
            self.block = self.inner.next(std::mem::take(&mut self.block))?;
        }
        Ok(self.block.bytes().get(self.start..).unwrap_or_default())
    }

    /// Passes over bytes that [`Self::fill`] showed.
    pub fn consume(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }
}

impl<R: Blocks> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill()?;
        let count = available.len().min(buffer.len());
        if let (Some(from), Some(to)) = (available.get(..count), buffer.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}
