//! The image has a bundle that lacks authorities.

use super::{Check, Rule, Settings, image_views};
use crate::bundle::{Flaw, Verdict};
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
        // With one that no client can use, or that has expired, it does not matter what else it lacks.
        // One that was made for a part of the world is told as that.
        if matches!(judgement.verdict, Verdict::Invalid | Verdict::Expired | Verdict::Regional) {
            continue;
        }
        let place = Location::Image(super::place_of(path, file));
        let (broken, unknown) = image_views::uncovered(&judgement, settings);
        let missing = judgement.flaws.iter().find(|flaw| matches!(flaw, Flaw::Missing { .. } | Flaw::Newer { .. }));
        if !broken.is_empty() {
            let message = format!(
                "{}: your databases in {} can't be verified{}",
                image_views::named(&judgement),
                broken.join(", "),
                view.suffix()
            );
            findings.push(
                Finding { level: Level::Error, ..RULE.finding(place.clone(), message) }
                    .help("build the image again with the bundle of today"),
            );
        } else if let Some(flaw) = missing {
            let message = format!("{}: {flaw}{}", image_views::named(&judgement), view.suffix());
            findings.push(RULE.finding(place.clone(), message).help("build the image again with the bundle of today"));
        }
        if !unknown.is_empty() {
            findings.push(RULE.finding(place, image_views::unknown_regions(&unknown)).open());
        }
    }
    findings
}
