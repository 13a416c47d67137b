//! Sparse files in PAX archives: stored without their holes.

use std::io::{self, Read};

use super::block::BLOCK;
use super::numeric::decimal;
use super::{LARGEST_EXTENSION, TarError};

/// Stored bytes and where they belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Offset in the expanded file.
    pub offset: i64,
    /// Number of bytes.
    pub length: i64,
}

/// Expands a stored body.
#[derive(Debug)]
pub struct Sparse {
    fragments: std::vec::IntoIter<Fragment>,
    /// The fragment that is being read or comes next.
    current: Option<Fragment>,
    position: i64,
    size: i64,
}

impl Sparse {
    /// Expands to `size` bytes, if the fragments stand in order inside of it.
    pub fn new(fragments: Vec<Fragment>, size: i64) -> Result<Self, &'static str> {
        let mut end = 0;
        for fragment in &fragments {
            let next = fragment.offset.checked_add(fragment.length);
            match next {
                Some(next) if fragment.length >= 0 && fragment.offset >= end && next <= size => end = next,
                _ => return Err("its sparse map does not fit its size"),
            }
        }
        if size < 0 {
            return Err("its size is negative");
        }
        let mut fragments = fragments.into_iter();
        let current = fragments.next();
        Ok(Self { fragments, current, position: 0, size })
    }

    /// Reads expanded bytes; `stored` reads the next stored ones.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        mut stored: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        while self.current.is_some_and(|fragment| fragment.offset + fragment.length <= self.position) {
            self.current = self.fragments.next();
        }
        let (end, is_hole) = match self.current {
            Some(fragment) if fragment.offset <= self.position => (fragment.offset + fragment.length, false),
            Some(fragment) => (fragment.offset, true),
            None => (self.size, true),
        };
        let wanted = usize::try_from(end - self.position).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let read = if is_hole {
            buffer.fill(0);
            buffer.len()
        } else {
            match stored(buffer)? {
                // The map speaks of more bytes than are stored.
                0 => return Err(io::Error::new(io::ErrorKind::InvalidData, "a sparse file lacks bytes of its map")),
                read => read,
            }
        };
        self.position += i64::try_from(read).unwrap_or(i64::MAX);
        Ok(read)
    }
}

/// The map of format 1.0, from the beginning of the body: lines of decimal numbers, padded to whole blocks.
pub fn read_map(body: &mut impl Read) -> Result<Vec<Fragment>, TarError> {
    const WRONG: TarError = TarError::Header { at: 0, reason: "its sparse map is malformed" };
    let mut text = Vec::new();
    let mut at = 0;
    let mut line = |body: &mut dyn Read| -> Result<i64, TarError> {
        loop {
            let rest: &[u8] = text.get(at..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                at += end + 1;
                return decimal(rest.get(..end).unwrap_or_default()).map_err(|_| WRONG);
            }
            if text.len() as u64 >= LARGEST_EXTENSION {
                return Err(WRONG);
            }
            let mut block = [0; BLOCK];
            body.read_exact(&mut block)?;
            text.extend_from_slice(&block);
        }
    };
    let count = line(body)?;
    if count < 0 {
        return Err(WRONG);
    }
    let mut fragments = Vec::new();
    for _ in 0..count {
        fragments.push(Fragment { offset: line(body)?, length: line(body)? });
    }
    Ok(fragments)
}
