//! A layer has the bundle, and a layer above removes it.

use super::{Check, JudgedImage, Rule, Settings, image_views};
use crate::finding::{Finding, ImagePlace, Level, Location};
use crate::image::{Answer, Reading};

pub static RULE: Rule = Rule {
    id: "image-bundle-removed",
    level: Level::Error,
    summary: "a layer puts the bundle at a declared path, and a layer above removes it",
    page: include_str!("../../docs/rules/image-bundle-removed.md"),
    check: Check::Image(check),
};

fn check(facts: &JudgedImage<'_>, settings: &Settings) -> Vec<Finding> {
    if !settings.require_bundle.includes(matches!(&facts.os, Reading::Known(os) if os.is_amazon())) {
        return Vec::new();
    }
    let views = image_views::of(facts);
    let gone =
        views.iter().find(|(_, answers)| !answers.iter().any(|(_, answer)| matches!(answer, Answer::Present(_))));
    let Some((view, answers)) = gone else { return Vec::new() };
    let removed = answers.iter().find_map(|(path, answer)| match answer {
        Answer::Removed { by } => Some((path, by)),
        _ => None,
    });
    let Some((path, by)) = removed else { return Vec::new() };
    let place = ImagePlace {
        path: Some((*path).clone()),
        line: None,
        layer: Some(by.layer),
        created_by: by.created_by.clone(),
    };
    let message =
        format!("{path} was there until layer {} removed it: clients can't verify RDS{}", by.index + 1, view.suffix());
    vec![
        RULE.finding(Location::Image(place), message)
            .help("put the bundle in place after the instruction that removes it"),
    ]
}
