//! An ignore whose last day is over.

use super::{Check, Rule};
use crate::finding::ignore::{Ignore, Use};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "ignore-expired",
    level: Level::Warning,
    summary: "an ignore's last day is over, so it ignores nothing any more",
    page: include_str!("../../docs/rules/ignore-expired.md"),
    check: Check::Ignore(check),
};

fn check(ignore: &Ignore, was: Use) -> Option<Finding> {
    let until = ignore.until.filter(|_| was == Use::Expired)?;
    let message = format!("this ignored `{}` until {until} and ignores nothing any more", ignore.rule);
    let found = RULE.finding(Location::Text(ignore.place.clone()), message);
    Some(found.help("mend what it was about, remove it, or decide anew and give it a later date"))
}
