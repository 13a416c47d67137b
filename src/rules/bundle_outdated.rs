//! The bundle in the build context lacks authorities.

use super::{Check, Rule, Settings, vendored, worth};
use crate::dockerfile::facts::Facts;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "bundle-outdated",
    level: Level::Warning,
    summary: "the bundle copied from the build context lacks authorities that AWS has published since",
    page: include_str!("../../docs/rules/bundle-outdated.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let mut findings = Vec::new();
    for vendored in vendored::of(stage, settings) {
        if let Some((level, lack)) = worth::lack(&vendored.judgement, settings) {
            let finding = RULE.finding(vendored.location(facts), format!("{}: {lack}", vendored.name));
            findings.push(Finding { level, ..finding }.help("replace it: rdsca bundle write FILE"));
        }
        let (_, unknown) = worth::uncovered(&vendored.judgement, settings);
        if !unknown.is_empty() && worth::is_whole(&vendored.judgement) {
            findings.push(RULE.finding(vendored.location(facts), worth::unknown_regions(&unknown)).open());
        }
    }
    findings
}
