//! A client looks for authorities in a file that the image's user can't read.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::finding::{Finding, Level};
use crate::image::{Access, Answer};

pub static RULE: Rule = Rule {
    id: "ca-file-unreadable",
    level: Level::Error,
    summary: "a client looks for authorities in a file that the image's user can't read",
    page: include_str!("../../docs/rules/ca-file-unreadable.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Some(image) = &site.image else { return Vec::new() };
    let Some(place) = image.ca else { return Vec::new() };
    let Answer::Present(file) = &place.facts.overlay else { return Vec::new() };
    let (Access::Denied { at, attributes }, Ok(identity)) = (&file.access, &image.facts.user.identity) else {
        return Vec::new();
    };
    let message = format!(
        "{} looks for authorities at {}, which uid {} can't read: {at} has mode {:04o} and belongs to {}:{}",
        site.connection.who(),
        place.facts.path,
        identity.uid,
        attributes.mode,
        attributes.uid,
        attributes.gid
    );
    let finding = RULE.about(site, site.location(site.connection.span), message);
    finding.map(|finding| finding.help("add --chmod=0644 to the instruction that puts it there")).into_iter().collect()
}
