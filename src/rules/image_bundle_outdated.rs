//! The image has a bundle that lacks authorities.

use super::{Check, JudgedImage, Rule, Settings, image_stores, image_views, worth};
use crate::dockerfile::facts::Home;
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "image-bundle-outdated",
    level: Level::Warning,
    summary: "the image's bundle lacks authorities that AWS has published since",
    page: include_str!("../../docs/rules/image-bundle-outdated.md"),
    check: Check::Image(check),
};

const RENEW: &str = "build the image again with the bundle of today";

const IMPORT: &str =
    "part the bundle into its certificates and import each: keytool and openssl take the first of a file only";

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::relied_on(facts) {
        let Some(judgement) = facts.judged(file) else { continue };
        let place = Location::Image(super::place_of(path, file));
        if let Some((level, lack)) = worth::lack(judgement, settings) {
            // One authority is what an import of a file of many takes, unless it is parted first.
            let is_first_only = image_stores::home_of(file) != Home::File && judgement.authorities.len() == 1;
            let (level, help) = if is_first_only { (Level::Error, IMPORT) } else { (level, RENEW) };
            let finding = RULE.finding(place.clone(), format!("{lack}{}", view.suffix()));
            findings.push(Finding { level, ..finding }.help(help));
        }
        let (_, unknown) = worth::uncovered(judgement, settings);
        if !unknown.is_empty() && worth::is_whole(judgement) {
            findings.push(RULE.finding(place, worth::unknown_regions(&unknown)).open());
        }
    }
    findings
}
