//! Variables of a shell: values, arrays, positional parameters, and what is not known of them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands in a text for something that could not be told, so that a name made from it stays one name: `/tmp/….pem`.
pub const UNKNOWN: char = '…';

/// Whether part of a text could not be told.
pub fn is_unknown(text: &str) -> bool {
    text.contains(UNKNOWN)
}

/// Longest value kept, in bytes: a loop that doubles a variable would fill the memory.
const MAX_VALUE: usize = 64 * 1024;

/// The variables of one shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Shared until one of those that share it changes: every subshell, and every way that a script may take, has all of them.
    values: Arc<BTreeMap<String, Vec<String>>>,
    /// `$0`, where a script runs that is a file.
    pub script: Option<String>,
    /// `$1`, `$2`, …
    pub positional: Vec<String>,
    /// Whether a variable that is not set here may be set all the same (the base image's environment is not known).
    pub open: bool,
}

impl Variables {
    /// The value of a variable (of an array its first); none where it is not set as far as is known.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    /// All values of an array; of a plain variable the one.
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What `$name` expands to: a variable that may be set somewhere else is unknown, not empty.
    pub fn expand(&self, name: &str) -> String {
        match self.get(name) {
            Some(value) => value.to_owned(),
            None if self.open => UNKNOWN.to_string(),
            None => String::new(),
        }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.set_all(name, vec![value.into()]);
    }

    /// Sets an array.
    pub fn set_all(&mut self, name: &str, mut values: Vec<String>) {
        if values.iter().map(String::len).sum::<usize>() > MAX_VALUE {
            values = vec![UNKNOWN.to_string()];
        }
        Arc::make_mut(&mut self.values).insert(name.to_owned(), values);
    }

    /// Unsets a variable.
    pub fn unset(&mut self, name: &str) {
        if self.values.contains_key(name) {
            Arc::make_mut(&mut self.values).remove(name);
        }
    }

    /// After two ways that could not be told apart: what differs is unknown.
    pub fn join(&mut self, other: &Variables) {
        if Arc::ptr_eq(&self.values, &other.values) {
            return;
        }
        let own = Arc::make_mut(&mut self.values);
        for (name, values) in &*other.values {
            if own.get(name) != Some(values) {
                own.insert(name.clone(), vec![UNKNOWN.to_string()]);
            }
        }
        for (name, values) in own {
            if !other.values.contains_key(name) {
                *values = vec![UNKNOWN.to_string()];
            }
        }
    }
}
