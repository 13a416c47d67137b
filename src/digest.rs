//! SHA-256 digests: of blobs, of layers, and of certificates.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written `sha256:<64 lower-case hex digits>` as in the OCI image specification, section "Digests".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

/// Why a text is not a digest that can be checked here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DigestError {
    /// Another algorithm than the one every registry uses.
    #[error("digest algorithm {0:?} is not supported, only sha256 is")]
    Algorithm(String),
    /// Not 64 lower-case hex digits.
    #[error("{0:?} is not a sha256 digest: 64 lower-case hex digits are needed")]
    Encoded(String),
}

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes.as_ref()).into())
    }

    /// A digest whose bytes are known.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hex digits without the algorithm.
    pub fn hex(&self) -> String {
        self.to_string().split_off("sha256:".len())
    }

    /// Reads 64 lower-case hex digits without an algorithm before them.
    ///
    /// # Errors
    /// [`DigestError::Encoded`] for anything else.
    pub fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError::Encoded(hex.to_owned());
        if hex.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else { return Err(wrong()) };
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

/// The value of a lower-case hex digit; upper case is not a valid digest in OCI.
const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.split_once(':') {
            Some(("sha256", hex)) => Self::from_hex(hex),
            Some((algorithm, _)) => Err(DigestError::Algorithm(algorithm.to_owned())),
            None => Err(DigestError::Encoded(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Takes bytes as they come and tells their digest in the end. [`Hasher`] hashes them then and there; whoever has threads to spare
/// may do it elsewhere.
pub trait Hashing {
    /// The digest; an option of one where it may be that nobody hashes.
    type Output;

    /// Adds bytes.
    fn update(&mut self, bytes: &[u8]);

    /// The digest of all bytes added.
    fn finish(self) -> Self::Output;
}

/// A piece of memory with bytes in it, which goes from one owner to the next so that the bytes need not be copied.
#[derive(Debug, Default)]
pub struct Block {
    /// All of it; no memory before it is filled for the first time.
    memory: Box<[u8]>,
    length: usize,
}

impl Block {
    /// The size of every block: enough that neither the calls nor waking another thread count, and few enough bytes to stay in the
    /// processor's cache (measured: no gain beyond 128 KiB).
    pub const SIZE: usize = 128 << 10;

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }

    /// Whether nothing more fits in.
    pub fn is_full(&self) -> bool {
        self.length == Self::SIZE
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Replaces what is in it by what `reader` gives, until it is full or there is no more.
    ///
    /// # Errors
    /// As reading; what came before the error is lost.
    pub fn fill(&mut self, reader: &mut impl Read) -> io::Result<()> {
        self.clear();
        while let Some(rest) = self.rest().filter(|rest| !rest.is_empty()) {
            match reader.read(rest) {
                Ok(0) => break,
                Ok(read) => self.length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Adds as many bytes as fit in, and says how many.
    pub fn add(&mut self, bytes: &[u8]) -> usize {
        let Some(rest) = self.rest() else { return 0 };
        let count = rest.len().min(bytes.len());
        if let (Some(to), Some(from)) = (rest.get_mut(..count), bytes.get(..count)) {
            to.copy_from_slice(from);
        }
        self.length += count;
        count
    }

    /// What is still free.
    fn rest(&mut self) -> Option<&mut [u8]> {
        if self.memory.is_empty() {
            self.memory = vec![0; Self::SIZE].into_boxed_slice();
        }
        self.memory.get_mut(self.length..)
    }
}

/// Hashes bytes as they come.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Hashing for Hasher {
    type Output = Digest;

    fn update(&mut self, bytes: &[u8]) {
        Hasher::update(self, bytes);
    }

    fn finish(self) -> Digest {
        Hasher::finish(self)
    }
}

/// Where nobody hashes, there is no digest.
impl<H: Hashing> Hashing for Option<H> {
    type Output = Option<H::Output>;

    fn update(&mut self, bytes: &[u8]) {
        if let Some(hasher) = self {
            hasher.update(bytes);
        }
    }

    fn finish(self) -> Self::Output {
        self.map(Hashing::finish)
    }
}

/// A reader that hashes and counts what passes through it.
pub struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    count: u64,
}

impl<R: Read> HashingReader<R> {
    /// Hashes what is read from `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::default(), count: 0 }
    }

    /// The digest and the number of bytes read.
    pub fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.count)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.count += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_is_read_and_written() {
        assert_eq!(EMPTY.parse::<Digest>(), Ok(Digest::of("")));
        assert_eq!(Digest::of("").to_string(), EMPTY);
        assert_eq!(Digest::of("").hex(), EMPTY[7..]);
    }

    #[test]
    fn what_is_not_a_digest_is_refused() {
        assert_eq!("sha512:00".parse::<Digest>(), Err(DigestError::Algorithm("sha512".into())));
        assert!(EMPTY.to_uppercase().parse::<Digest>().is_err());
        assert!("sha256:../../secret".parse::<Digest>().is_err());
        assert!(EMPTY.replace('e', "E").parse::<Digest>().is_err());
        assert!("".parse::<Digest>().is_err());
    }

    #[test]
    fn a_hashing_reader_counts_and_hashes() {
        let mut reader = HashingReader::new(&b"abc"[..]);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.finish(), (Digest::of("abc"), 3));
    }

    #[test]
    fn a_block_is_filled_and_used_again() {
        let bytes: Vec<u8> = (0..Block::SIZE + 5).map(|index| (index % 251) as u8).collect();
        let mut reader = bytes.as_slice();
        let mut block = Block::default();
        assert!(block.bytes().is_empty());
        block.fill(&mut reader).unwrap();
        assert!(block.is_full() && block.bytes() == &bytes[..Block::SIZE]);
        block.fill(&mut reader).unwrap();
        assert_eq!(block.bytes(), &bytes[Block::SIZE..]);
        assert_eq!((block.add(&bytes), block.add(b"x")), (Block::SIZE - 5, 0));
        block.fill(&mut reader).unwrap();
        assert!(block.bytes().is_empty());
        let mut nobody = None::<Hasher>;
        nobody.update(b"abc");
        assert_eq!(nobody.finish(), None);
    }
}
