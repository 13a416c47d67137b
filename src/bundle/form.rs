//! What kind of file something is that may, or may not, be a bundle.

use std::fmt;

/// The form of a file, told from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
pub enum Form {
    /// Nothing in it, or nothing but white space.
    Empty,
    /// PEM with certificates (RFC 7468, section 5).
    Pem,
    /// PKCS#7 in PEM, the form in which AWS publishes `.p7b` files.
    Pkcs7,
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
            // A SEQUENCE with a length of two bytes: so begin certificates, PKCS#7 and PKCS#12 alike.
            [0x30, 0x82, ..] => Form::Der,
            _ if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") => Form::Html,
            _ if contains(&head, b"<html") || contains(&head, b"<head") => Form::Html,
            [b'<', ..] => Form::Xml,
            [b'{', ..] => Form::Json,
            _ if bytes.iter().take(4096).any(|byte| *byte == 0) => Form::Binary,
            _ => Form::Text,
        }
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
