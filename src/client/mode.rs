//! How far a connection goes in demanding TLS: the words are libpq's, whatever the driver.

use serde::{Deserialize, Serialize};

/// What a connection demands, as libpq's `sslmode` (PostgreSQL 18, section 32.19.3). Used for what a connection does in effect,
/// not only for what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS only where the server demands it.
    Allow,
    /// TLS where the server offers it, plain text where it does not, nothing checked.
    Prefer,
    /// TLS always, nothing checked.
    Require,
    /// The server's certificate comes from a trusted authority, whoever's it is.
    VerifyCa,
    /// The server's certificate comes from a trusted authority and names the host.
    VerifyFull,
}

impl TlsMode {
    /// As in libpq.
    pub const fn as_str(self) -> &'static str {
        match self {
            TlsMode::Disable => "disable",
            TlsMode::Allow => "allow",
            TlsMode::Prefer => "prefer",
            TlsMode::Require => "require",
            TlsMode::VerifyCa => "verify-ca",
            TlsMode::VerifyFull => "verify-full",
        }
    }

    /// The mode of that word; none where there is no such one.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => TlsMode::Disable,
            "allow" => TlsMode::Allow,
            "prefer" => TlsMode::Prefer,
            "require" => TlsMode::Require,
            "verify-ca" => TlsMode::VerifyCa,
            "verify-full" => TlsMode::VerifyFull,
            _ => return None,
        })
    }

    /// Whether the server's certificate is held against an authority.
    pub const fn verifies(self) -> bool {
        matches!(self, TlsMode::VerifyCa | TlsMode::VerifyFull)
    }

    /// Whether a server without TLS is talked to in plain text.
    pub const fn accepts_plaintext(self) -> bool {
        matches!(self, TlsMode::Disable | TlsMode::Allow | TlsMode::Prefer)
    }
}
