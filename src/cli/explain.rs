//! `rdsca explain RULE`: a rule's page.

use std::io::Write as _;

use super::Exit;
use crate::rules;

/// The rule to explain.
#[derive(clap::Args)]
pub struct Args {
    /// A rule's id, as `rdsca rules` lists them
    rule: String,
}

/// Prints the page.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let rule = rules::known(&args.rule).map_err(anyhow::Error::msg)?;
    anstream::stdout().lock().write_all(rule.page.as_bytes())?;
    Ok(Exit::Clean)
}
