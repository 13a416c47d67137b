//! A parameter that the driver does not know, and says nothing about.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Trap;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "parameter-ignored-by-driver",
    level: Level::Error,
    summary: "a client is told to use TLS by a parameter that its driver ignores",
    page: include_str!("../../docs/rules/parameter-ignored-by-driver.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let findings = site.judgement.traps.iter().filter_map(|trap| {
        let Trap::Ignored { parameter } = trap else { return None };
        let does = match site.judgement.mode() {
            Some(mode) if mode.verifies() => "",
            Some(mode) if mode.accepts_plaintext() => ", and connects in plain text",
            _ => ", and verifies nobody",
        };
        let message = format!("{} does not know {parameter}{does}", site.connection.who());
        Some(RULE.about(site, site.at(parameter), message)?.help(site.help(settings)))
    });
    findings.collect()
}
