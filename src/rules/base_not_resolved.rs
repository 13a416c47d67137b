//! Nobody can tell what the image is built upon, and so what it brings.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{Base, BundleState, Facts, Os};
use crate::finding::{Finding, Level, Location};
use crate::text;

pub static RULE: Rule = Rule {
    id: "base-not-resolved",
    level: Level::Warning,
    summary: "the base image is not known, so it can't be told whether it brings the bundle",
    page: include_str!("../../docs/rules/base-not-resolved.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let open = match stage.bundle() {
        // Whatever the base is, the bundle is there.
        BundleState::Present(_) => false,
        // Somebody's own image of a known system may bring it; what else could not be told, `bundle-never-fetched` says.
        BundleState::Unknown { because } if stage.os.is_amazon() => {
            because.first().is_some_and(|gap| gap.span == stage.from)
        }
        _ => stage.os == Os::Unknown,
    };
    if !open {
        return Vec::new();
    }
    let root = facts.lineage(stage.index).pop().and_then(|index| facts.stages.get(index));
    let Some(root) = root else { return Vec::new() };
    let (message, help) = match &root.base {
        Base::Unresolved { reference, why } => (
            format!("can't tell which image {} is: {why}", text::escape(reference)),
            "give it a value with --build-arg, or a default".to_owned(),
        ),
        Base::Image(name) => (
            if stage.os.is_amazon() {
                format!("can't tell whether {} brings the RDS CA bundle", text::escape(name))
            } else {
                format!("can't tell what {} is and whether it brings the RDS CA bundle", text::escape(name))
            },
            format!("scan it (rdsca scan {}), and say under `bases` in .rdsca.yaml what it brings", text::escape(name)),
        ),
        Base::Scratch | Base::Stage(_) => return Vec::new(),
    };
    vec![RULE.finding(Location::Text(facts.place(root.from)), message).open().help(help)]
}
