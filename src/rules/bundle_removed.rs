//! The bundle was there, and a later instruction took it away.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{BundleState, Facts};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "bundle-removed",
    level: Level::Error,
    summary: "the bundle is put in place, and a later instruction removes it",
    page: include_str!("../../docs/rules/bundle-removed.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    if !settings.require_bundle.includes(stage.os.is_amazon()) {
        return Vec::new();
    }
    let BundleState::Removed { path, by } = stage.bundle() else { return Vec::new() };
    let message = format!("this removes the RDS CA bundle from {path}: the image ships without it");
    vec![RULE.finding(Location::Text(facts.place(*by)), message).help("put the bundle in place after this instruction")]
}
