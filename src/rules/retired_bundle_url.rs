//! The bundle is fetched from an address that AWS has retired.

use super::{Check, Rule, Settings};
use crate::bundle::url::{self, UrlClass};
use crate::dockerfile::facts::Facts;
use crate::finding::{Finding, Level, Location};

pub static RULE: Rule = Rule {
    id: "retired-bundle-url",
    level: Level::Error,
    summary: "the bundle is fetched from an address whose bundle lacks the authorities in use today",
    page: include_str!("../../docs/rules/retired-bundle-url.md"),
    check: Check::Dockerfile(check),
};

fn check(facts: &Facts, _: &Settings) -> Vec<Finding> {
    let fetches = facts.stages.iter().flat_map(|stage| &stage.fetches);
    fetches
        .filter(|fetch| url::classify(&fetch.url).is_some_and(|url| url.class == UrlClass::Retired))
        .map(|fetch| {
            let message = "this address is retired: what it serves lacks the authorities that RDS uses since 2021";
            RULE.finding(Location::Text(facts.place(fetch.span)), message)
                .help("fetch https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem")
        })
        .collect()
}
