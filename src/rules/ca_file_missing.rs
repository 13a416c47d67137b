//! A client looks for authorities where the image has none.

use super::ca_file::Found;
use super::site::Site;
use super::{Check, Rule, Settings};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "ca-file-missing",
    level: Level::Error,
    summary: "a client looks for authorities where the image has no file",
    page: include_str!("../../docs/rules/ca-file-missing.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Some(ca) = &site.ca else { return Vec::new() };
    let path = &ca.path;
    let there = site.bundle.as_ref().filter(|bundle| *bundle != path);
    let bundle = match there {
        Some(bundle) => format!("; the bundle is at {bundle}"),
        None => String::new(),
    };
    let told = format!("{} looks for authorities at {path}, where there is no file{bundle}", site.connection.who());
    let location = site.here();
    let finding = match (&ca.found, &ca.mount) {
        (Found::Nothing | Found::Unusable, None) => RULE.about(site, location, told),
        (Found::Nothing, Some(mount)) => {
            let message = format!("{told}; perhaps it is mounted at {mount} when the image runs");
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
