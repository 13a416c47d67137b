//! A connection that would verify, and goes on in plain text where the server offers no TLS.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Outcome;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "tls-not-required",
    level: Level::Warning,
    summary: "a client verifies, but talks in plain text to a server that offers no TLS",
    page: include_str!("../../docs/rules/tls-not-required.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Outcome::Known { mode, strippable: true } = site.judgement.outcome else { return Vec::new() };
    if !mode.verifies() {
        return Vec::new();
    }
    let message = format!(
        "{} verifies what it is shown, and goes on in plain text where the server offers no TLS: whoever stands between can strip it",
        site.connection.who()
    );
    let finding = RULE.about(site, site.here(), message);
    let help = match site.connection.driver.name {
        "PyMySQL" => "upgrade PyMySQL to 1.2 or later",
        "mysqlclient" => "add ssl_mode=\"VERIFY_IDENTITY\"",
        "mysql-connector-python" => "add ssl_verify_cert=True",
        _ => "use a driver that demands TLS when it is asked to",
    };
    finding.map(|finding| finding.help(help)).into_iter().collect()
}
