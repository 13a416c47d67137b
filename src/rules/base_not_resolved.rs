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
        BundleState::Unknown { because } => because.as_slice(),
        BundleState::Absent | BundleState::Removed { .. } => &[],
    };
    // Where it is known to be Amazon Linux, the base still may bring the bundle: a company's own image does, or does not.
    let base = because.first().filter(|gap| gap.span == root.from);
    if stage.os != Os::Unknown && base.is_none() {
        return Vec::new();
    }
    let brings = |name: &str, why: Option<&str>| {
        let why = why.map(|why| format!(": {}", text::escape(why))).unwrap_or_default();
        format!("can't tell whether the base image {} brings the RDS CA bundle{why}", text::escape(name))
    };
    let declare = |name: &str| {
        format!("scan it (rdsca scan {}), or say under `bases` in .rdsca.yaml what it brings", text::escape(name))
    };
    let (message, help) = match &root.base {
        Base::Unresolved { reference, why } if reference.is_empty() || is_unknown(reference) => (
            format!("can't tell which image {} is: {}", text::escape(reference), text::escape(why)),
            "give it a value with --build-arg, or a default".to_owned(),
        ),
        Base::Unresolved { reference, why } => (brings(reference, Some(why)), declare(reference)),
        Base::Image(name) => {
            let help = format!("look it up with --resolve-bases, {}", declare(name));
            (brings(name, base.map(|gap| gap.why.as_str())), help)
        }
        Base::Scratch | Base::Stage(_) => return Vec::new(),
    };
    vec![RULE.finding(Location::Text(facts.place(root.from)), message).open().help(help)]
}
