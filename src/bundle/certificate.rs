//! One certificate (X.509, RFC 5280), as far as it matters for an authority.

use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Version;

use crate::digest::Digest;

/// A certificate of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    /// The first common name of its subject; where it has none, the whole subject. From a stranger: escape before printing.
    pub common_name: String,
    /// The first second at which it is valid.
    pub not_before: Timestamp,
    /// The last second at which it is valid.
    pub not_after: Timestamp,
    /// Whether issuer and subject are the same name, as in a root. The signature is not checked: a trust anchor is trusted
    /// for being there, whoever signed it.
    pub self_signed: bool,
    /// Whether it may sign others: basic constraints say so (RFC 5280, section 4.2.1.9), or it is a root of version 1,
    /// which has no extensions and which OpenSSL takes for an authority.
    pub is_ca: bool,
    /// The line of its `BEGIN`, from 1; 1 too for a file that is not text.
    pub line: usize,
}

impl Certificate {
    /// Reads the DER of a certificate; bytes behind it are left alone (`TRUSTED CERTIFICATE` has some, and OpenSSL ignores them
    /// in others).
    ///
    /// # Errors
    /// What is wrong with it, in half a sentence.
    pub(super) fn from_der(bytes: &[u8], line: usize) -> Result<Self, String> {
        let (rest, parsed) = X509Certificate::from_der(bytes).map_err(|error| match error {
            x509_parser::nom::Err::Incomplete(_) => "it is cut short".to_owned(),
            x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => error.to_string(),
        })?;
        let der = bytes.get(..bytes.len() - rest.len()).unwrap_or(bytes);
        let subject = parsed.subject();
        let common_name = subject
            .iter_common_name()
            .find_map(|name| name.as_str().ok())
            .map_or_else(|| subject.to_string(), ToOwned::to_owned);
        let self_signed = subject.as_raw() == parsed.issuer().as_raw();
        let is_ca = match parsed.basic_constraints() {
            Ok(Some(constraints)) => constraints.value.ca,
            Ok(None) => self_signed && parsed.version() == X509Version::V1,
            Err(_) => false,
        };
        let time = |seconds: i64| Timestamp::from_second(seconds).map_err(|error| format!("its validity: {error}"));
        Ok(Self {
            fingerprint: Digest::of(der),
            common_name,
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            self_signed,
            is_ca,
            line,
        })
    }
}
