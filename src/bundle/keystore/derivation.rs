//! From a password to a key: PBKDF2 (RFC 8018) and the older way of PKCS#12 (RFC 7292, appendix B).

use std::num::NonZero;

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use ring::pbkdf2;

use super::{Effort, Locked};

/// What the older way derives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Key = 1,
    InitialVector = 2,
}

/// PBKDF2: fills `key`.
pub fn pbkdf2(
    function: pbkdf2::Algorithm,
    password: &str,
    salt: &[u8],
    rounds: u32,
    key: &mut [u8],
    effort: &Effort,
) -> Result<(), Locked> {
    let rounds = NonZero::new(rounds).ok_or(Locked::Malformed)?;
    // One block of the function gives no more than 20 bytes of SHA-1.
    let blocks = key.len().div_ceil(20) as u64;
    effort.spend(u64::from(rounds.get()) * blocks)?;
    pbkdf2::derive(function, rounds, salt, password.as_bytes(), key);
    Ok(())
}

/// Bytes that SHA-1 gives, and bytes that it takes at once.
const OUTPUT: usize = 20;
const BLOCK: usize = 64;

/// The older way, with SHA-1: fills `key`. No password is another one than an empty password.
pub fn pkcs12(
    purpose: Purpose,
    password: Option<&str>,
    salt: &[u8],
    rounds: u32,
    key: &mut [u8],
    effort: &Effort,
) -> Result<(), Locked> {
    if rounds == 0 {
        return Err(Locked::Malformed);
    }
    let mut text = Vec::new();
    if let Some(password) = password {
        text.extend(password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes));
    }
    let whole_blocks =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().cycle().take(bytes.len().div_ceil(BLOCK) * BLOCK).collect() };
    let mut input = [whole_blocks(salt), whole_blocks(&text)].concat();
    for part in key.chunks_mut(OUTPUT) {
        effort.spend(u64::from(rounds))?;
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&[purpose as u8; BLOCK]);
        context.update(&input);
        let mut hash = context.finish();
        for _ in 1..rounds {
            hash = ring::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, hash.as_ref());
        }
        part.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        let added: Vec<u8> = hash.as_ref().iter().copied().cycle().take(BLOCK).collect();
        for block in input.chunks_mut(BLOCK) {
            add(block, &added);
        }
    }
    Ok(())
}

/// Adds a number and one to another; both are big-endian and as long as each other, and what does not fit is lost.
fn add(number: &mut [u8], added: &[u8]) {
    let mut carry = 1;
    for (byte, other) in number.iter_mut().zip(added).rev() {
        let sum = u16::from(*byte) + u16::from(*other) + carry;
        [_, *byte] = sum.to_be_bytes();
        carry = sum >> 8;
    }
}
