//! A private key is in the image where its bundle is.

use std::collections::BTreeSet;

use super::{Check, JudgedImage, Rule, Settings, image_views};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "image-private-key",
    level: Level::Error,
    summary: "a private key is in the bundle's file, or in its directory",
    page: include_str!("../../docs/rules/image-private-key.md"),
    check: Check::Image(check),
};

const HELP: &str = "take it out of the build, make a new key, and mount that when the image runs";

fn check(facts: &JudgedImage<'_>, _: &Settings) -> Vec<Finding> {
    let present = image_views::present(facts);
    let mut findings = Vec::new();
    for (view, path, file) in &present {
        if file.contents.as_ref().is_some_and(|contents| contents.private_keys > 0) {
            let message =
                format!("there is a private key in {path}: whoever can pull the image has it{}", view.suffix());
            findings.push(RULE.finding(Location::Image(super::place_of(path, file)), message).help(HELP));
        }
    }
    let bundles: BTreeSet<_> = present.iter().map(|(.., file)| &file.resolved).collect();
    let directories: BTreeSet<_> = bundles.iter().map(|bundle| bundle.parent()).collect();
    for key in &facts.private_key_files {
        if directories.contains(&key.resolved.parent()) && !bundles.contains(&key.resolved) {
            let path = &key.resolved;
            let message =
                format!("there is a private key in {path}, beside the bundle: whoever can pull the image has it");
            findings.push(RULE.finding(Location::Image(super::place_of(path, key)), message).help(HELP));
        }
    }
    findings
}
