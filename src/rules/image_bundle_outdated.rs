//! The image has a bundle that lacks authorities.

use super::{Check, Rule, Settings, image_views};
use crate::bundle::{Flaw, Judgement, Verdict};
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
        if matches!(judgement.verdict, Verdict::Invalid | Verdict::Expired) {
            continue;
        }
        let place = Location::Image(super::place_of(path, file));
        let broken: Vec<_> = settings
            .rds_regions
            .iter()
            .filter(|region| judgement.covers(region) == Some(false))
            .map(String::as_str)
            .collect();
        let unknown: Vec<_> = settings
            .rds_regions
            .iter()
            .filter(|region| judgement.covers(region).is_none())
            .map(String::as_str)
            .collect();
        let missing = judgement.flaws.iter().find(|flaw| matches!(flaw, Flaw::Missing { .. } | Flaw::Newer { .. }));
        if !broken.is_empty() {
            let message = format!(
                "{}: your databases in {} can't be verified{}",
                named(&judgement),
                broken.join(", "),
                view.suffix()
            );
            findings.push(
                Finding { level: Level::Error, ..RULE.finding(place.clone(), message) }
                    .help("build the image again with the bundle of today"),
            );
        } else if let Some(flaw) = missing {
            let message = format!("{}: {flaw}{}", named(&judgement), view.suffix());
            findings.push(RULE.finding(place.clone(), message).help("build the image again with the bundle of today"));
        }
        if !unknown.is_empty() {
            let message = format!(
                "can't tell whether databases in {} can be verified: this version does not know that region",
                unknown.join(", ")
            );
            findings.push(RULE.finding(place, message).open());
        }
    }
    findings
}

/// "this is the bundle of 2023-03-10".
fn named(judgement: &Judgement) -> String {
    match judgement.publication {
        Some(publication) => format!("this is the {} bundle of {}", publication.scope, publication.date()),
        None => {
            format!("this bundle of {} RDS authorities is none that AWS has published", judgement.authorities.len())
        }
    }
}
