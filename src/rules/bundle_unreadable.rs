//! The bundle is there, and the user of the image cannot read it.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{BundleState, Facts, UserSet};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "bundle-unreadable",
    level: Level::Error,
    summary: "the bundle's mode or owner keeps the image's USER from reading it",
    page: include_str!("../../docs/rules/bundle-unreadable.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let BundleState::Present(places) = stage.bundle() else { return Vec::new() };
    // The best place comes first: where that can be read, or nobody knows, nothing is wrong.
    let Some(place) = places.first().filter(|place| place.readable == Some(false)) else { return Vec::new() };
    let owner = format!("{}:{}", stage.accounts.name(place.attributes.uid), stage.accounts.name(place.attributes.gid));
    let message = format!(
        "{} has mode {:04o} and belongs to {owner}: user {} can't read it",
        place.path, place.attributes.mode, stage.user.name
    );
    let location = place.by.map_or(Location::Whole, |by| Location::Text(facts.place(by)));
    let mut finding = RULE.finding(location, message).help("add --chmod=0644 to the instruction that puts it there");
    match stage.user.set {
        UserSet::Instruction(span) => finding = finding.related(facts.place(span), "the image runs as this user"),
        UserSet::Lambda => {
            finding = finding.related(facts.place(stage.from), "AWS Lambda runs this as a user that is not root")
        }
        UserSet::Default | UserSet::Base | UserSet::Unknown => {}
    }
    vec![finding]
}
