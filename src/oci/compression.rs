//! Decompresses layers: gzip, zstd or neither, told by the first bytes and never by the media type, as the runtimes do.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

/// Largest zstd window, as a power of two: 128 MiB, what `zstd -d` allows without being asked for more.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The most bytes of one layer, decompressed.
pub const LARGEST_LAYER: u64 = 64 << 30;

/// More than this many times the compressed bytes is a bomb; real layers have 2 to 10, a layer of zeros has 1,000 but is small.
pub const LARGEST_RATIO: u64 = 200;

/// The ratio is not looked at before so many bytes.
pub const RATIO_FREE: u64 = 1 << 30;

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or several members (RFC 1952).
    Gzip,
    /// zstd, one or several frames (RFC 8878).
    Zstd,
}

impl Compression {
    /// What the first bytes of a blob say.
    ///
    /// # Errors
    /// As reading it; [`io::ErrorKind::Unsupported`] for formats that no runtime takes.
    pub fn sniff(blob: &mut impl BufRead) -> io::Result<Self> {
        match blob.fill_buf()? {
            [0x1f, 0x8b, ..] => Ok(Compression::Gzip),
            // A frame, or a skippable frame before one.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Compression::Zstd),
            [b'B', b'Z', b'h', ..] => Err(unsupported("bzip2")),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(unsupported("xz")),
            _ => Ok(Compression::None),
        }
    }

    /// What a media type says of it, where it says something: by its suffix in OCI (`+gzip`) and in Docker's schema 2 (`.gzip`).
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.rsplit(['.', '+']).next()? {
            "tar" => Some(Compression::None),
            "gzip" => Some(Compression::Gzip),
            "zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// As in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Compression::None => "not compressed",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

fn unsupported(format: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{format} layers are not supported: gzip, zstd and plain tar are"),
    )
}

/// Decompresses, within bounds.
pub struct Decompressor<R: BufRead> {
    /// None only while one gzip member follows another.
    state: Option<State<R>>,
    /// Compressed bytes so far.
    taken: Arc<AtomicU64>,
    given: u64,
}

enum State<R: BufRead> {
    Plain(R),
    Gzip(Box<GzDecoder<R>>),
    Zstd(Box<zstd::Decoder<'static, R>>),
    /// Behind the last gzip member; whether there is something else.
    Ended(R, bool),
}

impl<R: BufRead> Decompressor<R> {
    /// Reads what is compressed like that; `taken` counts what has been read of the compressed bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::OutOfMemory`]: nothing was read, and nothing can be.
    pub fn new(inner: R, compression: Compression, taken: Arc<AtomicU64>) -> io::Result<Self> {
        let state = match compression {
            Compression::None => State::Plain(inner),
            Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(inner))),
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(inner)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                State::Zstd(Box::new(decoder))
            }
        };
        Ok(Self { state: Some(state), taken, given: 0 })
    }

    /// Whether something that is no gzip member followed the last one. Docker and containerd pass over it, others refuse.
    pub fn has_trailing_bytes(&self) -> bool {
        matches!(self.state, Some(State::Ended(_, true)))
    }

    /// What it reads from, as far as it has read.
    ///
    /// # Errors
    /// [`io::ErrorKind::Other`] if it panicked.
    pub fn into_inner(self) -> io::Result<R> {
        match self.state {
            Some(State::Plain(inner) | State::Ended(inner, _)) => Ok(inner),
            Some(State::Gzip(decoder)) => Ok(decoder.into_inner()),
            Some(State::Zstd(decoder)) => Ok(decoder.finish()),
            None => Err(io::Error::other("the decompressor has lost what it reads from")),
        }
    }

    fn decompress(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.state {
                Some(State::Plain(inner)) => return inner.read(buffer),
                Some(State::Zstd(decoder)) => return decoder.read(buffer),
                Some(State::Ended(..)) | None => return Ok(0),
                Some(State::Gzip(decoder)) => decoder.read(buffer)?,
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.next_member()?;
        }
    }

    /// Goes on behind a gzip member.
    fn next_member(&mut self) -> io::Result<()> {
        let mut inner = match self.state.take() {
            Some(State::Gzip(decoder)) => decoder.into_inner(),
            other => {
                self.state = other;
                return Ok(());
            }
        };
        let (state, read) = match inner.fill_buf() {
            Ok([]) => (State::Ended(inner, false), Ok(())),
            // One byte alone at the end of the buffer is left to the decoder to judge.
            Ok([0x1f] | [0x1f, 0x8b, ..]) => (State::Gzip(Box::new(GzDecoder::new(inner))), Ok(())),
            Ok(_) => (State::Ended(inner, true), Ok(())),
            Err(error) => (State::Ended(inner, false), Err(error)),
        };
        self.state = Some(state);
        read
    }
}

