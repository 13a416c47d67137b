//! What a file holds: certificates, and everything that keeps a client from reading them. No judgement, and no catalog.

use std::fmt;

use jiff::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::catalog::Catalog;
use super::form::{self, Form};
use super::keystore::{self, Effort, Keystore, Opening, Passwords};
use super::pem::{self, Block};
use crate::digest::{Digest, Hasher};

/// What is known of a file that may be a bundle.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// Digest of the whole file.
    pub sha256: Digest,
    /// Digest of the text as AWS writes its files: without a byte order mark, lines ended by LF, the last one too.
    pub text_sha256: Digest,
    /// Size in bytes.
    pub size: u64,
    /// What kind of file it is.
    pub form: Form,
    /// Its certificates, in the order of the file; one that stands in it twice is here twice.
    pub certificates: Vec<Certificate>,
    /// What a client stumbles over.
    pub problems: Vec<Problem>,
    /// Private keys in it; those of keystores do not count, since they are encrypted.
    pub private_keys: usize,
    /// Whether a keystore could be opened, where it is one.
    pub keystore: Option<Keystore>,
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
    /// A header stands in the block (RFC 1421, section 4.4), which OpenSSL expects above encrypted keys only.
    Header,
    /// The block ends under another name than it begins, or something stands behind its end.
    WrongEnd,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ProblemKind::Unterminated => "the block that begins here has no end",
            ProblemKind::Base64 => "the block that begins here is not base64",
            ProblemKind::NotCertificate => "the block that begins here holds no certificate",
            ProblemKind::EmptyLine => "the block that begins here has an empty line in it",
            ProblemKind::Header => "the block that begins here has a header, as only encrypted keys have",
            ProblemKind::WrongEnd => "the block that begins here has an end that does not match",
        };
        write!(out, "line {}: {what}", self.line)
    }
}

/// Whether it is worth reading the bytes as [`Contents`]: a cheap look for the beginning of a PEM block or of a keystore.
pub fn may_hold_certificates(bytes: &[u8]) -> bool {
    keystore::may_be(bytes) || form::contains(bytes, b"-----BEGIN ")
}

impl Certificate {
    /// Whether it is an authority that AWS published for RDS. The roots of Amazon Trust Services are for RDS Proxy and verify no
    /// database.
    pub fn is_of_rds(&self) -> bool {
        Catalog::builtin().authority(&self.fingerprint).is_some_and(|authority| !authority.is_amazon_trust())
    }
}

impl Contents {
    /// Whether an authority of RDS is among its certificates.
    pub fn holds_rds(&self) -> bool {
        self.certificates.iter().any(Certificate::is_of_rds)
    }

    /// Whether one is, or one that says that it is: how good that is is not decided here.
    pub fn names_rds(&self) -> bool {
        let names = |certificate: &Certificate| certificate.common_name.contains("Amazon RDS");
        self.certificates.iter().any(|certificate| certificate.is_of_rds() || names(certificate))
    }

    /// Reads a file as OpenSSL reads a CA file: blocks begin and end at the beginning of a line, everything between them is
    /// passed over, and one block that can't be read spoils the whole. Keystores are tried without a password and with Java's
    /// own. Never fails; takes time linear in the bytes, keystores aside.
    pub fn read(bytes: &[u8]) -> Self {
        Self::read_with(bytes, &Passwords::default(), &Effort::default())
    }

    /// The same where keystores are tried with these passwords, and within this effort.
    pub fn read_with(bytes: &[u8], passwords: &Passwords, effort: &Effort) -> Self {
        let mut contents = Contents {
            sha256: Digest::of(bytes),
            text_sha256: digest_of_text(bytes),
            size: bytes.len() as u64,
            form: Form::Text,
            certificates: Vec::new(),
            problems: Vec::new(),
            private_keys: 0,
            keystore: None,
        };
        let pkcs7 = contents.read_blocks(bytes);
        contents.form = if pkcs7 && contents.certificates.is_empty() {
            Form::Pkcs7
        } else if !contents.certificates.is_empty() || !contents.problems.is_empty() {
            Form::Pem
        } else {
            Form::of(bytes)
        };
        if contents.form == Form::Der {
            match certificate(bytes, 0) {
                Some(certificate) => contents.certificates.push(certificate),
                None => contents.form = Form::Binary,
            }
        }
        if matches!(contents.form, Form::Pkcs12 | Form::JavaKeystore) {
            let (keystore, trusted) = keystore::open(bytes, contents.form, passwords, effort);
            contents.keystore = Some(keystore);
            contents.certificates.extend(trusted.iter().filter_map(|der| certificate(der, 0)));
        }
        contents
    }

