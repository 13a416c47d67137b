//! What is kept of the bodies of files.

use std::io::{self, Read};

use super::bounds::LARGEST_TEXT;
use super::facts::FileFacts;
use super::{Inspect, Interest, LayerError, of_tar};
use crate::digest::{Block, Digest, Hasher};
use crate::oci::tar;
use crate::tree::TreePath;

/// Bytes at the beginning of a file that tell whether it is text.
const HEAD: usize = 512;

/// The room that is kept for the next body that lies in several blocks. Memory that is given back and taken again for each of them is
/// cleared by the kernel each time, page by page.
const ROOM: usize = 1 << 20;

/// Looks at the bodies of files, in the block where they lie if they lie in one, as most do.
pub struct Bodies<'a, C> {
    inspect: Inspect<'a, C>,
    /// The body of a file that lies in several blocks.
    buffer: Vec<u8>,
}

impl<'a, C> Bodies<'a, C> {
    pub fn new(inspect: Inspect<'a, C>) -> Self {
        Self { inspect, buffer: Vec::new() }
    }

    /// Hashes a file that is watched, however large.
    pub fn watched<R: tar::Blocks>(
        &mut self,
        header: &tar::Header,
        mut body: tar::Body<'_, R>,
        keeps_text: bool,
    ) -> Result<FileFacts<C>, LayerError> {
        let size = header.size;
        if size <= LARGEST_TEXT {
            let contents = self.inspect.contents;
            return self.look(size, &mut body, |body| FileFacts {
                sha256: Digest::of(body),
                size,
                contents: contents(body, Interest::Watched),
                text: keeps_text.then(|| body.to_vec()),
            });
        }
        let mut hasher = Hasher::default();
        let mut block = Block::default();
        loop {
            block.fill(&mut body).map_err(of_body)?;
            if block.bytes().is_empty() {
                return Ok(FileFacts { sha256: hasher.finish(), size, contents: None, text: None });
            }
            hasher.update(block.bytes());
        }
    }

    /// Searches a file that is not watched for certificates, and lets somebody take a note of it.
    pub fn stray<R: tar::Blocks>(
        &mut self,
        path: &TreePath,
        header: &tar::Header,
        mut body: tar::Body<'_, R>,
    ) -> Result<(Option<String>, Option<FileFacts<C>>), LayerError> {
        let size = header.size;
        if size > LARGEST_TEXT || size == 0 {
            return Ok((None, None));
        }
        let Inspect { contents, note } = self.inspect;
        self.look_at_text(size, &mut body, |body| {
            let keep = |contents| FileFacts { sha256: Digest::of(body), size, contents: Some(contents), text: None };
            (note(path, body), contents(body, Interest::Stray).map(keep))
        })
        .map(Option::unwrap_or_default)
    }

    /// Shows a body.
    fn look<R: tar::Blocks, T>(
        &mut self,
        size: u64,
        body: &mut tar::Body<'_, R>,
        at: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, LayerError> {
        if let Some(whole) = body.whole().map_err(of_body)? {
            return Ok(at(whole));
        }
        self.begin(size);
        body.read_to_end(&mut self.buffer).map_err(of_body)?;
        Ok(self.end(at))
    }

    /// Shows a body, if it is text or a keystore by its first bytes.
    fn look_at_text<R: tar::Blocks, T>(
        &mut self,
        size: u64,
        body: &mut tar::Body<'_, R>,
        at: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, LayerError> {
        if let Some(whole) = body.whole().map_err(of_body)? {
            return Ok(may_hold(whole).then(|| at(whole)));
        }
        let mut head = [0; HEAD];
        let mut length = 0;
        while let Some(rest) = head.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match body.read(rest).map_err(of_body)? {
                0 => break,
                read => length += read,
            }
        }
        let head = head.get(..length).unwrap_or_default();
        if !may_hold(head) {
            return Ok(None);
        }
        self.begin(size);
        self.buffer.extend_from_slice(head);
        body.read_to_end(&mut self.buffer).map_err(of_body)?;
        Ok(Some(self.end(at)))
    }

    /// Makes room for a body of this size, and not more: most layers have one or two that are large.
    fn begin(&mut self, size: u64) {
        // At most `LARGEST_TEXT`.
        self.buffer.reserve_exact(usize::try_from(size).unwrap_or_default());
    }

    /// Shows what was read, and keeps no more room than most bodies need.
    fn end<T>(&mut self, at: impl FnOnce(&[u8]) -> T) -> T {
        let seen = at(&self.buffer);
        self.buffer.clear();
        if self.buffer.capacity() > ROOM {
            self.buffer = Vec::new();
        }
        seen
    }
}

/// A body that ends too early is a truncated archive; anything else comes from below.
fn of_body(error: io::Error) -> LayerError {
    of_tar(error.into())
}

/// Whether what begins like this may hold certificates: text does, and keystores (JKS, JCEKS, and DER for PKCS#12).
fn may_hold(body: &[u8]) -> bool {
    match body {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] | [0x30, 0x80..=0x84, ..] => true,
        _ => !body.get(..HEAD).unwrap_or(body).contains(&0),
    }
}
