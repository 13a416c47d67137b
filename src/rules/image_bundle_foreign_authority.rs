//! The bundle trusts somebody that AWS never published.

use super::{Check, Rule, Settings, image_views};
use crate::bundle::Flaw;
use crate::finding::{Finding, Level, Location};
use crate::image::Facts;

pub static RULE: Rule = Rule {
    id: "image-bundle-foreign-authority",
    level: Level::Error,
    summary: "the image's bundle holds an authority that AWS never published for RDS",
    page: include_str!("../../docs/rules/image-bundle-foreign-authority.md"),
    check: Check::Image(check),
};

/// Named in one finding; a whole public root store at the path needs no hundred of them.
const NAMED: usize = 3;

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::present(facts) {
        let Some(judgement) = image_views::judged(file, settings) else { continue };
        let strangers: Vec<_> =
            judgement.flaws.iter().filter(|flaw| matches!(flaw, Flaw::Foreign(_) | Flaw::Lookalike(_))).collect();
        if strangers.is_empty() {
            continue;
        }
        let mut message = strangers.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if strangers.len() > NAMED {
            message.push_str(&format!("; and {} more", strangers.len() - NAMED));
        }
        message.push_str(view.suffix());
        findings.push(
            RULE.finding(Location::Image(super::place_of(path, file)), message)
                .help("use the bundle as AWS publishes it"),
        );
    }
    findings
}
