//! What kind of file something is that may, or may not, be a bundle.

use std::fmt;

/// The form of a file, told from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
pub enum Form {
    /// Nothing in it, or nothing but white space.
    Empty,
    /// PEM with certificates (RFC 7468, section 5).
    Pem,
    /// PKCS#7 in PEM, the form in which AWS publishes `.p7b` files, or in DER.
    Pkcs7,
    /// PKCS#12: certificates with or without keys, behind a password.
    Pkcs12,
    /// One certificate in DER.
    Der,
    /// A web page.
    Html,
    /// XML, such as the error messages of S3.
    Xml,
    /// JSON.
    Json,
    /// A Java keystore.
    JavaKeystore,
    /// Text without certificates.
    Text,
    /// Anything else.
    Binary,
}

impl Form {
    /// Tells the form of a file without certificates.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let head: Vec<u8> = text.iter().take(256).map(u8::to_ascii_lowercase).collect();
        if text.is_empty() {
            return Form::Empty;
        }
        match head.as_slice() {
            [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Form::JavaKeystore,
            // So begin certificates, PKCS#7 and PKCS#12 alike: a SEQUENCE.
            [0x30, 0x80..=0x84, ..] => of_sequence(bytes),
            _ if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") => Form::Html,
            _ if contains(&head, b"<html") || contains(&head, b"<head") => Form::Html,
            [b'<', ..] => Form::Xml,
            [b'{', ..] => Form::Json,
            _ if bytes.iter().take(4096).any(|byte| *byte == 0) => Form::Binary,
            _ => Form::Text,
        }
    }
}

/// Tells DER and BER by what comes first in the outer SEQUENCE.
fn of_sequence(bytes: &[u8]) -> Form {
    /// 1.2.840.113549.1.7.2, the content type of signed data (RFC 2315, section 14).
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    /// The version of PKCS#12, an INTEGER 3 (RFC 7292, section 4).
    const VERSION: &[u8] = b"\x02\x01\x03";
    let length = bytes.get(1).map_or(0, |length| usize::from(length & 0x7f));
    match bytes.get(2 + length..).unwrap_or_default() {
        inside if inside.starts_with(SIGNED_DATA) => Form::Pkcs7,
        inside if inside.starts_with(VERSION) => Form::Pkcs12,
        _ => Form::Der,
    }
}

/// Whether `needle` stands in `text`.
pub(super) fn contains(text: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(text, needle).is_some()
}

impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Form::Empty => "an empty file",
            Form::Pem => "PEM",
            Form::Pkcs7 => "PKCS#7, which PEM clients can't read",
            Form::Pkcs12 => "PKCS#12, which PEM clients can't read",
            Form::Der => "DER, which PEM clients can't read",
            Form::Html => "a web page",
            Form::Xml => "XML, probably an error message",
            Form::Json => "JSON",
            Form::JavaKeystore => "a Java keystore",
            Form::Text => "text without a certificate",
            Form::Binary => "binary data",
        })
    }
}
