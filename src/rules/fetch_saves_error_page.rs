//! A failed download is taken for the bundle, or is not noticed at all.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::Facts;
use crate::finding::{Finding, Level, Location};
use crate::text;

pub static RULE: Rule = Rule {
    id: "fetch-saves-error-page",
    level: Level::Warning,
    summary: "a failed download does not fail the build: an error page, or nothing, takes the bundle's place",
    page: include_str!("../../docs/rules/fetch-saves-error-page.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let Some(stage) = facts.shipped() else { return Vec::new() };
    let places = stage.materials();
    let shipped = facts.bundle_fetches().filter(|fetch| {
        // What was compared with a digest is neither an error page nor missing.
        !fetch.pinned && places.iter().any(|place| !place.pinned && place.is_made_of(fetch))
    });
    shipped
        .filter_map(|fetch| {
            let (message, help) = if fetch.failure_ignored {
                (
                    "when this download fails, the build goes on and the image ships without the RDS CA bundle"
                        .to_owned(),
                    "let the failure end the build: no `|| true`, and `set -e` or `&&` where more commands follow",
                )
            } else if !fetch.fails_on_http_error && !fetch.content_checked {
                let by = text::escape(&fetch.by);
                (
                    format!(
                        "{by} saves whatever the server answers: an error page would take the RDS CA bundle's place"
                    ),
                    "curl -fsSLo fails where the server does, and so does ADD",
                )
            } else {
                return None;
            };
            Some(RULE.finding(Location::Text(facts.place(fetch.span)), message).help(help))
        })
        .collect()
}
