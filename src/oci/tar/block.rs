//! The 512 bytes of a header: v7, ustar, STAR and GNU.

use super::numeric::{number, octal};

/// Size of a block; headers are one, bodies are padded to whole ones.
pub const BLOCK: usize = 512;

/// Which of the header formats it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    V7,
    Ustar,
    Star,
    Gnu,
}

/// A header block whose checksum is right.
pub struct Block {
    bytes: [u8; BLOCK],
    format: Format,
}

impl Block {
    /// A header, if its checksum says so.
    pub fn new(bytes: [u8; BLOCK]) -> Result<Self, &'static str> {
        let mut block = Self { bytes, format: Format::V7 };
        let stored = octal(block.field::<148, 8>())?;
        let mut unsigned = 0i64;
        let mut signed = 0i64;
        for (index, byte) in bytes.iter().enumerate() {
            // The checksum's own field counts as blanks. POSIX sums unsigned bytes, Sun's tar summed signed ones.
            let byte = if (148..156).contains(&index) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte as i8);
        }
        if stored != unsigned && stored != signed {
            return Err("its checksum is wrong");
        }
        block.format = match block.field::<257, 8>() {
            [b'u', b's', b't', b'a', b'r', 0, ..] if block.field::<508, 4>() == b"tar\0" => Format::Star,
            [b'u', b's', b't', b'a', b'r', 0, ..] => Format::Ustar,
            b"ustar  \0" => Format::Gnu,
            _ => Format::V7,
        };
        Ok(block)
    }

    fn field<const START: usize, const LENGTH: usize>(&self) -> &[u8; LENGTH] {
        const {
            assert!(START + LENGTH <= BLOCK);
        }
        // The assertion above is checked when this is compiled, so there is always such a chunk.
        self.bytes.get(START..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; LENGTH])
    }

    pub fn type_flag(&self) -> u8 {
        self.field::<156, 1>()[0]
    }

    pub fn mode(&self) -> Result<i64, &'static str> {
        number(self.field::<100, 8>())
    }

    pub fn uid(&self) -> Result<i64, &'static str> {
        number(self.field::<108, 8>())
    }

    pub fn gid(&self) -> Result<i64, &'static str> {
        number(self.field::<116, 8>())
    }

    pub fn size(&self) -> Result<i64, &'static str> {
        number(self.field::<124, 12>())
    }

    /// Major and minor number of a device; v7 has none.
    pub fn device(&self) -> (i64, i64) {
        if self.format == Format::V7 {
            return (0, 0);
        }
        // `check` has refused fields that are no numbers.
        (number(self.field::<329, 8>()).unwrap_or_default(), number(self.field::<337, 8>()).unwrap_or_default())
    }

    /// Refuses a header with a field that is no number, also one nobody asks for.
    pub fn check(&self) -> Result<(), &'static str> {
        self.mode()?;
        self.uid()?;
        self.gid()?;
        self.size()?;
        number(self.field::<136, 12>())?;
        if self.format != Format::V7 {
            number(self.field::<329, 8>())?;
            number(self.field::<337, 8>())?;
        }
        if self.format == Format::Star {
            number(self.field::<476, 12>())?;
            number(self.field::<488, 12>())?;
        }
        Ok(())
    }

    /// Puts the name into `path`, with its prefix where the format has one.
    pub fn path_into(&self, path: &mut Vec<u8>) {
        path.clear();
        let prefix = match self.format {
            Format::V7 => &[],
            Format::Ustar => text(self.field::<345, 155>()),
            Format::Star => text(self.field::<345, 131>()),
            Format::Gnu => self.prefix_of_old_go(),
        };
        if !prefix.is_empty() {
            path.extend_from_slice(prefix);
            path.push(b'/');
        }
        path.extend_from_slice(text(self.field::<0, 100>()));
    }

    pub fn link_into(&self, link: &mut Vec<u8>) {
        link.clear();
        link.extend_from_slice(text(self.field::<157, 100>()));
    }

    /// GNU headers have times where ustar has the prefix. Go before 1.8 wrote a prefix there all the same, so where the times
    /// are no numbers and the prefix is ASCII, Go takes it (golang.org/issues/12594 and 21005).
    fn prefix_of_old_go(&self) -> &[u8] {
        let is_time = |field: &[u8; 12]| field[0] == 0 || number(field).is_ok();
        let prefix = text(self.field::<345, 155>());
        if (is_time(self.field::<345, 12>()) && is_time(self.field::<357, 12>())) || !prefix.is_ascii() {
            return &[];
        }
        prefix
    }
}

/// A text field up to its first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}
