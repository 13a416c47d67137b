//! A connection that talks to whoever answers.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::dialect::Database;
use crate::client::{Outcome, TlsMode, Trap};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "tls-not-verified",
    level: Level::Error,
    summary: "a client connects to the database without verifying whom it talks to",
    page: include_str!("../../docs/rules/tls-not-verified.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let Outcome::Known { mode, .. } = site.judgement.outcome else { return Vec::new() };
    // What looks as if it verified is told by rules of its own.
    let is_told = |trap: &Trap| {
        matches!(trap, Trap::AuthoritiesNotUsed { .. } | Trap::RootWithoutMode { .. } | Trap::Ignored { .. })
    };
    if mode.verifies() || site.judgement.traps.iter().any(is_told) {
        return Vec::new();
    }
    let who = site.connection.who();
    let to = site.to_whom();
    let is_default = site.judgement.traps.contains(&Trap::Default);
    let why = if is_default { "nothing here asks for TLS, and by default it" } else { "it" };
    let message = match mode {
        TlsMode::Disable | TlsMode::Allow => format!("{who} connects{to} in plain text: {why} asks for no TLS"),
        TlsMode::Prefer => format!(
            "{who} connects{to} without verifying whom it talks to: {why} takes TLS where it is offered, plain text where it is not"
        ),
        _ => format!("{who} connects{to} with TLS and without verifying whom it talks to"),
    };
    let message = match site.judgement.traps.iter().find_map(version) {
        Some(version) => format!("{message} (since version {version})"),
        None => message,
    };
    let parameter = decisive(site);
    let finding = RULE.about(site, parameter.map_or_else(|| site.here(), |name| site.at(name)), message);
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}

fn version(trap: &Trap) -> Option<&'static str> {
    match trap {
        Trap::Version(version) => Some(version),
        _ => None,
    }
}

/// The parameter that decides; none where none is given.
fn decisive(site: &Site<'_>) -> Option<&'static str> {
    let names: &[&'static str] = match site.connection.driver.database {
        Database::PostgreSql => &["sslmode", "ssl", "ssl_context"],
        Database::MySql => &["ssl", "ssl_mode", "ssl_disabled", "sslMode", "useSSL", "tls"],
    };
    names.iter().find(|name| site.connection.parameter(name).is_some()).copied()
}
