//! Reads tar archives as Go's `archive/tar` does, because every container runtime is written in Go and an image is what they make
//! of it: strict, bounded, and streaming.
//!
//! The semantics are those of `archive/tar` of Go 1.25: v7, ustar, STAR and GNU headers, PAX records, GNU long names and PAX
//! sparse files. One difference is meant: the old GNU sparse format is not expanded, since every runtime refuses its type.

mod block;
mod numeric;
mod pax;
mod sparse;
mod stream;

use std::io::{self, Read};

use block::{BLOCK, Block};
use pax::Records;
use sparse::Sparse;
use stream::Stream;

pub use stream::Blocks;

/// The most bytes of a PAX header, of a GNU long name or of a sparse map (`maxSpecialFileSize` in Go; libarchive has the same).
pub const LARGEST_EXTENSION: u64 = 1 << 20;

/// What an archive says of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, as written.
    pub path: Vec<u8>,
    /// The target of a link, as written.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Permission bits with set-id and sticky bits (`07777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes of the body, holes of a sparse file included; 0 for what has no body, whatever the header's size field says.
    pub size: u64,
    /// Where the stored body begins, in bytes from the beginning of the archive.
    pub offset: u64,
    /// Whether the body is stored without its holes.
    pub sparse: bool,
    /// Whether it carries the extended attribute `trusted.overlay.opaque` or `user.overlay.opaque` with the value `y`.
    pub overlay_opaque: bool,
    /// Whether it carries another attribute of overlayfs, by which the kernel may look for what is in it elsewhere.
    pub overlay_other: bool,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// Another name for an entry.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A directory.
    Directory,
    /// A character device.
    CharacterDevice {
        /// Major number.
        major: i64,
        /// Minor number.
        minor: i64,
    },
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A PAX global header: no file. Its records have no effect on the entries behind it.
    Global,
    /// Anything else, with its type flag.
    Other(u8),
}

impl Kind {
    /// Whether a header's size field counts bytes that follow (`isHeaderOnlyType` in Go).
    fn has_body(self) -> bool {
        matches!(self, Kind::File | Kind::Global | Kind::Other(_))
    }
}

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// Reading failed below.
    #[error(transparent)]
    Io(io::Error),
    /// It ends inside an entry.
    #[error("the archive ends at byte {at}, inside an entry")]
    Truncated {
        /// Where it ends.
        at: u64,
    },
    /// A header that no runtime accepts.
    #[error("invalid tar header at byte {at}: {reason}")]
    Header {
        /// Where the header begins.
        at: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl From<io::Error> for TarError {
    /// A [`Body`] reports through [`io::Error`] that the archive ends; here it gets its own name again.
    fn from(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(TarError::Io)
    }
}

/// Reads the entries of an archive one after another.
pub struct Reader<R> {
    stream: Stream<R>,
    header: Header,
    /// How the body of the entry that was returned last is stored.
    sparse: Option<Sparse>,
    /// Bytes of the current body that are still in the stream, and of the padding behind it.
    stored: u64,
    padding: u64,
    /// Where the current header begins.
    at: u64,
    ended: bool,
}

/// An entry; what of its body is not read is skipped by the next [`Reader::next`].
pub struct Entry<'a, R> {
    /// What the archive says of it.
    pub header: &'a Header,
    /// Its body.
    pub body: Body<'a, R>,
}

/// The body of an entry. Its end before its time is an error of kind [`io::ErrorKind::UnexpectedEof`].
pub struct Body<'a, R> {
    stream: &'a mut Stream<R>,
    stored: &'a mut u64,
    sparse: Option<&'a mut Sparse>,
}

impl<R: Blocks> Reader<R> {
    /// Reads from the beginning of an archive.
    pub fn new(inner: R) -> Self {
        Self {
            stream: Stream::new(inner),
            header: Header {
                path: Vec::new(),
                link: Vec::new(),
                kind: Kind::File,
                mode: 0,
                uid: 0,
                gid: 0,
                size: 0,
                offset: 0,
                sparse: false,
                overlay_opaque: false,
                overlay_other: false,
            },
            sparse: None,
            stored: 0,
            padding: 0,
            at: 0,
            ended: false,
        }
    }

