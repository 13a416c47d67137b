//! What a file holds: certificates, and everything that keeps a client from reading them. No judgement, and no catalog.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use jiff::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::form::{self, Form};
use crate::digest::Digest;

/// A PEM block whose end has not come yet.
struct Open {
    label: Vec<u8>,
    /// Line of its beginning, from 1.
    begin: usize,
    /// Its base64, without white space.
    body: Vec<u8>,
    empty_line: bool,
}

/// What begins a PEM block, at the beginning of a line.
const BEGIN: &[u8] = b"-----BEGIN ";

/// What is known of a file that may be a bundle.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// Digest of the whole file.
    pub sha256: Digest,
    /// Size in bytes.
    pub size: u64,
    /// What kind of file it is.
    pub form: Form,
    /// Its certificates, in the order of the file; one that stands in it twice is here twice.
    pub certificates: Vec<Certificate>,
    /// What a client stumbles over.
    pub problems: Vec<Problem>,
    /// Private keys in it.
    pub private_keys: usize,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    /// Its subject's common name, or the whole subject where it has none.
    pub common_name: String,
    /// First second of its validity.
    #[serde(with = "seconds")]
    pub not_before: Timestamp,
    /// Last second of its validity (as late as 2125).
    #[serde(with = "seconds")]
    pub not_after: Timestamp,
    /// Whether subject and issuer are the same name.
    pub self_signed: bool,
    /// Whether it may sign others (basic constraints, RFC 5280 section 4.2.1.9); certificates of version 1 count as authorities.
    pub is_ca: bool,
    /// Line of its block, from 1; 0 in a file that has no lines.
    pub line: usize,
}

/// Times as stored: seconds since 1970, as certificates know no smaller unit.
mod seconds {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.as_second())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_second(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Something in a file that a client can't read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub kind: ProblemKind,
}

/// See [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum ProblemKind {
    /// A block has a beginning and no end.
    Unterminated,
    /// What is between beginning and end is not base64.
    Base64,
    /// The base64 holds no X.509 certificate.
    NotCertificate,
    /// An empty line stands in the block, where OpenSSL takes it for the end of a header and refuses the file.
    EmptyLine,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ProblemKind::Unterminated => "the block that begins here has no end",
            ProblemKind::Base64 => "the block that begins here is not base64",
            ProblemKind::NotCertificate => "the block that begins here holds no certificate",
            ProblemKind::EmptyLine => "the block that begins here has an empty line in it",
        };
        write!(out, "line {}: {what}", self.line)
    }
}

/// Whether it is worth reading the bytes as [`Contents`]: a cheap look for the beginning of a PEM block.
pub fn may_hold_certificates(bytes: &[u8]) -> bool {
    form::contains(bytes, b"-----BEGIN ")
}

impl Contents {
    /// Reads a file as OpenSSL reads a CA file: blocks begin and end at the beginning of a line, everything between them is
    /// passed over, and one block that can't be read spoils the whole. Never fails; takes time linear in the bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let mut contents = Contents {
            sha256: Digest::of(bytes),
            size: bytes.len() as u64,
            form: Form::Text,
            certificates: Vec::new(),
            problems: Vec::new(),
            private_keys: 0,
        };
        let pkcs7 = contents.read_blocks(bytes);
        contents.form = if !contents.certificates.is_empty() || !contents.problems.is_empty() {
            Form::Pem
        } else if pkcs7 {
            Form::Pkcs7
        } else {
            Form::of(bytes)
        };
        if contents.form == Form::Der {
            match certificate(bytes, 0) {
                Some(certificate) => contents.certificates.push(certificate),
                None => contents.form = Form::Binary,
            }
        }
        contents
    }

    /// The distinct fingerprints, in byte order.
    pub fn fingerprints(&self) -> std::collections::BTreeSet<Digest> {
        self.certificates.iter().map(|certificate| certificate.fingerprint).collect()
    }

    /// Reads every PEM block; true when there was a PKCS#7 one.
    fn read_blocks(&mut self, bytes: &[u8]) -> bool {
        let mut pkcs7 = false;
        let mut open: Option<Open> = None;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii_end();
            if let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(b"-----")) {
                self.problems
                    .extend(open.take().map(|open| Problem { line: open.begin, kind: ProblemKind::Unterminated }));
                open = Some(Open { label: label.to_vec(), begin: number + 1, body: Vec::new(), empty_line: false });
                continue;
            }
            let Some(Open { label, begin, body, empty_line }) = &mut open else { continue };
            // One empty line directly below the beginning is the end of a header without fields (measured with OpenSSL 3.0).
            if line.is_empty() && number > *begin {
                *empty_line = true;
            }
            let ends = line.strip_prefix(b"-----END ").and_then(|rest| rest.strip_suffix(b"-----"));
            if ends != Some(label.as_slice()) {
                body.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
                continue;
            }
            let (begin, body) = (*begin, std::mem::take(body));
            match label.as_slice() {
                label if *empty_line && label.ends_with(b"CERTIFICATE") => {
                    self.problems.push(Problem { line: begin, kind: ProblemKind::EmptyLine });
                }
                b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => match block(&body, begin) {
                    Ok(certificate) => self.certificates.push(certificate),
                    Err(kind) => self.problems.push(Problem { line: begin, kind }),
                },
                b"PKCS7" | b"PKCS #7 SIGNED DATA" => pkcs7 = true,
                label if label.ends_with(b"PRIVATE KEY") => self.private_keys += 1,
                _ => {}
            }
            open = None;
        }
        self.problems.extend(open.map(|open| Problem { line: open.begin, kind: ProblemKind::Unterminated }));
        pkcs7
    }
}

