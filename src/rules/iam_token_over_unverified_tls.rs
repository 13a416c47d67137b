//! A token of IAM is sent to whoever answers.

use super::site::Site;
use super::{Check, Rule, Settings};
use crate::client::Answer;
use crate::finding::{Finding, Level};

pub static RULE: Rule = Rule {
    id: "iam-token-over-unverified-tls",
    level: Level::Error,
    summary: "a client sends a token of IAM to whoever answers, who can use it",
    page: include_str!("../../docs/rules/iam-token-over-unverified-tls.md"),
    check: Check::Client(check),
};

fn check(site: &Site<'_>, settings: &Settings) -> Vec<Finding> {
    if !site.connection.iam_token || site.judgement.answer() != Answer::NotVerified {
        return Vec::new();
    }
    let message = format!(
        "{} sends a token of IAM{} without verifying who reads it: whoever stands between can connect with it",
        site.connection.who(),
        site.to_whom()
    );
    let finding = RULE.about(site, site.here(), message);
    // A token is for RDS alone, whatever the host is called here.
    let finding = finding.map(|finding| match finding.level {
        Level::Warning => Finding { level: Level::Error, ..finding },
        _ => finding,
    });
    finding.map(|finding| finding.help(site.help(settings))).into_iter().collect()
}
