//! What is at the declared path is nothing that a client can use.

use super::{Check, Rule, Settings, image_views};
use crate::bundle::Flaw;
use crate::finding::{Finding, Level, Location};
use crate::image::Facts;

pub static RULE: Rule = Rule {
    id: "image-bundle-invalid",
    level: Level::Error,
    summary: "the file at a declared path is no bundle that a client can use",
    page: include_str!("../../docs/rules/image-bundle-invalid.md"),
    check: Check::Image(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::present(facts) {
        let why = match image_views::judged(file, settings) {
            None => Some("it holds no certificate".to_owned()),
            Some(judgement) => judgement
                .flaws
                .iter()
                .find(|flaw| {
                    matches!(
                        flaw,
                        Flaw::NotBundle(_)
                            | Flaw::Unreadable(_)
                            | Flaw::NoRdsAuthority { .. }
                            | Flaw::Expired { .. }
                            | Flaw::PrivateKey
                    )
                })
                .map(ToString::to_string),
        };
        if let Some(why) = why {
            let message = format!("{path} is no bundle that a client can use: {why}{}", view.suffix());
            let finding = RULE.finding(Location::Image(super::place_of(path, file)), message);
            findings.push(
                finding.help("fetch it with curl -f, which fails where the server does, and build the image again"),
            );
        }
    }
    findings
}
