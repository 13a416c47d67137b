//! A connection that holds RDS's certificate against authorities among which RDS's are not.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Authorities;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "system-store-lacks-rds",
    level: Level::Error,
    summary: "a client verifies RDS against the system's authorities, among which RDS's are not",
    page: include_str!("../../docs/rules/system-store-lacks-rds.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let host = site.connection.host();
    let Some(host) = host.as_rds().filter(|host| !host.proxy) else { return Vec::new() };
    // Some systems have been given them.
    if site.judgement.authorities != Some(Authorities::System) || site.surroundings.system_has_rds == Some(true) {
        return Vec::new();
    }
    let message = format!(
        "{} verifies {} against the system's authorities, which do not have RDS's: it can't connect",
        site.connection.who(),
        host.name
    );
    let finding = RULE.about(site, site.here(), message);
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}
