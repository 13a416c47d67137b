//! The image has the bundle, and its user cannot read it.

use super::{Check, JudgedImage, Rule, Settings, image_views};
use crate::finding::{Finding, Level, Location};
use crate::image::Access;
use crate::text;

pub static RULE: Rule = Rule {
    id: "image-bundle-unreadable",
    level: Level::Error,
    summary: "the image's user can't read the bundle",
    page: include_str!("../../docs/rules/image-bundle-unreadable.md"),
    check: Check::Image(check),
};

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (view, path, file) in image_views::relied_on(facts) {
        let place = Location::Image(super::place_of(path, file));
        match (&file.access, &facts.user.identity) {
            (Access::Denied { at, attributes }, Ok(identity)) => {
                let message = format!(
                    "not readable by uid {}: {at} has mode {:04o} and belongs to {}:{}{}",
                    identity.uid,
                    attributes.mode,
                    attributes.uid,
                    attributes.gid,
                    view.suffix()
                );
                findings
                    .push(RULE.finding(place, message).help("give it mode 0644, and every directory above it 0755"));
            }
            // Of a file that was found by what it holds, the directories above it were not looked at.
            (Access::Unknown, Ok(_)) => {}
            (Access::Denied { .. } | Access::Unknown, _) => {
                let why = facts.user.identity.as_ref().err().map_or("its numbers are not known", String::as_str);
                let user = text::escape(&facts.user.declared);
                findings
                    .push(RULE.finding(place, format!("can't tell whether user {user:?} can read it: {why}")).open());
            }
            (Access::Granted, _) => {}
        }
    }
    findings
}
