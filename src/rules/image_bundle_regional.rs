//! The image has the bundle of one region, or of another partition of AWS.

use super::{Check, JudgedImage, Rule, Settings, image_views, worth};
use crate::bundle::Verdict;
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "image-bundle-regional",
    level: Level::Warning,
    summary: "the image's bundle verifies databases of one region or partition only",
    page: include_str!("../../docs/rules/image-bundle-regional.md"),
    check: Check::Image(check),
};

const HELP: &str = "use the global bundle: https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::relied_on(facts) {
        let Some(judgement) = facts.judged(file) else { continue };
        if judgement.verdict != Verdict::Regional {
            continue;
        }
        let place = Location::Image(super::place_of(path, file));
        let name = worth::named(judgement);
        let covered = match judgement.covered_regions.as_slice() {
            [] => "no region whole".to_owned(),
            regions => regions.join(", "),
        };
        let (broken, unknown) = worth::uncovered(judgement, settings);
        if !broken.is_empty() {
            let broken = broken.join(", ");
            let message = format!(
                "{name}: it verifies {covered}, and your databases in {broken} can't be verified{}",
                view.suffix()
            );
            findings.push(Finding { level: Level::Error, ..RULE.finding(place.clone(), message) }.help(HELP));
        } else if settings.rds_regions.is_empty() {
            let message = format!("{name}: it verifies {covered} and nothing else{}", view.suffix());
            findings.push(RULE.finding(place.clone(), message).help(HELP));
        }
        if !unknown.is_empty() {
            findings.push(RULE.finding(place, worth::unknown_regions(&unknown)).open());
        }
    }
    findings
}
