//! PKCS#12 (RFC 7292), as far as certificates go: keys stay encrypted, and the code that seals it is not checked.

use std::borrow::Cow;

use super::cipher::decrypt;
use super::der::{EXPLICIT_0, Elements, IMPLICIT_0, OBJECT, OCTETS, SEQUENCE, SET};
use super::{Effort, Entries, Locked, Opening, Passwords};

/// 1.2.840.113549.1.7.1 and .6: data, and encrypted data (RFC 2315).
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
/// 1.2.840.113549.1.12.10.1.x: a certificate, and contents in contents.
const CERTIFICATE_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
const CONTENTS_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x06";
/// 1.2.840.113549.1.9.22.1: X.509.
const X509: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// 2.16.840.1.113894.746875.1.1: the attribute by which Java knows what is trusted.
const TRUSTED_KEY_USAGE: &[u8] = b"\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01";

/// Contents in contents in contents: nobody writes more than one.
const DEEPEST: usize = 4;

/// The version of every PKCS#12 there is.
const VERSION: u32 = 3;

/// Reads the certificates with the first password that fits all parts.
pub fn read<'a>(bytes: &'a [u8], passwords: &Passwords, effort: &Effort) -> Result<(Entries<'a>, Opening), Locked> {
    let parts = parts(bytes)?;
    let mut trouble = None;
    for (password, given) in passwords.iter() {
        match entries(&parts, password, effort) {
            Ok(entries) => return Ok((entries, if given { Opening::Given } else { Opening::Usual })),
            // What is wrong however it is opened is told by the first password.
            Err(locked @ (Locked::Effort | Locked::Unsupported)) => return Err(locked),
            Err(locked) => trouble = Some(locked),
        }
    }
    let is_encrypted = parts.iter().any(|part| matches!(part, Part::Encrypted { .. }));
    Err(if is_encrypted { Locked::Password } else { trouble.unwrap_or(Locked::Malformed) })
}

/// A part of the contents.
enum Part<'a> {
    Plain(&'a [u8]),
    Encrypted { algorithm: Elements<'a>, bytes: &'a [u8] },
}

/// The parts of a file.
fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, Locked> {
    let mut whole = Elements(bytes).inside(SEQUENCE)?;
    if whole.number()? != VERSION {
        return Err(Locked::Unsupported);
    }
    let mut sealed = whole.inside(SEQUENCE)?;
    if sealed.expect(OBJECT)? != DATA {
        // Signed by a key instead of a password; nobody does.
        return Err(Locked::Unsupported);
    }
    let all = sealed.inside(EXPLICIT_0)?.inside(OCTETS)?.inside(SEQUENCE)?;
    let mut all = all;
    let mut parts = Vec::new();
    while !all.is_empty() {
        let mut info = all.inside(SEQUENCE)?;
        let kind = info.expect(OBJECT)?;
        let mut contents = info.inside(EXPLICIT_0)?;
        match kind {
            DATA => parts.push(Part::Plain(contents.expect(OCTETS)?)),
            ENCRYPTED_DATA => {
                let mut data = contents.inside(SEQUENCE)?;
                data.number()?;
                let mut inner = data.inside(SEQUENCE)?;
                inner.expect(OBJECT)?;
                let algorithm = inner.inside(SEQUENCE)?;
                parts.push(Part::Encrypted { algorithm, bytes: inner.expect(IMPLICIT_0)? });
            }
            _ => return Err(Locked::Unsupported),
        }
    }
    Ok(parts)
}

/// The certificates of all parts, opened with this password.
fn entries<'a>(parts: &[Part<'a>], password: Option<&str>, effort: &Effort) -> Result<Entries<'a>, Locked> {
    let mut entries = Entries::default();
    for part in parts {
        match part {
            Part::Plain(bytes) => bags(bytes, 0, &mut |der, trusted| keep(&mut entries, Cow::Borrowed(der), trusted))?,
            Part::Encrypted { algorithm, bytes } => {
                let plain = decrypt(*algorithm, bytes, password, effort)?;
                bags(&plain, 0, &mut |der, trusted| keep(&mut entries, Cow::Owned(der.to_vec()), trusted))?;
            }
        }
    }
    Ok(entries)
}

fn keep<'a>(entries: &mut Entries<'a>, der: Cow<'a, [u8]>, trusted: bool) {
    if trusted {
        entries.trusted.push(der);
    } else {
        entries.passed_over += 1;
    }
}

/// Shows every certificate, with whether it is marked as trusted.
fn bags<'b>(bytes: &'b [u8], depth: usize, found: &mut dyn FnMut(&'b [u8], bool)) -> Result<(), Locked> {
    let mut bags = Elements(bytes).inside(SEQUENCE)?;
    while !bags.is_empty() {
        let mut bag = bags.inside(SEQUENCE)?;
        let kind = bag.expect(OBJECT)?;
        let value = bag.expect(EXPLICIT_0)?;
        match kind {
            CERTIFICATE_BAG => {
                let mut certificate = Elements(value).inside(SEQUENCE)?;
                if certificate.expect(OBJECT)? == X509 {
                    let der = certificate.inside(EXPLICIT_0)?.expect(OCTETS)?;
                    found(der, is_trusted(bag)?);
                }
            }
            CONTENTS_BAG if depth < DEEPEST => self::bags(value, depth + 1, found)?,
            CONTENTS_BAG => return Err(Locked::Unsupported),
            _ => {}
        }
    }
    Ok(())
}

/// Whether what is left of a bag, its attributes, has Java's mark of trust.
fn is_trusted(mut bag: Elements<'_>) -> Result<bool, Locked> {
    if bag.is_empty() {
        return Ok(false);
    }
    let mut attributes = bag.inside(SET)?;
    while !attributes.is_empty() {
        if attributes.inside(SEQUENCE)?.expect(OBJECT)? == TRUSTED_KEY_USAGE {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, inside: &[u8]) -> Vec<u8> {
        let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), inside].concat()
    }

    #[test]
    fn contents_in_contents_end() {
        let nested = |depth: usize| {
            (0..depth).fold(element(SEQUENCE, &[]), |inner, _| {
                let bag = [element(OBJECT, CONTENTS_BAG), element(EXPLICIT_0, &inner)].concat();
                element(SEQUENCE, &element(SEQUENCE, &bag))
            })
        };
        assert!(bags(&nested(4), 0, &mut |_, _| {}).is_ok());
        assert!(matches!(bags(&nested(5), 0, &mut |_, _| {}), Err(Locked::Unsupported)));
    }
}
