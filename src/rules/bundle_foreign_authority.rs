//! The bundle in the build context trusts somebody that AWS never published.

use super::{Check, Rule, Settings, vendored, worth};
use crate::dockerfile::facts::{Facts, Presence};
use crate::dockerfile::is_bundle_name;
use crate::finding::{Finding, Level};
use crate::shell::Source;

pub static RULE: Rule = Rule {
    id: "bundle-foreign-authority",
    level: Level::Error,
    summary: "the bundle copied from the build context holds an authority that AWS never published for RDS",
    page: include_str!("../../docs/rules/bundle-foreign-authority.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let bundles =
        vendored::of(stage, settings).into_iter().filter(|vendored| is_meant_for_rds(vendored.place, settings));
    bundles
        .filter_map(|vendored| {
            let strangers = worth::strangers(&vendored.judgement)?;
            let message = format!("{}: {strangers}", vendored.name);
            Some(
                RULE.finding(vendored.location(facts), message)
                    .help("take the bundle as AWS publishes it: rdsca bundle write FILE"),
            )
        })
        .collect()
}

/// Whether it is the RDS bundle by its place or its names. A file of another name may well be what somebody trusts besides.
fn is_meant_for_rds(place: &Presence, settings: &Settings) -> bool {
    let named = |source: &Source| matches!(source, Source::Bytes { path: Some(path), .. } if is_bundle_name(path));
    settings.bundle_paths.iter().any(|path| *path == place.path || *path == place.resolved)
        || is_bundle_name(&place.resolved.to_string())
        || place.contents.parts.iter().any(|part| named(&part.source))
}
