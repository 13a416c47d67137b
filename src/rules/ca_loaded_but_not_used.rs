//! Authorities are loaded, and no certificate is held against them.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Trap;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "ca-loaded-but-not-used",
    level: Level::Error,
    summary: "a client loads the bundle and checks no certificate against it",
    page: include_str!("../../docs/rules/ca-loaded-but-not-used.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let findings = site.judgement.traps.iter().filter_map(|trap| {
        let Trap::AuthoritiesNotUsed { parameter } = trap else { return None };
        let who = site.connection.who();
        let message = format!("{who} is given authorities by {parameter}, and checks no certificate against them");
        Some(RULE.about(site, site.at(parameter), message)?.help(site.help(settings)))
    });
    findings.collect()
}
