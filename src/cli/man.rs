//! `rdsca man`: the manual pages, one for each command.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap_mangen::Man;

use super::Exit;

/// Which pages, and where to.
#[derive(clap::Args)]
pub struct Args {
    /// The command whose page is printed, as in `rdsca man bundle update`; without one that of rdsca itself
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
    /// Write the pages of all commands into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    out_dir: Option<PathBuf>,
}

/// Prints or writes them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut command = super::command();
    // Names and usage lines of commands within commands are made here.
    command.build();
    if let Some(folder) = &args.out_dir {
        let write = || {
            fs::create_dir_all(folder)?;
            clap_mangen::generate_to(command, folder)
        };
        write().with_context(|| format!("cannot write into {}", folder.display()))?;
        return Ok(Exit::Clean);
    }
    let mut page = &command;
    for name in &args.path {
        page = page.find_subcommand(name).with_context(|| {
            let known: Vec<_> = page.get_subcommands().map(clap::Command::get_name).collect();
            format!("{} has no command {name:?}; there are {}", page.get_name(), known.join(", "))
        })?;
    }
    let mut text = Vec::new();
    Man::new(page.clone()).render(&mut text)?;
    anstream::stdout().lock().write_all(&text)?;
    Ok(Exit::Clean)
}
