//! The command line: arguments and environment in, exit code out. One file for each command.

mod baseline;
mod build;
mod bundle;
mod cache;
mod check;
mod comparison;
mod completions;
mod config;
mod configuration;
mod diff;
mod explain;
mod fix;
mod lookup;
mod man;
mod options;
mod reach;
mod report;
mod rules;
mod saved;
mod scan;
mod stored;
mod sweep;
mod user_folder;

use std::io;
use std::process::ExitCode;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// How a run ended, the same whatever the report's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked for was checked, and nothing counts.
    Clean = 0,
    /// Something counts: findings at or above the threshold, or a bundle that is not good.
    Findings = 1,
    /// Usage or configuration error, or nothing matched.
    Usage = 2,
    /// Something could not be checked, and nothing counts.
    NotScanned = 3,
    /// Interrupted (Ctrl-C), as shells have it: 128 and the number of the signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Tells whether a workload on AWS can really verify the Amazon RDS database it talks to.
#[derive(Parser)]
#[command(name = "rdsca", version, propagate_version = true, max_term_width = 120, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Colour in the report and in messages.
    #[arg(long, global = true, value_enum, default_value_t, env = "RDSCA_COLOR", help_heading = "Output")]
    color: options::Color,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all that was asked for was checked, and nothing counts
  1  findings at or above --fail-on
  2  usage or configuration error, or nothing matched
  3  something could not be checked, and nothing counts";

#[derive(Subcommand)]
enum Command {
    /// Checks Dockerfiles: will the image that ships have the bundle, readable, whole and in the right place?
    Check(check::Args),
    /// Repairs Dockerfiles: prints the changes as a diff for `git apply`, or writes them
    Fix(fix::Args),
    /// Scans images: is the bundle there, readable, whole and of today?
    Scan(scan::Args),
    /// Sweeps registries: every image, what changed since the last sweep, and which base to mend first
    Sweep(sweep::Args),
    /// Shows, verifies, compares and writes RDS CA bundles
    Bundle(bundle::Args),
    /// Begins, shows and checks the configuration, .rdsca.yaml
    Config(config::Args),
    /// Renders a saved JSON report again, in another format
    Report(report::Args),
    /// Tells what changed between two sweeps or two saved JSON reports; exits with 1 when something is wrong that was not before
    Diff(diff::Args),
    /// Lists the rules
    Rules(rules::Args),
    /// Shows what a rule finds, why it matters and what to write instead
    Explain(explain::Args),
    /// Prints what lets a shell complete this command line
    Completions(completions::Args),
    /// Prints the manual page of a command, or writes those of all
    Man(man::Args),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers (0), all else is a usage error (2); a closed pipe is no reason to complain.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Clean };
            let _ = error.print();
            return code.into();
        }
    };
    arguments.color.apply();
    let outcome = match &arguments.command {
        Command::Check(args) => check::run(args),
        Command::Fix(args) => fix::run(args),
        Command::Scan(args) => scan::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Bundle(args) => bundle::run(args),
        Command::Config(args) => config::run(args),
        Command::Report(args) => report::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            anstream::eprintln!("rdsca: {error:#}");
            Exit::Usage.into()
        }
    }
}

/// The command line as a whole, of which help, completions and manual pages are made, too.
fn command() -> clap::Command {
    flags_by_variable(Arguments::command())
}

/// Lets every flag be given by its variable as people give them: `1` and `yes` are on, `0`, `no` and nothing are off.
fn flags_by_variable(command: clap::Command) -> clap::Command {
    let is_flag =
        |argument: &clap::Arg| matches!(argument.get_action(), ArgAction::SetTrue) && argument.get_env().is_some();
    command
        .mut_args(
            |argument| if is_flag(&argument) { argument.value_parser(FalseyValueParser::new()) } else { argument },
        )
        .mut_subcommands(flags_by_variable)
}

/// Whether the reader of our output went away, which is how `| head` ends and no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