impl<R: BufRead> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decompress(buffer)?;
        self.given += read as u64;
        let bomb = |what: String| Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        if self.given > LARGEST_LAYER {
            return bomb(format!("decompresses to more than {} GiB", LARGEST_LAYER >> 30));
        }
        if self.given > RATIO_FREE && self.given / LARGEST_RATIO > self.taken.load(Ordering::Relaxed) {
            return bomb(format!("decompresses to more than {LARGEST_RATIO} times its size"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(blob: &[u8]) -> io::Result<(Vec<u8>, Compression, bool)> {
        let taken = Arc::new(AtomicU64::new(blob.len() as u64));
        // A buffer of one byte shows whatever depends on how the bytes are cut.
        let mut buffered = BufReader::with_capacity(64, blob);
        let compression = Compression::sniff(&mut buffered)?;
        let mut decompressor = Decompressor::new(buffered, compression, taken)?;
        let mut bytes = Vec::new();
        decompressor.read_to_end(&mut bytes)?;
        let trailing = decompressor.has_trailing_bytes();
        let mut rest = Vec::new();
        decompressor.into_inner()?.read_to_end(&mut rest)?;
        assert!(blob.ends_with(&rest) && rest.is_empty() != trailing, "what was not read is there: {rest:?}");
        Ok((bytes, compression, trailing))
    }

    #[test]
    fn members_and_frames_are_joined() {
        let two = [gzip(b"ab"), gzip(b""), gzip(b"cd")].concat();
        assert_eq!(read(&two).unwrap(), (b"abcd".to_vec(), Compression::Gzip, false));
        let frame = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        let skippable = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let frames = [&skippable[..], &frame(b"ab"), &skippable, &frame(b"cd")].concat();
        assert_eq!(read(&frames).unwrap(), (b"abcd".to_vec(), Compression::Zstd, false));
        assert_eq!(read(b"plain").unwrap(), (b"plain".to_vec(), Compression::None, false));
        assert_eq!(read(b"").unwrap(), (Vec::new(), Compression::None, false));
    }

    #[test]
    fn what_follows_gzip_is_passed_over_and_told() {
        let trailing = [&gzip(b"ab")[..], b"garbage"].concat();
        assert_eq!(read(&trailing).unwrap(), (b"ab".to_vec(), Compression::Gzip, true));
    }

    #[test]
    fn what_is_cut_or_spoilt_is_an_error() {
        let whole = gzip(b"some text that is long enough");
        for end in 2..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        let mut spoilt = whole.clone();
        spoilt[whole.len() - 6] ^= 1;
        assert!(read(&spoilt).is_err());
        let frame = zstd::encode_all(&b"some text that is long enough"[..], 1).unwrap();
        assert!(read(&frame[..frame.len() - 1]).is_err());
        assert_eq!(read(b"BZh91AY").unwrap_err().kind(), io::ErrorKind::Unsupported);
    }

    /// Bytes without end, of which none is ever written: so are 64 GiB read in no time.
    struct Endless;

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(buffer.len())
        }
    }

    impl BufRead for Endless {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(&[0; 512])
        }

        fn consume(&mut self, _: usize) {}
    }

    #[test]
    fn no_more_than_64_gib_are_read_of_a_layer() {
        let taken = Arc::new(AtomicU64::new(LARGEST_LAYER));
        let mut decompressor = Decompressor::new(Endless, Compression::None, taken).unwrap();
        let mut buffer = vec![0; 16 << 20];
        let mut read = 0;
        let refused = loop {
            match decompressor.read(&mut buffer) {
                Ok(bytes) => read += bytes as u64,
                Err(error) => break error,
            }
        };
        assert_eq!((read, refused.kind()), (64 << 30, io::ErrorKind::FileTooLarge));
        assert!(refused.to_string().contains("more than 64 GiB"), "{refused}");
    }

    #[test]
    fn a_bomb_is_one_from_the_first_gib_on() {
        // Compressed bytes that a real decompressor would have taken: one for each 200 that it gives, or one fewer.
        for (taken, limit) in [(RATIO_FREE / 200 + (16 << 20) / 200, None), (1, Some(RATIO_FREE))] {
            let taken = Arc::new(AtomicU64::new(taken));
            let mut decompressor = Decompressor::new(Endless, Compression::None, taken).unwrap();
            let mut buffer = vec![0; 16 << 20];
            let mut read = 0;
            let refused = loop {
                match decompressor.read(&mut buffer) {
                    Ok(bytes) => read += bytes as u64,
                    Err(error) => break Some(error),
                }
                if read > RATIO_FREE {
                    break None;
                }
            };
            assert_eq!(refused.as_ref().map(|_| read), limit, "{refused:?}");
        }
    }

    #[test]
    fn media_types_are_read_in_both_spellings() {
        for (media_type, expected) in [
            ("application/vnd.oci.image.layer.v1.tar", Some(Compression::None)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Some(Compression::Zstd)),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/octet-stream", None),
        ] {
            assert_eq!(Compression::of_media_type(media_type), expected, "{media_type}");
        }
    }
}
