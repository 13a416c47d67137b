//! What a file of certificates holds: no judgement, and no knowledge of what AWS has published.

use std::fmt;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::digest::{Digest, Hasher};

use super::certificate::Certificate;
use super::der::{self, Shape};
use super::pem::{self, Item};

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// SHA-256 of the whole file.
    pub sha256: Digest,
    /// SHA-256 of its text with LF for CRLF, one newline at the end and no byte order mark: what git and editors change without
    /// harm. The same as `sha256` for a file as AWS publishes it, and for one that is not text.
    pub text_sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    pub form: Form,
    /// Its certificates in the order of the file, duplicates too.
    pub certificates: Vec<Certificate>,
    /// What does not belong in it or cannot be read, in the order of the file.
    pub problems: Vec<Problem>,
    /// How many private keys are in it (each is a problem too).
    pub private_keys: usize,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Nothing, or nothing but white space.
    Empty,
    /// PEM blocks (RFC 7468), text between them or not.
    Pem,
    /// PKCS#7 (RFC 2315) as PEM.
    Pkcs7Pem,
    /// PKCS#7 as DER.
    Pkcs7Der,
    /// One certificate as DER.
    CertificateDer,
    /// A page for a browser, such as an error page.
    Html,
    /// XML, such as an error of S3.
    Xml,
    /// A Java keystore (JKS or JCEKS). It is not opened.
    Jks,
    /// A PKCS#12 keystore (RFC 7292). It is not opened.
    Pkcs12,
    /// Text in UTF-16, which no PEM reader reads (PowerShell's `>` writes it).
    Utf16,
    /// Anything else.
    Other,
}

impl Form {
    /// As said in a sentence: "an HTML page".
    pub const fn as_str(self) -> &'static str {
        match self {
            Form::Empty => "an empty file",
            Form::Pem => "PEM",
            Form::Pkcs7Pem => "PKCS#7 (a .p7b file) as PEM",
            Form::Pkcs7Der => "PKCS#7 (a .p7b file) as DER",
            Form::CertificateDer => "one certificate as DER",
            Form::Html => "an HTML page",
            Form::Xml => "an XML document",
            Form::Jks => "a Java keystore",
            Form::Pkcs12 => "a PKCS#12 keystore",
            Form::Utf16 => "text in UTF-16",
            Form::Other => "something else than certificates",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Something that does not belong in a bundle or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.kind)
    }
}

/// What is wrong at a line. Said of OpenSSL because libpq, MySQL's client, Python, Node.js and most others read a bundle with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A block begins and does not end. OpenSSL refuses the file.
    NoEnd,
    /// A block ends under another name than it began with. OpenSSL refuses the file.
    WrongEnd,
    /// An `END` without a `BEGIN`: the head of a certificate is lost. OpenSSL overlooks it.
    NoBegin,
    /// More than the label on a `BEGIN` line, as when line ends were lost. OpenSSL overlooks the certificate.
    BeginNotAlone,
    /// A `BEGIN` on the line of the `END` before it, as when files without a final newline were joined. OpenSSL overlooks the
    /// certificate.
    JoinedLines,
    /// Blanks before `BEGIN`. OpenSSL overlooks the certificate.
    Indented,
    /// A block that is not base64. OpenSSL refuses the file.
    Base64,
    /// A block that is not a certificate inside, and why. OpenSSL refuses the file.
    Der(String),
    /// A private key: whoever reads the file can act as its owner.
    PrivateKey,
    /// A PKCS#7 block among others, which OpenSSL overlooks.
    Pkcs7,
}

impl ProblemKind {
    /// Whether OpenSSL refuses the whole file for it, so that every connection fails.
    pub const fn refuses(&self) -> bool {
        matches!(self, Self::NoEnd | Self::WrongEnd | Self::Base64 | Self::Der(_))
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoEnd => "a block begins here and has no END line: the file is cut short",
            Self::WrongEnd => "the END line does not match the BEGIN line before it",
            Self::NoBegin => "an END line without a BEGIN line: the beginning of a certificate is missing",
            Self::BeginNotAlone => {
                "more than the label on a BEGIN line: line ends are missing, and OpenSSL overlooks the certificate"
            }
            Self::JoinedLines => {
                "a BEGIN on the line of an END: a newline is missing, and OpenSSL overlooks the certificate"
            }
            Self::Indented => "blanks before BEGIN: OpenSSL overlooks the certificate",
            Self::Base64 => "the block is not base64",
            Self::Der(why) => return write!(out, "the block is not a certificate: {}", crate::text::escape(why)),
            Self::PrivateKey => "a private key",
            Self::Pkcs7 => "a PKCS#7 block, which OpenSSL overlooks",
        })
    }
}

