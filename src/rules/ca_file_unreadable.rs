//! A client looks for authorities in a file that the image's user can't read.

use super::ca_file::{CaFile, Found};
use super::site::Site;
use super::{Check, Rule, Settings};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "ca-file-unreadable",
    level: Level::Error,
    summary: "a client looks for authorities in a file that the image's user can't read",
    page: include_str!("../../docs/rules/ca-file-unreadable.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, _: &Settings) -> Vec<Finding> {
    let Some(CaFile { path, found: Found::Barred(barrier), .. }) = &site.ca else { return Vec::new() };
    let does = match site.judgement.mode() {
        Some(mode) if mode.accepts_plaintext() => ", so it talks in plain text to the genuine server, too",
        _ => "",
    };
    let message = format!(
        "{} looks for authorities at {path}, which {}{does}",
        site.connection.who(),
        barrier.keeps_from("read")
    );
    let finding = RULE.about(site, site.here(), message);
    finding.map(|finding| finding.help("add --chmod=0644 to the instruction that puts it there")).into_iter().collect()
}
