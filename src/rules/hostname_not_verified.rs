//! A connection that takes any certificate of a trusted authority, whoever it was made for.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::TlsMode;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "hostname-not-verified",
    level: Level::Error,
    summary: "a client checks the authority and not the host name: any other RDS database will do",
    page: include_str!("../../docs/rules/hostname-not-verified.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    if site.judgement.mode() != Some(TlsMode::VerifyCa) {
        return Vec::new();
    }
    let said = site.connection.parameter("sslmode").and_then(|parameter| parameter.value.as_text());
    let why = match said {
        Some("require") => ": sslmode=require with a root file is verify-ca",
        _ => "",
    };
    let message = format!(
        "{} checks the authority and not the host name{why}; a certificate of anybody's RDS database will do",
        site.connection.who()
    );
    let location = if said.is_some() { site.at("sslmode") } else { site.here() };
    let finding = RULE.about(site, location, message);
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}
