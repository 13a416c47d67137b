//! An Amazon Linux image that nothing brings the bundle into.

use super::{Check, Rule, Settings, lowered};
use crate::dockerfile::facts::{BundleState, Facts, Need};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "bundle-never-fetched",
    level: Level::Error,
    summary: "an Amazon Linux image is built and nothing brings the RDS CA bundle into it",
    page: include_str!("../../docs/rules/bundle-never-fetched.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    if !settings.require_bundle.includes(stage.os.is_amazon()) {
        return Vec::new();
    }
    match stage.bundle() {
        BundleState::Absent if facts.left_behind().is_empty() => {
            let path = settings.bundle_paths.first().map(ToString::to_string).unwrap_or_default();
            let help =
                format!("ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem {path}");
            let message = if stage.os.is_amazon() {
                "this image is Amazon Linux and nothing brings the RDS CA bundle into it: its clients can't verify RDS"
            } else {
                "nothing brings the RDS CA bundle into this image: its clients can't verify RDS"
            };
            let finding = RULE.finding(Location::Text(facts.place(stage.from)), message).help(help);
            vec![lowered(finding, facts.need != Need::NotShown, settings)]
        }
        BundleState::Unknown { because } => {
            // Where the base is what is not known, `base-not-resolved` says so.
            let Some(gap) = because.first().filter(|gap| gap.span != stage.from) else { return Vec::new() };
            let message = format!("can't tell whether the RDS CA bundle gets into this image: {}", gap.why);
            let finding = RULE.finding(Location::Text(facts.place(gap.span)), message).open();
            vec![finding.help("scan the image once it is built: rdsca scan IMAGE")]
        }
        _ => Vec::new(),
    }
}
