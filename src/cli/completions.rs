//! `rdsca completions SHELL`: what lets a shell complete this command line.

use std::io::Write as _;

use clap_complete::Shell;

use super::Exit;

/// The shell to complete for.
#[derive(clap::Args)]
pub struct Args {
    /// The shell that reads it
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut command = super::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    anstream::stdout().lock().write_all(&script)?;
    Ok(Exit::Clean)
}