/// The certificate in a block's base64.
fn block(body: &[u8], line: usize) -> Result<Certificate, ProblemKind> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let der = engine.decode(body).map_err(|_| ProblemKind::Base64)?;
    certificate(&der, line).ok_or(ProblemKind::NotCertificate)
}

/// The certificate that some DER begins with (OpenSSL's trusted form has more behind it).
fn certificate(der: &[u8], line: usize) -> Option<Certificate> {
    let (rest, parsed) = X509Certificate::from_der(der).ok()?;
    let der = der.get(..der.len() - rest.len())?;
    let subject = parsed.subject();
    let common_name = subject.iter_common_name().next().and_then(|name| name.as_str().ok()).map(ToOwned::to_owned);
    let seconds = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    let is_ca = match parsed.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        _ => parsed.version == x509_parser::x509::X509Version::V1,
    };
    Some(Certificate {
        fingerprint: Digest::of(der),
        common_name: common_name.unwrap_or_else(|| subject.to_string()),
        not_before: seconds(parsed.validity().not_before)?,
        not_after: seconds(parsed.validity().not_after)?,
        self_signed: subject.as_raw() == parsed.issuer().as_raw(),
        is_ca,
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::BUILTIN_PEM;

    fn first() -> String {
        let text = std::str::from_utf8(BUILTIN_PEM).unwrap();
        let end = text.find("-----END CERTIFICATE-----\n").unwrap() + "-----END CERTIFICATE-----\n".len();
        text[..end].to_owned()
    }

    #[test]
    fn line_ends_marks_and_text_between_blocks_do_no_harm() {
        let plain = Contents::read(first().as_bytes());
        assert_eq!((plain.certificates.len(), plain.form, plain.problems.len()), (1, Form::Pem, 0));
        for text in [
            first().replace('\n', "\r\n"),
            format!("\u{feff}{}", first()),
            first().trim_end().to_owned(),
            format!("subject=a\nissuer=b\n\n{}trailer", first()),
        ] {
            let read = Contents::read(text.as_bytes());
            assert_eq!(read.fingerprints(), plain.fingerprints(), "{text:?}");
            assert_eq!(read.problems, []);
        }
    }

    #[test]
    fn what_can_not_be_read_is_said_with_its_line() {
        let cut = &first()[..400];
        for (text, line, kind) in [
            (cut.to_owned(), 1, ProblemKind::Unterminated),
            (format!("{}\n{}", cut, first()), 1, ProblemKind::Unterminated),
            (
                "\n-----BEGIN CERTIFICATE-----\n# put it here\n-----END CERTIFICATE-----\n".to_owned(),
                2,
                ProblemKind::Base64,
            ),
            (
                "-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n".to_owned(),
                1,
                ProblemKind::NotCertificate,
            ),
        ] {
            assert_eq!(Contents::read(text.as_bytes()).problems, [Problem { line, kind }], "{text}");
        }
    }

    #[test]
    fn an_empty_line_is_allowed_below_the_beginning_only() {
        let with_empty_line = |below: usize| {
            let block = first();
            let mut lines: Vec<_> = block.lines().collect();
            lines.insert(below, "");
            Contents::read(lines.join("\n").as_bytes())
        };
        assert_eq!((with_empty_line(1).certificates.len(), with_empty_line(1).problems), (1, vec![]));
        let end = first().lines().count() - 1;
        for below in [2, 5, end] {
            let problem = Problem { line: 1, kind: ProblemKind::EmptyLine };
            assert_eq!(
                (with_empty_line(below).certificates.len(), with_empty_line(below).problems),
                (0, vec![problem])
            );
        }
    }

    #[test]
    fn a_block_inside_a_line_is_no_block() {
        let page = format!("<!DOCTYPE html>{{\"x\":\"-----BEGIN CERTIFICATE-----\"}}{}", "\n");
        assert_eq!(Contents::read(page.as_bytes()).form, Form::Html);
    }

    #[test]
    fn other_files_are_told_by_their_form() {
        for (bytes, form) in [
            (&b" \n"[..], Form::Empty),
            (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Form::Xml),
            (b"\n<html><body>404", Form::Html),
            (b"{\"error\":1}", Form::Json),
            (b"404: Not Found", Form::Text),
            (b"\x7fELF\0\0", Form::Binary),
            (b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n", Form::Pkcs7),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", Form::JavaKeystore),
        ] {
            assert_eq!(Contents::read(bytes).form, form);
        }
    }

    #[test]
    fn validity_may_end_in_2125() {
        let contents = Contents::read(BUILTIN_PEM);
        let last = contents.certificates.iter().map(|certificate| certificate.not_after).max().unwrap();
        assert!(last > "2120-01-01T00:00:00Z".parse().unwrap(), "{last}");
    }
}
