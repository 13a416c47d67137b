//! A connection that verifies as long as a file is there, and silently does not where it is not.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::dialect::FileState;
use crate::client::{Trap, Value};
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "falls-open-without-bundle",
    level: Level::Error,
    summary: "sslmode=require checks nothing, and says nothing, where the root file is missing",
    page: include_str!("../../docs/rules/falls-open-without-bundle.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    let findings = site.judgement.traps.iter().filter_map(|trap| {
        let Trap::FallsOpen { file } = trap else { return None };
        let state = state(site, file);
        if state == Some(FileState::Readable) {
            return None;
        }
        let is_missing = state == Some(FileState::Missing);
        let message = if is_missing {
            format!("{} demands {file}, which is not there: it checks nothing, and says nothing", site.connection.who())
        } else {
            format!(
                "{} checks nothing, and says nothing, where {file} is missing: sslmode=require demands no check",
                site.connection.who()
            )
        };
        let finding = RULE.about(site, site.at("sslrootcert"), message)?.help(site.help(settings));
        let level = if is_missing { finding.level } else { finding.level.min(Level::Warning) };
        Some(Finding { level, ..finding })
    });
    findings.collect()
}

fn state(site: &Site<'_>, file: &Value) -> Option<FileState> {
    site.surroundings.files.get(file.as_text()?).copied()
}
