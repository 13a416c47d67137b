//! Whether a connection to RDS verifies can't be told.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::{Host, Outcome};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "tls-not-told",
    level: Level::Warning,
    summary: "whether a client verifies RDS can't be told from what is there to read",
    page: include_str!("../../docs/rules/tls-not-told.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let Outcome::Undetermined(why) = &site.judgement.outcome else { return Vec::new() };
    let by_default = site.judgement.by_default.filter(|mode| !mode.verifies());
    let is_rds = matches!(site.connection.host(), Host::Rds(_)) || site.connection.iam_token;
    // Nearly every program takes its connection string from outside: without a sign of RDS, or of a default that does not
    // verify, there is nothing to be said.
    let message = match by_default {
        Some(mode) => {
            format!("{} connects by default as sslmode={} does: {why}", site.connection.who(), mode.as_str())
        }
        None if is_rds => {
            format!("can't tell whether {} verifies{}, since {why}", site.connection.who(), site.to_whom())
        }
        None => return Vec::new(),
    };
    let finding = RULE.about(site, site.here(), message);
    let finding = finding.map(|finding| if by_default.is_some() { finding } else { finding.open() });
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}
