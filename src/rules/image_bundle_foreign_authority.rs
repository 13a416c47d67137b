//! The bundle trusts somebody that AWS never published.

use super::{Check, JudgedImage, Rule, Settings, image_views, worth};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "image-bundle-foreign-authority",
    level: Level::Error,
    summary: "the image's bundle holds an authority that AWS never published for RDS",
    page: include_str!("../../docs/rules/image-bundle-foreign-authority.md"),
    check: Check::Image(check),
};

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::present(facts) {
        let strangers = facts.judged(file).and_then(worth::strangers);
        let Some(strangers) = strangers else { continue };
        let place = Location::Image(super::place_of(path, file));
        let finding = RULE.finding(place, format!("{strangers}{}", view.suffix()));
        findings.push(finding.help("use the bundle as AWS publishes it"));
    }
    findings
}
