//! A root file is given, and no mode that demands a check.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Trap;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "root-certificate-without-mode",
    level: Level::Error,
    summary: "sslrootcert without sslmode=verify-full: where the check fails, the client goes on in plain text",
    page: include_str!("../../docs/rules/root-certificate-without-mode.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let findings = site.judgement.traps.iter().filter_map(|trap| {
        let Trap::RootWithoutMode { parameter, .. } = trap else { return None };
        let mode = match site.connection.parameter("sslmode").or_else(|| site.connection.parameter("ssl")) {
            Some(mode) => format!("sslmode={}", mode.value),
            None => "no sslmode".to_owned(),
        };
        let message = format!(
            "{} has {parameter} and {mode}: where the check fails or the file can't be read, it goes on in plain text",
            site.connection.who()
        );
        Some(RULE.about(site, site.at(parameter), message)?.help(site.help(settings)))
    });
    findings.collect()
}
