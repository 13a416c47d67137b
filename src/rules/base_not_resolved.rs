//! Nobody can tell what the image is built upon, and so what it brings.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{Base, BundleState, Facts, Os};
use crate::finding::{Finding, Level, Location};
use crate::shell::is_unknown;
use crate::text;

pub static RULE: Rule = Rule {
    id: "base-not-resolved",
    level: Level::Warning,
    summary: "the base image is not known, so it can't be told whether it brings the bundle",
    page: include_str!("../../docs/rules/base-not-resolved.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped().filter(|stage| stage.os != Os::Other) else { return Vec::new() };
    let root = facts.lineage(stage.index).pop().and_then(|index| facts.stages.get(index));
    let Some(root) = root else { return Vec::new() };
    let because = match stage.bundle() {
        // Whatever the base is, the bundle is there.
        BundleState::Present(_) => return Vec::new(),
        BundleState::Unknown { because } => because,
        BundleState::Absent | BundleState::Removed { .. } => Vec::new(),
    };
    // Where it is known to be Amazon Linux, the base still may bring the bundle: a company's own image does, or does not.
    let base = because.first().filter(|gap| gap.span == root.from);
    if stage.os != Os::Unknown && base.is_none() {
        return Vec::new();
    }
    let (message, help) = match &root.base {
        Base::Unresolved { reference, why } => {
            let help = if reference.is_empty() || is_unknown(reference) {
                "give it a value with --build-arg, or a default".to_owned()
            } else {
                look_it_up(&text::escape(reference))
            };
            (format!("can't tell which image {} is: {why}", text::escape(reference)), help)
        }
        Base::Image(name) => {
            let name = text::escape(name);
            let why = base.map(|gap| format!(": {}", text::escape(&gap.why))).unwrap_or_default();
            let message = format!("can't tell whether the base image {name} brings the RDS CA bundle{why}");
            (message, look_it_up(&name))
        }
        Base::Scratch | Base::Stage(_) => return Vec::new(),
    };
    vec![RULE.finding(Location::Text(facts.place(root.from)), message).open().help(help)]
}

fn look_it_up(name: &str) -> String {
    format!(
        "look it up with --resolve-bases, scan it (rdsca scan {name}), or say under `bases` in .rdsca.yaml what it brings"
    )
}
