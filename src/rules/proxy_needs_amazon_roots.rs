//! A proxy's certificate is held against the authorities of RDS, which did not make it.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "proxy-needs-amazon-roots",
    level: Level::Warning,
    summary: "a client verifies an RDS Proxy against the RDS bundle; its certificate is of Amazon Trust Services",
    page: include_str!("../../docs/rules/proxy-needs-amazon-roots.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let host = site.connection.host();
    let Some(host) = host.as_rds().filter(|host| host.proxy) else { return Vec::new() };
    let Some(path) = site.ca_file() else { return Vec::new() };
    // Whether the file holds Amazon's roots, too, is known where it was read, and else by its name.
    let name = path.to_string();
    let is_rds = match site.surroundings.ca_has_amazon_roots {
        Some(has) => !has,
        None => ["global-bundle", "rds-ca", "rds-combined", "-bundle.pem"].iter().any(|part| name.contains(part)),
    };
    if !is_rds {
        return Vec::new();
    }
    let message = format!(
        "{} verifies {} against {name}; an RDS Proxy has a certificate of Amazon Trust Services, which the RDS bundle does not have",
        site.connection.who(),
        host.name
    );
    let finding = RULE.about(site, site.here(), message);
    let help = "trust the system's authorities there, or a file with the RDS bundle and Amazon Root CA 1 to 4";
    finding.map(|finding| finding.help(help)).into_iter().collect()
}
