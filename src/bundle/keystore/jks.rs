//! JKS and JCEKS, as Java's `sun.security.provider.JavaKeyStore` writes them. All numbers are big-endian.

use super::{Entries, Locked};

/// The digest that a JKS ends with: SHA-1 of the password, a phrase and the rest. It protects from accidents only, and is
/// not looked at: Java does not, either, where it is given no password.
const DIGEST: usize = 20;

/// What an entry is.
const KEY: u32 = 1;
const CERTIFICATE: u32 = 2;

/// Reads the certificates of a keystore.
pub fn read(bytes: &[u8]) -> Result<Entries<'_>, Locked> {
    let mut reader = Reader(bytes);
    reader.take(4)?;
    let typed = match reader.number()? {
        1 => false,
        2 => true,
        _ => return Err(Locked::Unsupported),
    };
    let count = reader.number()?;
    let mut entries = Entries::default();
    for _ in 0..count {
        let tag = reader.number()?;
        reader.text()?;
        // The date.
        reader.take(8)?;
        match tag {
            KEY => {
                reader.body()?;
                for _ in 0..reader.number()? {
                    reader.certificate(typed)?;
                    entries.passed_over += 1;
                }
            }
            CERTIFICATE => entries.trusted.push(reader.certificate(typed)?.into()),
            // The secret key of a JCEKS is an object of Java's own, and nothing says where it ends.
            _ => return Err(Locked::Unsupported),
        }
    }
    if reader.0.len() == DIGEST { Ok(entries) } else { Err(Locked::Malformed) }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Locked> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Locked::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, Locked> {
        let bytes = self.take(4)?.try_into().map_err(|_| Locked::Malformed)?;
        Ok(u32::from_be_bytes(bytes))
    }

    /// Bytes behind their number.
    fn body(&mut self) -> Result<&'a [u8], Locked> {
        let length = usize::try_from(self.number()?).map_err(|_| Locked::Malformed)?;
        self.take(length)
    }

    /// A text of Java: two bytes of length, and so many bytes.
    fn text(&mut self) -> Result<&'a [u8], Locked> {
        let length: [u8; 2] = self.take(2)?.try_into().map_err(|_| Locked::Malformed)?;
        self.take(usize::from(u16::from_be_bytes(length)))
    }

    /// A certificate, with its type before it in the second version.
    fn certificate(&mut self, typed: bool) -> Result<&'a [u8], Locked> {
        if typed {
            self.text()?;
        }
        self.body()
    }
}
