//! Versions of drivers, as far as their order goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The numbers of a version: `1.31.0` and `1.31` are equal in what they are compared for; what follows the numbers is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct Version(Vec<u64>);

impl Version {
    /// Reads the numbers that a version begins with; none where it begins with none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', '=', '^', '~']);
        let mut numbers = Vec::new();
        for part in text.split('.') {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            match part.get(..digits).and_then(|digits| digits.parse().ok()) {
                Some(number) => numbers.push(number),
                None => break,
            }
            if digits < part.len() {
                break;
            }
        }
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// Whether it is this version or a later one.
    pub fn is_at_least(&self, numbers: &[u64]) -> bool {
        self.0.as_slice() >= numbers
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<_> = self.0.iter().map(u64::to_string).collect();
        out.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let at_least = |text: &str, numbers: &[u64]| Version::parse(text).unwrap().is_at_least(numbers);
        assert!(at_least("1.31.0", &[1, 31]) && at_least("1.31", &[1, 31]) && at_least("v2", &[1, 31]));
        assert!(!at_least("1.30.5", &[1, 31]) && !at_least("1.4.0rc1", &[1, 31]));
        assert!(at_least("1.31rc1", &[1, 31]));
        assert_eq!(Version::parse("latest"), None);
    }
}
