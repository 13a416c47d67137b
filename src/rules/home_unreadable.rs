//! The home of the image's user is one that he can't look into, and libpq gives up there.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::TlsMode;
use crate::client::dialect::{LIBPQ, PSYCOPG, PSYCOPG2};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "home-unreadable",
    level: Level::Error,
    summary: "libpq looks for its files in a home that the image's user can't look into, and makes no TLS connection",
    page: include_str!("../../docs/rules/home-unreadable.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Some(barrier) = &site.home else { return Vec::new() };
    let is_libpq = [&PSYCOPG2, &PSYCOPG, &LIBPQ].contains(&site.connection.driver);
    // Whoever names the files is not looked for in the home.
    let is_named = |parameter: &str, variable: &str| {
        site.connection.parameter(parameter).is_some() || site.surroundings.variable(variable).is_some()
    };
    let asks_for_tls = site.judgement.mode().is_some_and(|mode| mode > TlsMode::Allow);
    if !is_libpq || !asks_for_tls || is_named("sslcert", "PGSSLCERT") {
        return Vec::new();
    }
    let does = match site.judgement.mode() {
        Some(TlsMode::Prefer) => "talks in plain text",
        _ => "can't connect",
    };
    let message = format!(
        "{} looks for a client certificate below its home, which {}; it {does}",
        site.connection.who(),
        barrier.keeps_from("look into")
    );
    let finding = RULE.about(site, site.here(), message);
    let help = "set HOME to a directory of the image's user, or PGSSLCERT to a path that he can look at";
    finding.map(|finding| finding.help(help)).into_iter().collect()
}