    /// The next entry; none at the end of the archive (two blocks of zeros, or the end of the stream between entries).
    ///
    /// # Errors
    /// [`TarError`]; the archive cannot be read on after that.
    #[expect(clippy::should_implement_trait, reason = "an entry borrows the reader, which no Iterator can say")]
    pub fn next(&mut self) -> Result<Option<Entry<'_, R>>, TarError> {
        if self.ended || !self.advance()? {
            self.ended = true;
            return Ok(None);
        }
        let body = Body { stream: &mut self.stream, stored: &mut self.stored, sparse: self.sparse.as_mut() };
        Ok(Some(Entry { header: &self.header, body }))
    }

    /// Reads what follows the end of the archive to the end of the stream.
    ///
    /// # Errors
    /// As reading the stream.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.drain()
    }

    /// What the archive is read from, as far as it was read.
    pub fn into_inner(self) -> R {
        self.stream.into_inner()
    }

    /// Where the stream stands, in bytes from the beginning of the archive.
    pub fn position(&self) -> u64 {
        self.stream.position()
    }

    /// Goes to the next entry, over the headers that only describe it.
    fn advance(&mut self) -> Result<bool, TarError> {
        let mut records = Records::default();
        let mut long_path: Option<Vec<u8>> = None;
        let mut long_link: Option<Vec<u8>> = None;
        loop {
            let Some(block) = self.next_block()? else { return Ok(false) };
            let flag = block.type_flag();
            match flag {
                b'x' | b'g' => {
                    let text = self.extension(&block)?;
                    let parsed = Records::parse(&text).map_err(|reason| self.wrong(reason))?;
                    if flag == b'g' {
                        self.describe(&block, Kind::Global)?;
                        return Ok(true);
                    }
                    records = parsed;
                }
                b'L' => long_path = Some(until_zero(self.extension(&block)?)).filter(|name| !name.is_empty()),
                b'K' => long_link = Some(until_zero(self.extension(&block)?)).filter(|name| !name.is_empty()),
                _ => {
                    self.describe(&block, kind(&block, flag))?;
                    self.refine(records, long_path, long_link)?;
                    return Ok(true);
                }
            }
        }
    }

    /// Skips what is left of the current entry and reads the next header.
    fn next_block(&mut self) -> Result<Option<Block>, TarError> {
        if !self.stream.skip(self.stored)? {
            return Err(TarError::Truncated { at: self.stream.position() });
        }
        self.stored = 0;
        // A missing end of the padding is the end of the archive, in Go as here.
        if !self.stream.skip(self.padding)? {
            return Ok(None);
        }
        self.padding = 0;
        self.at = self.stream.position();
        let mut block = [0; BLOCK];
        if !self.read_block(&mut block)? {
            return Ok(None);
        }
        if block == [0; BLOCK] {
            if !self.read_block(&mut block)? || block == [0; BLOCK] {
                return Ok(None);
            }
            return Err(self.wrong("a lone block of zeros stands before it"));
        }
        Block::new(block).map(Some).map_err(|reason| self.wrong(reason))
    }

    /// Reads a whole block, or nothing where the stream ends.
    fn read_block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, TarError> {
        match self.stream.read_full(block)? {
            0 => Ok(false),
            BLOCK => Ok(true),
            _ => Err(TarError::Truncated { at: self.stream.position() }),
        }
    }

    /// Sets how many bytes belong to the entry.
    fn expect_body(&mut self, size: i64) -> Result<(), TarError> {
        self.stored = u64::try_from(size).map_err(|_| self.wrong("its size is negative"))?;
        self.padding = self.stored.wrapping_neg() % BLOCK as u64;
        Ok(())
    }

    /// The body of a header that describes the next one.
    fn extension(&mut self, block: &Block) -> Result<Vec<u8>, TarError> {
        let size = block.size().map_err(|reason| self.wrong(reason))?;
        block.check().map_err(|reason| self.wrong(reason))?;
        self.expect_body(size)?;
        if self.stored > LARGEST_EXTENSION {
            return Err(self.wrong("an extended header has more than 1 MiB"));
        }
        let mut body = Vec::new();
        Body { stream: &mut self.stream, stored: &mut self.stored, sparse: None }.read_to_end(&mut body)?;
        Ok(body)
    }

    /// Takes an entry's fields from its block.
    fn describe(&mut self, block: &Block, kind: Kind) -> Result<(), TarError> {
        let at = self.at;
        let wrong = |reason| TarError::Header { at, reason };
        block.check().map_err(wrong)?;
        block.path_into(&mut self.header.path);
        block.link_into(&mut self.header.link);
        let header = &mut self.header;
        header.kind = kind;
        // Go keeps 64 bits and hands the kernel the lower ones.
        header.mode = (block.mode().map_err(wrong)? & 0o7777) as u32;
        header.uid = block.uid().map_err(wrong)? as u32;
        header.gid = block.gid().map_err(wrong)? as u32;
        header.sparse = false;
        header.overlay_opaque = false;
        header.overlay_other = false;
        self.sparse = None;
        header.size = 0;
        if kind != Kind::Global {
            let size = block.size().map_err(wrong)?;
            self.header.size = self.sized(kind, size)?;
        }
        self.header.offset = self.stream.position();
        Ok(())
    }

    /// The bytes that follow a header of this kind and size.
    fn sized(&mut self, kind: Kind, size: i64) -> Result<u64, TarError> {
        self.expect_body(if kind.has_body() { size } else { 0 })?;
        Ok(self.stored)
    }

    /// Applies what the headers before it said of an entry: PAX records first, GNU long names over them.
    fn refine(
        &mut self,
        records: Records,
        long_path: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<(), TarError> {
        if let Some(size) = records.size {
            self.header.size = self.sized(self.header.kind, size)?;
        }
        self.header.uid = records.uid.map_or(self.header.uid, |uid| uid as u32);
        self.header.gid = records.gid.map_or(self.header.gid, |gid| gid as u32);
        self.header.overlay_opaque = records.overlay_opaque;
        self.header.overlay_other = records.overlay_other;
        if let Some(path) = long_path.or(records.path) {
            self.header.path = path;
        }
        if let Some(link) = long_link.or(records.link) {
            self.header.link = link;
        }
        // In v7 archives the trailing slash is all that tells a directory; the name that counts is the final one.
        if self.header.kind == Kind::Other(0) {
            self.header.kind = if self.header.path.last() == Some(&b'/') { Kind::Directory } else { Kind::File };
            let size = i64::try_from(self.header.size).map_err(|_| self.wrong("its size is too large"))?;
            self.header.size = self.sized(self.header.kind, size)?;
        }
        let Some(map) = records.sparse else { return Ok(()) };
        if let Some(name) = map.name {
            self.header.path = name;
        }
        let size = map.size.unwrap_or_else(|| i64::try_from(self.header.size).unwrap_or(i64::MAX));
        let fragments = match map.fragments {
            Some(fragments) => fragments,
            None => {
                let mut body = Body { stream: &mut self.stream, stored: &mut self.stored, sparse: None };
                let fragments = sparse::read_map(&mut body).map_err(|error| match error {
                    TarError::Header { reason, .. } => TarError::Header { at: self.at, reason },
                    other => other,
                })?;
                self.header.offset = self.stream.position();
                fragments
            }
        };
        if !self.header.kind.has_body() {
            return Err(self.wrong("a sparse map on what has no body"));
        }
        self.sparse = Some(Sparse::new(fragments, size).map_err(|reason| self.wrong(reason))?);
        self.header.size = u64::try_from(size).map_err(|_| self.wrong("its size is negative"))?;
        self.header.sparse = true;
        Ok(())
    }

    fn wrong(&self, reason: &'static str) -> TarError {
        TarError::Header { at: self.at, reason }
    }
}

