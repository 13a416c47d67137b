//! libpq of a wheel is told to trust the system's authorities, and does not know where those are.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Authorities;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "wheel-ignores-system-store",
    level: Level::Error,
    summary: "sslrootcert=system in psycopg's binary wheels does not find the system's authorities",
    page: include_str!("../../docs/rules/wheel-ignores-system-store.md"),
    check: Check::Client(check),
};

/// The packages that bring a libpq and an OpenSSL of their own.
const WHEELS: &[&str] = &["psycopg2-binary", "psycopg-binary"];

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let Some(image) = site.image else { return Vec::new() };
    let is_system = site.judgement.authorities == Some(Authorities::System);
    let is_told = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| site.surroundings.variable(name).is_some());
    let wheel = image.packages.iter().find(|package| {
        WHEELS.contains(&package.name.as_str()) && site.connection.driver.packages.contains(&package.name.as_str())
    });
    let Some(wheel) = wheel.filter(|_| is_system && !is_told) else { return Vec::new() };
    let message = format!(
        "{} trusts the system's authorities, and the libpq of {} looks for them where there are none: it can't connect",
        site.connection.who(),
        wheel.name
    );
    let finding = RULE.about(site, site.at("sslrootcert"), message);
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}
