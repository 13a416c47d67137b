//! The outermost shapes of DER (X.690): enough to tell a certificate, a PKCS#7 and a PKCS#12 apart, and to find what is in a PKCS#7.

/// `SEQUENCE`.
const SEQUENCE: u8 = 0x30;
/// `INTEGER`.
const INTEGER: u8 = 0x02;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;
/// `OBJECT IDENTIFIER` 1.2.840.113549.1.7.2, signedData (RFC 2315, section 14), with its tag and length.
const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// What a DER file is, by its first elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `SEQUENCE { SEQUENCE …`, as a certificate begins (RFC 5280, section 4.1).
    Certificate,
    /// A PKCS#7 `signedData` (RFC 2315).
    Pkcs7,
    /// `SEQUENCE { INTEGER 3, SEQUENCE …`, as a PKCS#12 begins (RFC 7292, section 4).
    Pkcs12,
}

/// One element.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    /// The whole element with tag and length.
    whole: &'a [u8],
    rest: &'a [u8],
}

/// The first element of `bytes`; none where it is cut short or of indefinite length (which DER forbids).
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, after_tag) = bytes.split_first()?;
    let (&first, mut after_length) = after_tag.split_first()?;
    let length = if first < 0x80 {
        usize::from(first)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, after) = after_length.split_at_checked(count)?;
        after_length = after;
        digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit))
    };
    let (contents, rest) = after_length.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some(Element { tag, contents, whole, rest })
}

/// The contents of the first element, where it has that tag.
fn inside(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    element(bytes).filter(|found| found.tag == tag).map(|found| found.contents)
}

/// What `bytes` are, where they are one of the shapes that hold certificates. A PKCS#12 of indefinite length (BER, as Java
/// and NSS write it) is seen too.
pub(super) fn shape(bytes: &[u8]) -> Option<Shape> {
    if bytes.starts_with(&[SEQUENCE, 0x80, INTEGER, 1, 3]) {
        return Some(Shape::Pkcs12);
    }
    let contents = inside(bytes, SEQUENCE)?;
    if contents.starts_with(SIGNED_DATA) {
        Some(Shape::Pkcs7)
    } else if contents.starts_with(&[INTEGER, 1, 3, SEQUENCE]) {
        Some(Shape::Pkcs12)
    } else if inside(contents, SEQUENCE).is_some() {
        Some(Shape::Certificate)
    } else {
        None
    }
}

/// The certificates of a PKCS#7 `signedData`, each as DER (RFC 2315, section 9.1); none where it is not well formed.
pub(super) fn pkcs7_certificates(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let content = inside(bytes, SEQUENCE)?.strip_prefix(SIGNED_DATA)?;
    let mut rest = inside(inside(content, CONTEXT_0)?, SEQUENCE)?;
    // version, digestAlgorithms, contentInfo
    for _ in 0..3 {
        rest = element(rest)?.rest;
    }
    let mut rest = inside(rest, CONTEXT_0)?;
    let mut certificates = Vec::new();
    while !rest.is_empty() {
        let found = element(rest)?;
        certificates.push(found.whole);
        rest = found.rest;
    }
    Some(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        assert_eq!(shape(&[0x30, 4, 0x30, 2, 5, 0]), Some(Shape::Certificate));
        assert_eq!(shape(&[0x30, 5, 2, 1, 3, 0x30, 0]), Some(Shape::Pkcs12));
        assert_eq!(shape(&[0x30, 0x80, 2, 1, 3, 0x30, 0x80]), Some(Shape::Pkcs12));
        assert_eq!(shape(&[0x30, 4, 0x30, 2, 5]), None, "cut short");
        assert_eq!(shape(&[0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1]), None, "a length of eight digits");
        assert_eq!(shape(b"hello"), None);
    }
}