/// The kind of an ordinary entry.
fn kind(block: &Block, flag: u8) -> Kind {
    match flag {
        b'0' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => {
            let (major, minor) = block.device();
            Kind::CharacterDevice { major, minor }
        }
        b'4' => Kind::BlockDevice,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => Kind::Other(other),
    }
}

/// The bytes before the first zero.
fn until_zero(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

impl<R: Blocks> Body<'_, R> {
    /// All of the body that was not read yet, where it lies in one block: to look at it without a copy.
    ///
    /// # Errors
    /// As reading it.
    pub fn whole(&mut self) -> io::Result<Option<&[u8]>> {
        match usize::try_from(*self.stored) {
            Ok(stored) if self.sparse.is_none() && stored > 0 => Ok(self.stream.fill()?.get(..stored)),
            _ => Ok(None),
        }
    }
}

impl<R: Blocks> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.sparse {
            Some(sparse) => sparse.read(buffer, |part| read_stored(self.stream, self.stored, part)),
            None => read_stored(self.stream, self.stored, buffer),
        }
    }

    /// Adds the blocks as they lie there, where the usual way would first fill the room for them with zeros.
    fn read_to_end(&mut self, to: &mut Vec<u8>) -> io::Result<usize> {
        let before = to.len();
        if self.sparse.is_some() {
            // Holes lie in no block. `Take` reads piece by piece and does not come back here.
            return self.take(u64::MAX).read_to_end(to);
        }
        while *self.stored > 0 {
            let block = self.stream.fill()?;
            let count = usize::try_from(*self.stored).unwrap_or(usize::MAX).min(block.len());
            if count == 0 {
                return Err(truncated(self.stream));
            }
            to.extend_from_slice(block.get(..count).unwrap_or_default());
            self.stream.consume(count);
            *self.stored -= count as u64;
        }
        Ok(to.len() - before)
    }
}

/// Reads from the stored bytes of a body, of which `stored` are left.
fn read_stored<R: Blocks>(stream: &mut Stream<R>, stored: &mut u64, buffer: &mut [u8]) -> io::Result<usize> {
    let wanted = usize::try_from(*stored).unwrap_or(usize::MAX).min(buffer.len());
    let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
    let read = stream.read(buffer)?;
    if read == 0 {
        return Err(truncated(stream));
    }
    *stored -= read as u64;
    Ok(read)
}

fn truncated<R: Blocks>(stream: &Stream<R>) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, TarError::Truncated { at: stream.position() })
}

#[cfg(test)]
mod tests;
