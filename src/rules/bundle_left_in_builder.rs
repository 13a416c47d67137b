//! The bundle is fetched in a stage that does not ship, and nothing copies it on.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{BundleState, Facts};
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "bundle-left-in-builder",
    level: Level::Error,
    summary: "the bundle is in a builder stage, and nothing copies it into the image that ships",
    page: include_str!("../../docs/rules/bundle-left-in-builder.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    if !settings.require_bundle.includes(stage.os.is_amazon()) {
        return Vec::new();
    }
    if *stage.bundle() != BundleState::Absent {
        return Vec::new();
    }
    let Some((builder, presence)) = facts.left_behind().into_iter().next() else { return Vec::new() };
    let Some(from) = facts.stages.get(builder) else { return Vec::new() };
    let name = from.name.clone().unwrap_or_else(|| builder.to_string());
    let wanted = settings.bundle_paths.first().map(ToString::to_string).unwrap_or_default();
    let message =
        format!("the RDS CA bundle stays behind in stage {name:?}: nothing copies it into the image that ships");
    vec![
        RULE.finding(Location::Text(facts.place(presence.by.unwrap_or(from.from))), message)
            .related(facts.place(stage.from), "this stage ships, without the bundle")
            .help(format!("in the last stage: COPY --from={name} --chmod=0644 {} {wanted}", presence.path)),
    ]
}
