//! `rdsca rules`: the list of rules.

use std::io::Write as _;

use super::Exit;
use crate::rules;

/// Takes no arguments of its own.
#[derive(clap::Args)]
pub struct Args {}

/// Prints a line for each rule: id, level, what it is about, and what it finds.
pub fn run(_: &Args) -> anyhow::Result<Exit> {
    let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = anstream::stdout().lock();
    for rule in rules::ALL {
        writeln!(out, "{:width$}  {:7}  {:10}  {}", rule.id, rule.level.as_str(), rule.check.subject(), rule.summary)?;
    }
    Ok(Exit::Clean)
}
