//! Reads PEM blocks exactly as OpenSSL 3.0 reads a CA file (`crypto/pem/pem_lib.c`: `get_name`, `get_header_and_data`), since
//! it is OpenSSL below Python, libpq, MySQL and curl that a bundle has to please.

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::contents::ProblemKind;

/// The mark that editors on Windows put before a text. OpenSSL passes over it in the first line and below the end of a block.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What begins a PEM block, at the beginning of a line.
const BEGIN: &[u8] = b"-----BEGIN ";

/// What ends one.
const END: &[u8] = b"-----END ";

/// What stands behind both, at the end of the line.
const TAIL: &[u8] = b"-----";

/// Characters of a full line of base64; OpenSSL insists on it below a header only.
const LINE: usize = 64;

/// OpenSSL wants the padding, and does not look at bits left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// A PEM block.
pub struct Block {
    /// What stands behind `BEGIN`.
    pub label: Vec<u8>,
    /// Line of its beginning, from 1.
    pub line: usize,
    /// What its base64 says, or why OpenSSL refuses the file over it.
    pub body: Result<Vec<u8>, ProblemKind>,
}

/// Every block of a text. OpenSSL stops at the first that it refuses; here the next one is looked for.
pub fn blocks(bytes: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    let mut may_be_marked = true;
    for (number, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let raw = if open.is_none() && may_be_marked { raw.strip_prefix(BYTE_ORDER_MARK).unwrap_or(raw) } else { raw };
        may_be_marked = false;
        let line = trim_end(raw);
        if let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(TAIL)) {
            blocks.extend(open.take().map(|open| open.end(Err(ProblemKind::Unterminated))));
            open = Some(Open::new(label, number + 1));
        } else if let Some(block) = &mut open
            && let Some(end) = block.line(raw, line)
        {
            blocks.extend(open.take().map(|open| open.end(end)));
            may_be_marked = true;
        }
    }
    blocks.extend(open.map(|open| open.end(Err(ProblemKind::Unterminated))));
    blocks
}

/// A line without what OpenSSL takes off its end: blanks, control characters, and bytes that are negative as a `char`.
fn trim_end(line: &[u8]) -> &[u8] {
    let length = line.iter().rposition(|byte| *byte > b' ' && byte.is_ascii()).map_or(0, |last| last + 1);
    line.get(..length).unwrap_or_default()
}

/// Where in a block the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// In its only part, or in a header that has not shown itself yet.
    First,
    /// In its header, which is known by a colon.
    Header,
    /// Behind the empty line that ends a header, be it without fields.
    Body,
}

/// A block whose end has not come yet.
struct Open {
    label: Vec<u8>,
    begin: usize,
    part: Part,
    /// Whether there were lines above the empty line.
    header: bool,
    /// Its base64, without white space.
    base64: Vec<u8>,
    /// Whether the last line of a body came that has to have full lines.
    short: bool,
    refusal: Option<ProblemKind>,
}

impl Open {
    fn new(label: &[u8], begin: usize) -> Self {
        let label = label.to_vec();
        Self { label, begin, part: Part::First, header: false, base64: Vec::new(), short: false, refusal: None }
    }

    /// Takes in a line, whole and trimmed; tells of a line that ends the block whether it ends well.
    fn line(&mut self, raw: &[u8], line: &[u8]) -> Option<Result<(), ProblemKind>> {
        if self.part == Part::First && raw.contains(&b':') {
            self.part = Part::Header;
        }
        if line.is_empty() {
            if self.part == Part::Body {
                self.refuse(ProblemKind::EmptyLine);
            }
            if self.part == Part::Header {
                self.refuse(ProblemKind::Header);
            }
            self.part = Part::Body;
            self.header |= !self.base64.is_empty();
            self.base64.clear();
            return None;
        }
        if let Some(end) = line.strip_prefix(END) {
            let fits = end.strip_suffix(TAIL) == Some(&self.label);
            return Some(if fits { Ok(()) } else { Err(ProblemKind::WrongEnd) });
        }
        // Below a header every line but the last is full.
        if self.part == Part::Body && (self.short || line.len() > LINE) {
            self.refuse(ProblemKind::EmptyLine);
        }
        self.short |= self.part == Part::Body && line.len() < LINE;
        self.base64.extend(line.iter().filter(|byte| !matches!(**byte, b' ' | b'\t' | b'\r')));
        None
    }

    fn refuse(&mut self, why: ProblemKind) {
        self.refusal.get_or_insert(why);
    }

    fn end(self, end: Result<(), ProblemKind>) -> Block {
        let body = match self.refusal {
            _ if end == Err(ProblemKind::Unterminated) => Err(ProblemKind::Unterminated),
            // Where nothing but base64 stands above the empty line, that line is what is wrong.
            Some(why) => Err(why),
            None if self.part == Part::Header => Err(ProblemKind::Header),
            None if self.header => Err(ProblemKind::EmptyLine),
            None => end.and_then(|()| BASE64.decode(&self.base64).map_err(|_| ProblemKind::Base64)),
        };
        Block { label: self.label, line: self.begin, body }
    }
}
