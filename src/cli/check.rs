//! `rdsca check [PATH…]`: before the build.

use std::path::PathBuf;

use anyhow::bail;

use super::Exit;
use super::build::Build;
use super::configuration::Source;
use super::options::{Expectation, Output};
use crate::audit::dockerfiles;
use crate::report::Report;

/// What to check, and as which build.
#[derive(clap::Args)]
pub struct Args {
    /// Dockerfiles, folders to look for them in, or `-` for stdin
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    build: Build,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// Checks and reports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    args.output.check()?;
    let configuration = args.source.read(&args.paths)?;
    let settings = args.expectation.settings(&configuration)?;
    let policy = args.output.policy(&configuration, configuration.is_covered_by(&args.paths));
    let options = args.build.options(&settings, &configuration);
    let mut report = Report::new(settings.reference.clone(), settings.at);
    let count = dockerfiles::check(&args.paths, &options, &settings, args.build.jobs(), &mut report);
    if count == 0 {
        let paths: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        bail!(
            "there is no Dockerfile in {} (Dockerfile, Dockerfile.*, *.Dockerfile, *.dockerfile, Containerfile*)",
            paths.join(", ")
        );
    }
    args.output.finish(&mut report, &policy)
}
