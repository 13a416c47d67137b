//! The blocks of a PEM text (RFC 7468), found as OpenSSL's `PEM_read_bio` finds them.
//!
//! Text between blocks is skipped. A block begins where a line begins with `-----BEGIN ` and ends with `-----`; blanks at the end
//! of a line, CRLF, and a byte order mark at the start of the file do not matter. Where OpenSSL gives up (and with it the whole
//! file), this reader notes why and goes on.

use super::contents::ProblemKind;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// What was found in a PEM text.
pub(super) enum Item {
    /// A block that ends as it should.
    Block(Block),
    /// Something that OpenSSL refuses or overlooks, at a line.
    Problem(usize, ProblemKind),
}

/// A block.
pub(super) struct Block {
    /// What stands behind `BEGIN`.
    pub label: String,
    /// The line of its `BEGIN`, from 1.
    pub line: usize,
    /// Its lines but for headers (RFC 1421, section 4.4), without white space: base64, where the block is whole.
    pub base64: Vec<u8>,
    /// Whether blanks stand before `BEGIN`, so that OpenSSL overlooks the block.
    pub indented: bool,
}

/// A block that has begun.
struct Open {
    block: Block,
    /// Whether the lines so far may still be headers.
    headers: Headers,
}

#[derive(PartialEq)]
enum Headers {
    /// No line seen yet.
    Possible,
    /// A header was seen; they go on to an empty line.
    Inside,
    Over,
}

/// All blocks and problems of `text`, in order. Time and memory are linear in its length.
pub(super) fn scan(text: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut open: Option<Open> = None;
    for (index, raw) in text.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let line = raw.trim_ascii_end();
        let content = line.trim_ascii_start();
        if !content.starts_with(DASHES) {
            if let Some(open) = &mut open {
                open.take(content);
            }
            continue;
        }
        if let Some(rest) = content.strip_prefix(BEGIN) {
            if let Some(open) = open.take() {
                items.push(Item::Problem(open.block.line, ProblemKind::NoEnd));
            }
            match rest.strip_suffix(DASHES).filter(|label| !label.windows(DASHES.len()).any(|part| part == DASHES)) {
                Some(label) => {
                    open = Some(Open {
                        block: Block {
                            label: String::from_utf8_lossy(label).into_owned(),
                            line: number,
                            base64: Vec::new(),
                            indented: content.len() != line.len(),
                        },
                        headers: Headers::Possible,
                    });
                }
                None => items.push(Item::Problem(number, ProblemKind::BeginNotAlone)),
            }
        } else if let Some(rest) = content.strip_prefix(END) {
            match open.take() {
                Some(open) => match rest.strip_prefix(open.block.label.as_bytes()).and_then(|r| r.strip_prefix(DASHES))
                {
                    Some(behind) => {
                        items.push(Item::Block(open.block));
                        if behind.starts_with(BEGIN) || behind.starts_with(b"BEGIN ") {
                            items.push(Item::Problem(number, ProblemKind::JoinedLines));
                        }
                    }
                    None => items.push(Item::Problem(number, ProblemKind::WrongEnd)),
                },
                None => items.push(Item::Problem(number, ProblemKind::NoBegin)),
            }
        } else if let Some(open) = &mut open {
            open.take(content);
        }
    }
    if let Some(open) = open {
        items.push(Item::Problem(open.block.line, ProblemKind::NoEnd));
    }
    items
}

impl Open {
    fn take(&mut self, content: &[u8]) {
        match self.headers {
            Headers::Possible if content.contains(&b':') => self.headers = Headers::Inside,
            Headers::Inside if content.is_empty() => self.headers = Headers::Over,
            Headers::Inside => {}
            Headers::Possible | Headers::Over => {
                if !content.is_empty() {
                    self.headers = Headers::Over;
                }
                self.block.base64.extend(content.iter().filter(|byte| !byte.is_ascii_whitespace()));
            }
        }
    }
}
