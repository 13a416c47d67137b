//! A comment that is meant as an ignore and is none, so that what it is about is still reported.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::Facts;
use crate::finding::ignore;
use crate::finding::{Finding, Level, Location};
use crate::text;

pub static RULE: Rule = Rule {
    id: "ignore-malformed",
    level: Level::Warning,
    summary: "a comment is meant as an ignore, and is written so that it ignores nothing",
    page: include_str!("../../docs/rules/ignore-malformed.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let (ignores, malformed) = ignore::inline(facts);
    let unreadable = malformed.into_iter().map(|malformed| {
        RULE.finding(Location::Text(facts.place(malformed.span)), format!("this ignores nothing: {}", malformed.why))
    });
    let unknown = ignores.into_iter().filter_map(|ignore| {
        let why = super::ignorable(&ignore.rule).err()?;
        Some(RULE.finding(Location::Text(ignore.place), format!("this ignores nothing: {}", text::escape(&why))))
    });
    let mut findings: Vec<_> = unreadable.chain(unknown).collect();
    findings.sort_by_key(Finding::start);
    findings
}
