//! What is at the declared path is nothing that a client can use.

use super::{Check, JudgedImage, Rule, Settings, image_views, worth};
use crate::finding::{Finding, Level, Location};
use crate::image::Contents;

pub static RULE: Rule = Rule {
    id: "image-bundle-invalid",
    level: Level::Error,
    summary: "the file at a declared path is no bundle that a client can use",
    page: include_str!("../../docs/rules/image-bundle-invalid.md"),
    check: Check::Image(check),
};

/// What opens more.
pub const PASSWORD: &str = "name its password with --keystore-password, or in RDSCA_KEYSTORE_PASSWORD";

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::present(facts) {
        if let Some(why) = file.contents.as_ref().and_then(Contents::locked) {
            let place = Location::Image(super::place_of(path, file));
            let finding =
                RULE.finding(place, format!("can't tell what is in the keystore {path}: {why}{}", view.suffix()));
            findings.push(if why.wants_password() { finding.open().help(PASSWORD) } else { finding.open() });
            continue;
        }
        let why = match facts.judged(file) {
            None => Some("it holds no certificate".to_owned()),
            Some(judgement) => worth::unusable(judgement),
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
