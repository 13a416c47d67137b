//! A client looks for authorities in a file with which it can't verify the database that it talks to.

use super::ca_file::CaFile;
use super::site::Site;
use super::{Check, Rule, Settings, worth};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "ca-file-cannot-verify",
    level: Level::Error,
    summary: "a client's file of authorities is no bundle, or lacks those of the database's region",
    page: include_str!("../../docs/rules/ca-file-cannot-verify.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let host = site.connection.host();
    // Of another host it is not known whose certificate it has.
    let Some(host) = host.as_rds().filter(|host| !host.proxy) else { return Vec::new() };
    let Some(CaFile { path, worth: Some(judgement), .. }) = &site.ca else { return Vec::new() };
    let lacks = || {
        let region = host.region.as_deref()?;
        (judgement.covers(region) == Some(false)).then(|| format!("it lacks the authorities of {region}"))
    };
    let Some(why) = worth::unusable(judgement).or_else(lacks) else { return Vec::new() };
    let message = format!("{} can't verify {} with {path}: {why}", site.connection.who(), host.name);
    let finding = RULE.about(site, site.here(), message);
    let help = "put the current bundle there: https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";
    finding.map(|finding| finding.help(help)).into_iter().collect()
}
