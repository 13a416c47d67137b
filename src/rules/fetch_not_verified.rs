//! The bundle itself comes over a connection that nobody verifies.

use super::{Check, Rule, Settings};
use crate::dockerfile::facts::Facts;
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "fetch-not-verified",
    level: Level::Error,
    summary: "the bundle is fetched over http, or with the check of the server's certificate turned off",
    page: include_str!("../../docs/rules/fetch-not-verified.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let fetches = facts.bundle_fetches().filter(|fetch| !fetch.pinned);
    fetches
        .filter_map(|fetch| {
            let (message, help) = if !fetch.is_encrypted() {
                ("the RDS CA bundle is fetched over http: anybody on the way can put another authority into it", "use https://")
            } else if !fetch.certificate_checked {
                (
                    "the RDS CA bundle is fetched without checking who sends it: anybody on the way can put another authority into it",
                    "install ca-certificates and drop the option that turns the check off",
                )
            } else {
                return None;
            };
            Some(RULE.finding(Location::Text(facts.place(fetch.span)), message).help(help))
        })
        .collect()
}