    /// Why it can't be told what is in it: a keystore that can't be opened.
    pub fn locked(&self) -> Option<keystore::Locked> {
        match self.keystore?.opening {
            Opening::Locked(why) => Some(why),
            Opening::Usual | Opening::Given => None,
        }
    }

    /// The distinct fingerprints, in byte order.
    pub fn fingerprints(&self) -> std::collections::BTreeSet<Digest> {
        self.certificates.iter().map(|certificate| certificate.fingerprint).collect()
    }

    /// Reads every PEM block; true when there was a PKCS#7 one.
    fn read_blocks(&mut self, bytes: &[u8]) -> bool {
        let mut pkcs7 = false;
        for Block { label, line, body } in pem::blocks(bytes) {
            match label.as_slice() {
                b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => {
                    let read = body.and_then(|der| certificate(&der, line).ok_or(ProblemKind::NotCertificate));
                    match read {
                        Ok(certificate) => self.certificates.push(certificate),
                        Err(kind) => self.problems.push(Problem { line, kind }),
                    }
                }
                // A key in a file that everybody reads is what there is to say, whether or not it is whole.
                label if label.ends_with(b"PRIVATE KEY") => self.private_keys += 1,
                label => {
                    pkcs7 |= matches!(label, b"PKCS7" | b"PKCS #7 SIGNED DATA");
                    self.problems.extend(body.err().map(|kind| Problem { line, kind }));
                }
            }
        }
        pkcs7
    }
}

/// See [`Contents::text_sha256`].
fn digest_of_text(bytes: &[u8]) -> Digest {
    let text = bytes.strip_prefix(pem::BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_end();
    let mut hasher = Hasher::default();
    for line in text.split(|byte| *byte == b'\n') {
        hasher.update(line.strip_suffix(b"\r").unwrap_or(line));
        hasher.update(b"\n");
    }
    hasher.finish()
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
            // Files put one behind the other keep their marks.
            format!("\u{feff}{}\u{feff}{}", first(), first()),
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
    fn a_file_saved_again_is_the_same_text() {
        let digest = |text: &str| Contents::read(text.as_bytes()).text_sha256;
        let plain = first();
        assert_eq!(digest(&plain), Digest::of(&plain));
        for again in [plain.replace('\n', "\r\n"), plain.trim_end().to_owned(), format!("\u{feff}{plain}\n")] {
            assert_eq!(digest(&again), Digest::of(&plain), "{again:?}");
        }
        assert_ne!(digest(&format!("# note\n{plain}")), Digest::of(&plain));
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
            (b"\x30\x82\x1f\xf0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0", Form::Pkcs7),
            (b"\x30\x80\x02\x01\x03\x30\x80", Form::Pkcs12),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", Form::JavaKeystore),
        ] {
            assert_eq!(Contents::read(bytes).form, form);
        }
    }

    #[test]
    fn a_block_is_refused_where_openssl_refuses_it() {
        let block = first();
        let text = std::str::from_utf8(BUILTIN_PEM).unwrap();
        let padded = text.split_inclusive("-----END CERTIFICATE-----\n").find(|block| block.contains('=')).unwrap();
        let unpadded = padded.replace('=', "");
        for (text, kind) in [
            (unpadded, ProblemKind::Base64),
            (
                block.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE----- of eu-west-1"),
                ProblemKind::WrongEnd,
            ),
            (block.replace("-----END CERTIFICATE-----", "-----END X509 CRL-----"), ProblemKind::WrongEnd),
            (block.replace("-----END", " -----END"), ProblemKind::Unterminated),
            (block.replacen("-----\n", "-----\nName: value\n\n", 1), ProblemKind::Header),
            (block.replacen("-----\n", "-----\nName: value\n", 1), ProblemKind::Header),
        ] {
            assert_eq!(Contents::read(text.as_bytes()).problems, [Problem { line: 1, kind }], "{text}");
        }
    }

    #[test]
    fn validity_may_end_in_2125() {
        let contents = Contents::read(BUILTIN_PEM);
        let last = contents.certificates.iter().map(|certificate| certificate.not_after).max().unwrap();
        assert!(last > "2120-01-01T00:00:00Z".parse().unwrap(), "{last}");
    }
}
