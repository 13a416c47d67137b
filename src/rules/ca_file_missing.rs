//! A client looks for authorities where the image has none.

use super::image_clients::state;
use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::dialect::FileState;
use crate::finding::{Finding, Level};
use crate::image::Answer;

pub static RULE: Rule = Rule {
    id: "ca-file-missing",
    level: Level::Error,
    summary: "a client looks for authorities where the image has no file",
    page: include_str!("../../docs/rules/ca-file-missing.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Some(image) = &site.image else { return Vec::new() };
    let Some(place) = image.ca else { return Vec::new() };
    let path = &place.facts.path;
    let there = site.bundle.as_ref().filter(|bundle| *bundle != path);
    let bundle = match there {
        Some(bundle) => format!("; the bundle is at {bundle}"),
        None => String::new(),
    };
    let who = site.connection.who();
    let location = site.location(site.connection.span);
    let finding = match (state(place), &place.facts.overlay, &place.mount) {
        (Some(FileState::Missing), ..) => {
            RULE.about(site, location, format!("{who} looks for authorities at {path}, where there is no file{bundle}"))
        }
        (None, Answer::Absent | Answer::Removed { .. }, Some(mount)) => {
            let message = format!(
                "{who} looks for authorities at {path}, where there is no file{bundle}; perhaps it is mounted at {mount} when the image runs"
            );
            RULE.about(site, location, message).map(Finding::open)
        }
        _ => None,
    };
    let help = match there {
        Some(bundle) => format!("write {}", site.connection.remedy(&bundle.to_string())),
        None => format!("put the bundle at {path}, readable for the image's user"),
    };
    finding.map(|finding| finding.help(help)).into_iter().collect()
}
