//! Users and groups of an image by name, as far as a Dockerfile tells their numbers.

use std::collections::BTreeMap;

/// Numbers from here on stand for names whose number is not known; no real account has one (`/etc/login.defs` ends at 60000).
const FIRST_UNKNOWN: u32 = 0xf000_0000;

/// Names and their numbers. Users and groups share one table: what `useradd` makes has both under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    numbers: BTreeMap<String, u32>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { numbers: BTreeMap::from([("root".to_owned(), 0)]) }
    }
}

impl Accounts {
    /// The number of a name or of digits; a name that was not seen before gets a number that stands for it.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Ok(number) = name.parse() {
            return number;
        }
        let next = FIRST_UNKNOWN + u32::try_from(self.numbers.len()).unwrap_or_default();
        *self.numbers.entry(name.to_owned()).or_insert(next)
    }

    /// The number of a name or of digits, where it is known.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.stand_in(name).filter(|number| *number < FIRST_UNKNOWN)
    }

    /// The same, or else the number that stands for the name in this table.
    pub fn stand_in(&self, name: &str) -> Option<u32> {
        name.parse().ok().or_else(|| self.numbers.get(name).copied())
    }

    /// Says that `name` has this number.
    pub fn define(&mut self, name: &str, number: u32) {
        self.numbers.insert(name.to_owned(), number);
    }

    /// The name of a number, or its digits.
    pub fn name(&self, number: u32) -> String {
        self.numbers
            .iter()
            .find(|(_, other)| **other == number)
            .map_or_else(|| number.to_string(), |(name, _)| name.clone())
    }
}
