//! What keystores are encrypted with: AES and triple DES and RC2, all in cipher block chaining, by the algorithm identifier.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, InnerIvInit as _, KeyInit};
use ring::pbkdf2;

use super::der::{Elements, INTEGER, OBJECT, OCTETS, SEQUENCE};
use super::derivation::{self, Purpose};
use super::{Effort, Locked};

/// 1.2.840.113549.1.5.13 and .12 (RFC 8018).
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// 1.2.840.113549.1.12.1.x (RFC 7292, appendix C): triple DES, RC2 with 128 bits, RC2 with 40.
const PBE_DES3: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03";
const PBE_RC2_128: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05";
const PBE_RC2_40: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06";
/// 2.16.840.1.101.3.4.1.x: AES in cipher block chaining with 128, 192 and 256 bits.
const AES_128: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x02";
const AES_192: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x16";
const AES_256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
/// 1.2.840.113549.3.7: triple DES.
const DES3: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x03\x07";
/// 1.2.840.113549.2.x: HMAC with SHA-1, SHA-256, SHA-384 and SHA-512.
const HMAC_SHA1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x07";
const HMAC_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x09";
const HMAC_SHA384: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x0a";
const HMAC_SHA512: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x0b";

/// Decrypts what is encrypted as an algorithm identifier says; a password that does not fit gives [`Locked::Password`], or
/// bytes that make no sense.
pub fn decrypt(
    mut algorithm: Elements<'_>,
    encrypted: &[u8],
    password: Option<&str>,
    effort: &Effort,
) -> Result<Vec<u8>, Locked> {
    match algorithm.expect(OBJECT)? {
        PBES2 => by_pbes2(algorithm.inside(SEQUENCE)?, encrypted, password.unwrap_or_default(), effort),
        kind @ (PBE_DES3 | PBE_RC2_128 | PBE_RC2_40) => {
            let mut parameters = algorithm.inside(SEQUENCE)?;
            let (salt, rounds) = (parameters.expect(OCTETS)?, parameters.number()?);
            let (mut key, mut vector) = ([0; 24], [0; 8]);
            let length = match kind {
                PBE_DES3 => 24,
                PBE_RC2_128 => 16,
                _ => 5,
            };
            let key = key.get_mut(..length).unwrap_or_default();
            derivation::pkcs12(Purpose::Key, password, salt, rounds, key, effort)?;
            derivation::pkcs12(Purpose::InitialVector, password, salt, rounds, &mut vector, effort)?;
            match kind {
                PBE_DES3 => chained::<des::TdesEde3>(key, &vector, encrypted),
                _ => chained::<rc2::Rc2>(key, &vector, encrypted),
            }
        }
        _ => Err(Locked::Unsupported),
    }
}

fn by_pbes2(
    mut parameters: Elements<'_>,
    encrypted: &[u8],
    password: &str,
    effort: &Effort,
) -> Result<Vec<u8>, Locked> {
    let mut derivation = parameters.inside(SEQUENCE)?;
    if derivation.expect(OBJECT)? != PBKDF2 {
        return Err(Locked::Unsupported);
    }
    let mut derivation = derivation.inside(SEQUENCE)?;
    let (salt, rounds) = (derivation.expect(OCTETS)?, derivation.number()?);
    if derivation.peek() == Some(INTEGER) {
        // The length of the key, which the cipher tells as well.
        derivation.next()?;
    }
    let function = if derivation.is_empty() {
        pbkdf2::PBKDF2_HMAC_SHA1
    } else {
        match derivation.inside(SEQUENCE)?.expect(OBJECT)? {
            HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
            HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
            HMAC_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
            HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err(Locked::Unsupported),
        }
    };
    let mut cipher = parameters.inside(SEQUENCE)?;
    let kind = cipher.expect(OBJECT)?;
    let vector = cipher.expect(OCTETS)?;
    let length = match kind {
        AES_128 => 16,
        AES_192 | DES3 => 24,
        AES_256 => 32,
        _ => return Err(Locked::Unsupported),
    };
    let mut key = [0; 32];
    let key = key.get_mut(..length).unwrap_or_default();
    derivation::pbkdf2(function, password, salt, rounds, key, effort)?;
    match kind {
        AES_128 => chained::<aes::Aes128>(key, vector, encrypted),
        AES_192 => chained::<aes::Aes192>(key, vector, encrypted),
        DES3 => chained::<des::TdesEde3>(key, vector, encrypted),
        _ => chained::<aes::Aes256>(key, vector, encrypted),
    }
}

/// Decrypts blocks that are chained, and takes the padding off.
fn chained<C: BlockCipherDecrypt + KeyInit>(key: &[u8], vector: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, Locked> {
    let cipher = C::new_from_slice(key).map_err(|_| Locked::Unsupported)?;
    let vector = vector.try_into().map_err(|_| Locked::Malformed)?;
    let cipher = cbc::Decryptor::<C>::inner_iv_init(cipher, vector);
    cipher.decrypt_padded_vec::<Pkcs7>(encrypted).map_err(|_| Locked::Password)
}
