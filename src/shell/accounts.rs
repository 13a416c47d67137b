//! Users and groups of an image by name, as far as a Dockerfile tells their numbers.

use std::collections::BTreeMap;

/// Numbers from here on stand for names whose number is not known; no real account has one (`/etc/login.defs` ends at 60000).
const FIRST_UNKNOWN: u32 = 0xf000_0000;

/// Names and their numbers. Users and groups share one table: what `useradd` makes has both under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    numbers: BTreeMap<String, u32>,
    /// Home directories that are not the usual ones.
    homes: BTreeMap<String, String>,
}

impl Default for Accounts {
    fn default() -> Self {
        let homes = BTreeMap::from([("root".to_owned(), "/root".to_owned())]);
        Self { numbers: BTreeMap::from([("root".to_owned(), 0)]), homes }
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

    /// Says where the home directory of `name` is.
    pub fn set_home(&mut self, name: &str, home: &str) {
        self.homes.insert(name.to_owned(), home.to_owned());
    }

    /// The home directory of a name, or of digits. A number without a name has none, and is at home in `/`.
    pub fn home(&self, name: &str) -> String {
        let name = name.parse().map_or_else(|_| name.to_owned(), |number| self.name(number));
        match self.homes.get(&name) {
            Some(home) => home.clone(),
            None if name.bytes().all(|byte| byte.is_ascii_digit()) => "/".to_owned(),
            None => format!("/home/{name}"),
        }
    }

    /// The name of a number, or its digits.
    pub fn name(&self, number: u32) -> String {
        self.numbers
            .iter()
            .find(|(_, other)| **other == number)
            .map_or_else(|| number.to_string(), |(name, _)| name.clone())
    }
}
