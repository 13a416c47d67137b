//! Which repositories and tags of a registry are looked at.

use std::cmp::Ordering;

use globset::{Glob, GlobSet, GlobSetBuilder};
use jiff::Timestamp;

use crate::store::sweep::{Id, NewTag};

/// What is wanted of a registry. Everything, where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Repositories, by patterns of their names without the registry's.
    pub repositories: Globs,
    /// Tags, by patterns.
    pub tags: Globs,
    /// Of each repository this many of the newest.
    pub newest: Option<usize>,
    /// Only what was pushed since then, where the registry tells.
    pub pushed_since: Option<Timestamp>,
}

impl Filter {
    /// Whether it asks when tags were pushed.
    pub fn goes_by_age(&self) -> bool {
        self.newest.is_some() || self.pushed_since.is_some()
    }
}

/// Patterns with and without `!` before them.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    wanted: GlobSet,
    unwanted: GlobSet,
    text: Vec<String>,
}

impl Globs {
    /// Patterns as written: what fits one without `!`, and none with it, is wanted. Where all have `!`, everything else is.
    ///
    /// # Errors
    /// What is wrong with a pattern.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let (mut wanted, mut unwanted) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let (set, glob) = match pattern.strip_prefix('!') {
                Some(glob) => (&mut unwanted, glob),
                None => (&mut wanted, pattern.as_str()),
            };
            set.add(Glob::new(glob).map_err(|error| error.to_string())?);
        }
        let build = |set: GlobSetBuilder| set.build().map_err(|error| error.to_string());
        Ok(Self { wanted: build(wanted)?, unwanted: build(unwanted)?, text: patterns.to_vec() })
    }

    /// Whether a name is wanted.
    pub fn accepts(&self, name: &str) -> bool {
        (self.wanted.is_empty() || self.wanted.is_match(name)) && !self.unwanted.is_match(name)
    }

    /// The patterns as written.
    pub fn text(&self) -> &[String] {
        &self.text
    }
}

/// Of the tags of a repository those that are left out, and whether the registry does not tell when they were pushed though that is asked.
pub fn left_out(filter: &Filter, mut tags: Vec<(Id, NewTag)>) -> (Vec<Id>, bool) {
    let untold = filter.goes_by_age() && tags.iter().any(|(_, tag)| tag.pushed.is_none());
    let mut left_out = Vec::new();
    if let Some(since) = filter.pushed_since {
        // Of what nobody knows the age of, nobody can say that it is too old.
        tags.retain(|(id, tag)| {
            let old = tag.pushed.is_some_and(|pushed| pushed < since);
            if old {
                left_out.push(*id);
            }
            !old
        });
    }
    if let Some(newest) = filter.newest {
        tags.sort_by(|(_, one), (_, other)| newer_first(one, other));
        left_out.extend(tags.iter().skip(newest).map(|(id, _)| *id));
    }
    (left_out, untold)
}

/// By the time of the push where both have one, else by their names as versions; a name without a number ("latest") comes first.
fn newer_first(one: &NewTag, other: &NewTag) -> Ordering {
    match (one.pushed, other.pushed) {
        (Some(one_pushed), Some(other_pushed)) => {
            other_pushed.cmp(&one_pushed).then_with(|| by_version(&other.name, &one.name))
        }
        _ => by_version(&other.name, &one.name),
    }
}

/// Compares names piece by piece, numbers by what they are worth: `v1.9` before `v1.10`.
fn by_version(one: &str, other: &str) -> Ordering {
    let is_named = |name: &str| !name.contains(|letter: char| letter.is_ascii_digit());
    is_named(one).cmp(&is_named(other)).then_with(|| {
        let (mut one, mut other) = (pieces(one), pieces(other));
        loop {
            return match (one.next(), other.next()) {
                (None, None) => Ordering::Equal,
                // `1.0` is newer than `1.0-rc1`, and older than `1.0.1`.
                (None, Some(more)) => {
                    if more.starts_with('-') {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
                }
                (Some(more), None) => {
                    if more.starts_with('-') {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                (Some(one), Some(other)) => match compare_pieces(one, other) {
                    Ordering::Equal => continue,
                    unequal => unequal,
                },
            };
        }
    })
}

fn compare_pieces(one: &str, other: &str) -> Ordering {
    let is_number = |piece: &str| piece.starts_with(|letter: char| letter.is_ascii_digit());
    if !is_number(one) || !is_number(other) {
        return one.cmp(other);
    }
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The runs of digits and of other letters in a name.
fn pieces(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let digits = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str, pushed: Option<i64>) -> NewTag {
        let pushed = pushed.map(|second| Timestamp::from_second(second).unwrap());
        NewTag { name: name.to_owned(), digest: None, pushed }
    }

    fn kept(filter: &Filter, tags: &[NewTag]) -> (Vec<String>, bool) {
        let numbered: Vec<_> = (0..).zip(tags.iter().cloned()).collect();
        let (out, untold) = left_out(filter, numbered);
        let kept = (0..).zip(tags).filter(|(id, _)| !out.contains(id)).map(|(_, tag)| tag.name.clone());
        (kept.collect(), untold)
    }

    #[test]
    fn patterns_want_and_do_not_want() {
        let globs = |patterns: &[&str]| Globs::new(&patterns.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let accepts = |patterns: &[&str], name| globs(patterns).unwrap().accepts(name);
        assert!(accepts(&[], "team/app"));
        assert!(accepts(&["team/*"], "team/app") && !accepts(&["team/*"], "other/app"));
        assert!(accepts(&["!*-dev"], "app") && !accepts(&["!*-dev"], "app-dev"));
        assert!(!accepts(&["team/*", "!team/app"], "team/app"));
        assert!(globs(&["["]).is_err());
    }

    #[test]
    fn the_newest_are_those_pushed_last_where_that_is_told() {
        let filter = Filter { newest: Some(2), ..Filter::default() };
        let tags = [tag("a", Some(3)), tag("b", Some(1)), tag("c", Some(2))];
        assert_eq!(kept(&filter, &tags), (vec!["a".to_owned(), "c".to_owned()], false));
    }

    #[test]
    fn and_else_those_of_the_highest_version() {
        let filter = Filter { newest: Some(3), ..Filter::default() };
        let tags = ["1.9", "1.10", "1.2", "latest", "1.10-rc1", "1.10.1"].map(|name| tag(name, None));
        let expected = ["1.10", "latest", "1.10.1"].map(ToOwned::to_owned).to_vec();
        assert_eq!(kept(&filter, &tags), (expected, true));
        assert_eq!(by_version("20240102", "9"), Ordering::Greater);
        assert_eq!(by_version("007", "7"), Ordering::Equal);
    }

    #[test]
    fn what_is_too_old_is_left_out_and_what_nobody_knows_stays() {
        let filter = Filter { pushed_since: Some(Timestamp::from_second(10).unwrap()), ..Filter::default() };
        let tags = [tag("old", Some(9)), tag("new", Some(10)), tag("unknown", None)];
        assert_eq!(kept(&filter, &tags), (vec!["new".to_owned(), "unknown".to_owned()], true));
    }
}
