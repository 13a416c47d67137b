//! An ignore of something that is not found.

use super::{Check, Rule};
use crate::finding::ignore::{Ignore, Use};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "ignore-unused",
    level: Level::Warning,
    summary: "an ignore is about something that is not found",
    page: include_str!("../../docs/rules/ignore-unused.md"),
    check: Check::Ignore(check),
};

fn check(ignore: &Ignore, was: Use) -> Option<Finding> {
    let message = format!("nothing is found here that `{}` would be ignored for", ignore.rule);
    let found = RULE.finding(Location::Text(ignore.place.clone()), message);
    (was == Use::Unused).then(|| found.help("remove it, or it hides what is found here one day"))
}
