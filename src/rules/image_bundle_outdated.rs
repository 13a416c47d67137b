//! The image has a bundle that lacks authorities.

use super::{Check, Rule, Settings, image_views, worth};
use crate::finding::{Finding, Level, Location};
use crate::image::Facts;

pub static RULE: Rule = Rule {
    id: "image-bundle-outdated",
    level: Level::Warning,
    summary: "the image's bundle lacks authorities that AWS has published since",
    page: include_str!("../../docs/rules/image-bundle-outdated.md"),
    check: Check::Image(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::present(facts) {
        let Some(judgement) = image_views::judged(file, settings) else { continue };
        let place = Location::Image(super::place_of(path, file));
        if let Some((level, lack)) = worth::lack(&judgement, settings) {
            let finding = RULE.finding(place.clone(), format!("{lack}{}", view.suffix()));
            findings.push(Finding { level, ..finding }.help("build the image again with the bundle of today"));
        }
        let (_, unknown) = worth::uncovered(&judgement, settings);
        if !unknown.is_empty() && worth::is_whole(&judgement) {
            findings.push(RULE.finding(place, worth::unknown_regions(&unknown)).open());
        }
    }
    findings
}
