//! `rdsca explain RULE`: a rule's page.

use std::io::Write as _;

use anyhow::bail;

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
    let Some(rule) = rules::find(&args.rule) else {
        let near = rules::ALL.iter().filter(|rule| rule.id.contains(&args.rule)).map(|rule| rule.id);
        let near: Vec<_> = near.collect();
        if near.is_empty() {
            bail!("there is no rule {:?}; `rdsca rules` lists them", args.rule);
        }
        bail!("there is no rule {:?}; did you mean {}?", args.rule, near.join(" or "));
    };
    anstream::stdout().lock().write_all(rule.page.as_bytes())?;
    Ok(Exit::Clean)
}
