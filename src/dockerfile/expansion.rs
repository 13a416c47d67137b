//! Words whose variables may have values that nobody here knows.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::word::{Expansion, Lookup};
use crate::shell::UNKNOWN;

/// Bytes that the variables of one word give at most.
const MAX_EXPANSION: usize = 64 * 1024;

/// Expands a text with `read`. A variable without a value is unknown where `open` says that it may have one, and else empty, as
/// in a build; the names of all of them come along.
pub(super) fn expand(
    read: &dyn Fn(Lookup<'_>) -> Expansion,
    lookup: Lookup<'_>,
    open: &dyn Fn(&str) -> bool,
) -> (String, Vec<String>) {
    // An `ENV` that names itself twice doubles with every line: what is taken in is bounded.
    let left = Cell::new(MAX_EXPANSION);
    let lookup = |name: &str| {
        let value = lookup(name)?;
        match left.get().checked_sub(value.len()) {
            Some(rest) => {
                left.set(rest);
                Some(value)
            }
            None => Some(UNKNOWN.to_string()),
        }
    };
    let first = read(&lookup);
    if first.unresolved.is_empty() {
        return (first.text, Vec::new());
    }
    let unresolved: BTreeSet<&str> = first.unresolved.iter().map(String::as_str).filter(|name| open(name)).collect();
    let again = |name: &str| lookup(name).or_else(|| unresolved.contains(name).then(|| UNKNOWN.to_string()));
    (read(&again).text, first.unresolved.clone())
}