/// As OpenSSL: padding needed, but it does not look at the bits behind the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// UTF-8's byte order mark, which OpenSSL skips at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Contents {
    /// Says what `bytes` hold. Never fails, and takes time linear in their number.
    pub fn read(bytes: &[u8]) -> Self {
        let sha256 = Digest::of(bytes);
        let mut contents = Self {
            sha256,
            text_sha256: sha256,
            size: bytes.len() as u64,
            form: Form::Other,
            certificates: Vec::new(),
            problems: Vec::new(),
            private_keys: 0,
        };
        match der::shape(bytes) {
            Some(Shape::Certificate) => contents.read_certificate(bytes),
            Some(Shape::Pkcs7) => {
                contents.form = Form::Pkcs7Der;
                contents.read_pkcs7(bytes, 1);
            }
            Some(Shape::Pkcs12) => contents.form = Form::Pkcs12,
            None if is_java_keystore(bytes) => contents.form = Form::Jks,
            None => {
                contents.read_text(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes));
                if contents.form == Form::Pem {
                    contents.text_sha256 = text_sha256(bytes).unwrap_or(sha256);
                }
            }
        }
        contents
    }

    /// Whether OpenSSL refuses the whole file for one of its problems.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind.refuses())
    }

    fn read_certificate(&mut self, bytes: &[u8]) {
        if let Ok(certificate) = Certificate::from_der(bytes, 1) {
            self.form = Form::CertificateDer;
            self.certificates.push(certificate);
        }
    }

    fn read_text(&mut self, text: &[u8]) {
        let mut pkcs7 = Vec::new();
        let mut blocks = 0_usize;
        for item in pem::scan(text) {
            let block = match item {
                Item::Block(block) => block,
                Item::Problem(line, kind) => {
                    self.problems.push(Problem { line, kind });
                    continue;
                }
            };
            blocks += 1;
            if block.indented {
                self.problems.push(Problem { line: block.line, kind: ProblemKind::Indented });
            }
            match block.label.as_str() {
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                    let read = BASE64
                        .decode(&block.base64)
                        .map_err(|_| ProblemKind::Base64)
                        .and_then(|der| Certificate::from_der(&der, block.line).map_err(ProblemKind::Der));
                    match read {
                        Ok(certificate) => self.certificates.push(certificate),
                        Err(kind) => self.problems.push(Problem { line: block.line, kind }),
                    }
                }
                "PKCS7" | "PKCS #7 SIGNED DATA" => pkcs7.push(block),
                label if label.ends_with("PRIVATE KEY") => {
                    self.private_keys += 1;
                    self.problems.push(Problem { line: block.line, kind: ProblemKind::PrivateKey });
                }
                // Revocation lists, parameters, requests: OpenSSL overlooks them, and they trust nobody.
                _ => {}
            }
        }
        self.form = if !pkcs7.is_empty() && pkcs7.len() == blocks {
            Form::Pkcs7Pem
        } else if !self.certificates.is_empty() {
            Form::Pem
        } else {
            form_of_text(text).unwrap_or(if blocks + self.problems.len() > 0 { Form::Pem } else { Form::Other })
        };
        for block in pkcs7 {
            if self.form == Form::Pkcs7Pem {
                match BASE64.decode(&block.base64) {
                    Ok(der) => self.read_pkcs7(&der, block.line),
                    Err(_) => self.problems.push(Problem { line: block.line, kind: ProblemKind::Base64 }),
                }
            } else {
                self.problems.push(Problem { line: block.line, kind: ProblemKind::Pkcs7 });
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
    }

    fn read_pkcs7(&mut self, der: &[u8], line: usize) {
        let Some(certificates) = der::pkcs7_certificates(der) else {
            let kind = ProblemKind::Der("a PKCS#7 that is cut short or holds no certificates".to_owned());
            self.problems.push(Problem { line, kind });
            return;
        };
        for certificate in certificates {
            match Certificate::from_der(certificate, line) {
                Ok(certificate) => self.certificates.push(certificate),
                Err(why) => self.problems.push(Problem { line, kind: ProblemKind::Der(why) }),
            }
        }
    }
}

/// The hash of the text as AWS would publish it; none where it is so already.
fn text_sha256(bytes: &[u8]) -> Option<Digest> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if text.len() == bytes.len() && text.ends_with(b"\n") && !text.ends_with(b"\n\n") && !text.contains(&b'\r') {
        return None;
    }
    let mut hasher = Hasher::default();
    for line in text.trim_ascii_end().split(|byte| *byte == b'\n') {
        hasher.update(line.strip_suffix(b"\r").unwrap_or(line));
        hasher.update(b"\n");
    }
    Some(hasher.finish())
}

/// What a text is in which no certificate was found.
fn form_of_text(text: &[u8]) -> Option<Form> {
    let start = text.trim_ascii_start();
    let begins = |word: &[u8]| start.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if start.is_empty() {
        Some(Form::Empty)
    } else if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        Some(Form::Utf16)
    } else if begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") {
        Some(Form::Html)
    } else if begins(b"<?xml") || begins(b"<error>") {
        Some(Form::Xml)
    } else {
        None
    }
}

/// The magic numbers of JKS and JCEKS (`sun.security.provider.JavaKeyStore`, `com.sun.crypto.provider.JceKeyStore`).
fn is_java_keystore(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce, 0xce, 0xce, 0xce])
}

/// Whether it is worth reading `bytes` for certificates: a PEM block may begin in them, or they begin like a keystore, a
/// certificate or a PKCS#7 in DER. Looks at one byte of five in most files, and never says no where [`Contents::read`] finds one.
pub fn may_hold_certificates(bytes: &[u8]) -> bool {
    // The five dashes of `-----BEGIN` cover one of every five bytes, whichever way they fall.
    const NEEDLE: &[u8] = b"-----BEGIN";
    const STEP: usize = 5;
    if is_java_keystore(bytes) || der::shape(bytes).is_some() {
        return true;
    }
    bytes.iter().enumerate().skip(STEP - 1).step_by(STEP).filter(|(_, byte)| **byte == b'-').any(|(at, _)| {
        let around = bytes.get(at + 1 - STEP..bytes.len().min(at + NEEDLE.len())).unwrap_or_default();
        around.windows(NEEDLE.len()).any(|window| window == NEEDLE)
    })
}
