//! The bundle lies where `update-ca-trust` clears foreign files away, and something may run that.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::{Facts, Presence, Stage};
use crate::finding::{Finding, Level, Location};
use crate::shell::MANAGED_DIRECTORY;
use crate::text::Span;
use crate::tree::{Kind, Node, Outcome, TreePath};

pub static RULE: Rule = Rule {
    id: "bundle-in-managed-directory",
    level: Level::Note,
    summary: "the bundle lies in a directory that update-ca-trust clears, and something may run that later",
    page: include_str!("../../docs/rules/bundle-in-managed-directory.md"),
    check: Check::Dockerfile(check),
};

const COMMAND: &str = "update-ca-trust";

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let managed = TreePath::new(MANAGED_DIRECTORY);
    let places = stage.materials();
    // One that lies anywhere else stays whatever happens.
    if places.iter().any(|place| !place.resolved.starts_with(&managed)) {
        return Vec::new();
    }
    let Some(place) = places.first() else { return Vec::new() };
    let renewal = stage.renewals.iter().find(|renewal| is_before(place, **renewal));
    let (span, message, help) = if let Some(span) = starts_with_clearing(stage) {
        (
            span,
            format!("the container starts with {COMMAND}, which clears {} away", place.path),
            "let the image run it before the bundle is put in place, or keep the bundle in another directory",
        )
    } else if let Some(span) = renewal {
        (
            *span,
            format!("where this renews ca-certificates, its script runs {COMMAND}, which clears {} away", place.path),
            "put the bundle in place after this instruction",
        )
    } else {
        return Vec::new();
    };
    let mut finding = RULE.finding(Location::Text(facts.place(span)), message).help(help);
    if let Some(by) = place.by {
        finding = finding.related(facts.place(by), "the bundle is put in place here");
    }
    vec![finding]
}

/// Whether something was put in place before an instruction.
fn is_before(place: &Presence, span: Span) -> bool {
    place.by.is_none_or(|by| by.start < span.start)
}

/// What containers start with, where that runs `update-ca-trust` itself or by a script that is in the image. Only root may.
fn starts_with_clearing(stage: &Stage) -> Option<Span> {
    if stage.user.uid != Some(0) {
        return None;
    }
    let mut starts = stage.start.iter().flatten();
    starts.find(|start| start.words.iter().any(|word| runs(word) || script_runs(stage, word))).map(|start| start.span)
}

/// Whether a line of shell has the command in it.
fn runs(line: &str) -> bool {
    !line.trim_start().starts_with('#')
        && line
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
            .any(|word| word.rsplit('/').next() == Some(COMMAND))
}

/// Whether a word names a script of the image that has the command in it.
fn script_runs(stage: &Stage, word: &str) -> bool {
    match stage.tree.lookup(&stage.workdir.resolve(word)).outcome {
        Outcome::Found(Node { kind: Kind::File, payload, .. }) => {
            payload.contents.exact().is_some_and(|bytes| String::from_utf8_lossy(&bytes).lines().any(runs))
        }
        _ => false,
    }
}
