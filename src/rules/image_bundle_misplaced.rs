//! The image has a bundle, but not where it is declared to be.

use super::{Check, JudgedImage, Rule, Settings, image_stores, image_views};
use crate::dockerfile::facts::Home;
use crate::finding::{Finding, Level, Location};
use crate::image::{Answer, Reading};

pub static RULE: Rule = Rule {
    id: "image-bundle-misplaced",
    level: Level::Note,
    summary: "there is a bundle in the image, but not at a declared path",
    page: include_str!("../../docs/rules/image-bundle-misplaced.md"),
    check: Check::Image(check),
};

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let amazon = matches!(&facts.os, Reading::Known(os) if os.is_amazon());
    if !amazon || facts.paths.iter().any(|path| matches!(path.overlay, Answer::Present(_))) {
        return Vec::new();
    }
    let found = image_views::elsewhere(facts).into_iter();
    // Into a store clients look without being told.
    let found = found.filter(|found| !image_stores::is_looked_into(&found.file, facts));
    found
        .map(|found| {
            let path = &found.file.resolved;
            let message = match image_stores::home_of(&found.file) {
                Home::Keystore => {
                    format!("there are RDS authorities in the keystore {path}, and none at a declared path")
                }
                Home::File | Home::SystemStore => {
                    format!("there is an RDS CA bundle at {path}, and none at a declared path")
                }
            };
            let place = Location::Image(super::place_of(path, &found.file));
            RULE.finding(place, message).help(format!("if clients look there, say so: --bundle-path {path}"))
        })
        .collect()
}
