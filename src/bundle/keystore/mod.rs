//! Java keystores (JKS, JCEKS) and PKCS#12: the certificates in them that are trusted, or why they can't be told.

mod cipher;
mod der;
mod derivation;
mod jks;
mod pkcs12;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::form::Form;

/// The most rounds of key derivation that are spent on one layer, or on one file of its own: a hundred keystores as Java makes them
/// (10,000 rounds, and as many again for the length of the key), and about a second of work.
const MOST_ROUNDS: u64 = 2_000_000;

/// The passwords that keystores are tried with: none, an empty one, `changeit`, which Java gives its own, and those given.
#[derive(Clone, Default)]
pub struct Passwords {
    given: Vec<String>,
}

impl Passwords {
    /// The usual ones, and then these.
    pub fn new(given: Vec<String>) -> Self {
        Self { given }
    }

    /// Whether any were given: then more may be opened than without.
    pub fn has_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// Each with whether it was given; `None` is no password at all, which is another thing than an empty one.
    fn iter(&self) -> impl Iterator<Item = (Option<&str>, bool)> {
        let usual = [Some("changeit"), None, Some("")].map(|password| (password, false));
        usual.into_iter().chain(self.given.iter().map(|password| (Some(password.as_str()), true)))
    }
}

impl fmt::Debug for Passwords {
    /// A password does not get into a message by accident.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Passwords({} given)", self.given.len())
    }
}

/// The work that may still be spent on keystores: a stranger says how often a password is hashed.
#[derive(Debug)]
pub struct Effort(AtomicU64);

impl Default for Effort {
    fn default() -> Self {
        Self::of(MOST_ROUNDS)
    }
}

impl Effort {
    /// So many rounds of key derivation.
    pub fn of(rounds: u64) -> Self {
        Self(AtomicU64::new(rounds))
    }

    /// Takes so many rounds from what is left.
    fn spend(&self, rounds: u64) -> Result<(), Locked> {
        let take = |left: u64| left.checked_sub(rounds);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).map(|_| ()).map_err(|_| Locked::Effort)
    }
}

/// What is known of a keystore besides the certificates in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keystore {
    /// Whether it could be opened, and how.
    pub opening: Opening,
    /// Certificates in it that Java passes over, because they are not marked as trusted (as OpenSSL writes them) or belong
    /// to a key.
    pub passed_over: usize,
}

/// Whether a keystore could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum Opening {
    /// Without a password, or with one that everybody knows.
    Usual,
    /// With a password that was given.
    Given,
    /// No, and why.
    Locked(Locked),
}

/// Why a keystore could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum Locked {
    /// None of the passwords fits.
    Password,
    /// It is encrypted or written in a way that is not read here.
    Unsupported,
    /// It is cut off or spoilt.
    Malformed,
    /// Its password is hashed more often than is borne with.
    Effort,
}

impl Locked {
    /// Whether another password may open it.
    pub const fn wants_password(self) -> bool {
        matches!(self, Locked::Password)
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Locked::Password => "it opens neither without a password nor with changeit or one of those given",
            Locked::Unsupported => "it is encrypted or written in a way that is not read here",
            Locked::Malformed => "it is cut off or spoilt",
            Locked::Effort => "its password is hashed more often than is borne with",
        })
    }
}

/// What is in a keystore.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entries<'a> {
    /// The DER of certificates that Java trusts.
    trusted: Vec<Cow<'a, [u8]>>,
    passed_over: usize,
}

/// Whether a file may be a keystore, by its first bytes.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    matches!(bytes, [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] | [0x30, 0x80..=0x84, ..])
        && matches!(Form::of(bytes), Form::JavaKeystore | Form::Pkcs12)
}

/// Opens a keystore, and gives the DER of each certificate that Java would trust, in the order of the file.
pub(super) fn open(bytes: &[u8], form: Form, passwords: &Passwords, effort: &Effort) -> (Keystore, Vec<Vec<u8>>) {
    let opened = match form {
        // Java reads the certificates of a JKS without a password; only its keys are encrypted.
        Form::JavaKeystore => jks::read(bytes).map(|entries| (entries, Opening::Usual)),
        _ => pkcs12::read(bytes, passwords, effort),
    };
    match opened {
        Ok((Entries { trusted, passed_over }, opening)) => {
            let trusted = trusted.into_iter().map(Cow::into_owned).collect();
            (Keystore { opening, passed_over }, trusted)
        }
        Err(locked) => (Keystore { opening: Opening::Locked(locked), passed_over: 0 }, Vec::new()),
    }
}
