//! As much of DER (X.690) as PKCS#12 needs: tags of one byte, and lengths that are known.

use super::Locked;

/// Tags.
pub const INTEGER: u8 = 0x02;
pub const OCTETS: u8 = 0x04;
pub const OBJECT: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// `[0]`, of something in it, and in the place of something.
pub const EXPLICIT_0: u8 = 0xa0;
pub const IMPLICIT_0: u8 = 0x80;

/// Elements, one behind the other.
#[derive(Clone, Copy)]
pub struct Elements<'a>(pub &'a [u8]);

impl<'a> Elements<'a> {
    /// Whether there is none left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next one.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag, and what is in it.
    pub fn next(&mut self) -> Result<(u8, &'a [u8]), Locked> {
        let [tag, length, rest @ ..] = self.0 else { return Err(Locked::Malformed) };
        let (length, rest) = match *length {
            // Lengths that only the end tells are BER: some tools on Windows write them.
            0x80 => return Err(Locked::Unsupported),
            short @ ..0x80 => (usize::from(short), rest),
            long => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f)).ok_or(Locked::Malformed)?;
                if bytes.len() > 4 {
                    return Err(Locked::Malformed);
                }
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
        };
        let (inside, rest) = rest.split_at_checked(length).ok_or(Locked::Malformed)?;
        self.0 = rest;
        Ok((*tag, inside))
    }

    /// What is in the next element, which has to have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Locked> {
        match self.next()? {
            (found, inside) if found == tag => Ok(inside),
            _ => Err(Locked::Malformed),
        }
    }

    /// The elements in the next one, which has to have this tag.
    pub fn inside(&mut self, tag: u8) -> Result<Elements<'a>, Locked> {
        self.expect(tag).map(Elements)
    }

    /// The next element, a number that is not negative and not large.
    pub fn number(&mut self) -> Result<u32, Locked> {
        let bytes = self.expect(INTEGER)?;
        let digits = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        if bytes.is_empty() || bytes.first().is_some_and(|first| *first > 0x7f) {
            return Err(Locked::Malformed);
        }
        if digits.len() > 4 {
            return Err(Locked::Effort);
        }
        Ok(digits.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}
