//! The bundle is in the image, and nobody there holds a certificate against it.

use super::image_clients::{bundle, join};
use super::{Check, JudgedImage, Rule, Settings};
use crate::client::{Answer as Verified, Host};
use crate::finding::{Finding, ImagePlace, Level, Location};

pub static RULE: Rule = Rule {
    id: "bundle-not-used",
    level: Level::Warning,
    summary: "the bundle is in the image, and no client in it verifies anything",
    page: include_str!("../../docs/rules/bundle-not-used.md"),
    check: Check::Image(check),
};

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    // A program in a language that is not read may use it; where there is none that is, nothing can be said.
    if facts.programs.is_empty() || !facts.ca_variables.is_empty() {
        return Vec::new();
    }
    let Some(path) = bundle(facts) else { return Vec::new() };
    let remote = join(facts, settings)
        .filter(|found| matches!(found.joint.connection.host(), Host::Rds(_) | Host::Named(_) | Host::Unknown));
    let answers: Vec<_> = remote.map(|found| found.judgement.answer()).collect();
    if answers.is_empty() || answers.iter().any(|answer| *answer != Verified::NotVerified) {
        return Vec::new();
    }
    let unverified = answers.len();
    let message = format!(
        "the bundle is at {path}, and none of the {unverified} connection{} in this image verifies anything",
        if unverified == 1 { "" } else { "s" }
    );
    let place = ImagePlace { path: Some(path), ..ImagePlace::default() };
    vec![RULE.finding(Location::Image(place), message)]
}
