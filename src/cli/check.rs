//! `rdsca check [PATH…]`: before the build.

use std::path::PathBuf;

use anyhow::bail;

use super::Exit;
use super::baseline::Known;
use super::build::Build;
use super::configuration::Source;
use super::lookup::Lookup;
use super::options::{Expectation, Output};
use crate::audit::policy::Policy;
use crate::audit::source_tree::{self, Request};
use crate::report::{Report, Target};
use crate::text::escape;

/// What to check, and as which build.
#[derive(clap::Args)]
pub struct Args {
    /// Dockerfiles, compose and bake files, folders to look for them in, or `-` for stdin
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The Dockerfile, as for `docker build`: the same as PATH
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with = "paths")]
    dockerfile: Option<PathBuf>,
    /// The build context; compose and bake files are not asked then
    #[arg(long, value_name = "DIR")]
    context: Option<PathBuf>,
    /// Leave out what connects to databases: code, connection strings, environment
    #[arg(long, env = "RDSCA_NO_CLIENTS")]
    no_clients: bool,
    /// Say on stderr as which build each Dockerfile was checked
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    build: Build,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    lookup: Lookup,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// Checks and reports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    args.output.check()?;
    let paths = args.dockerfile.as_ref().map_or(args.paths.as_slice(), std::slice::from_ref);
    let configuration = args.source.read(paths)?;
    let settings = args.expectation.settings(&configuration)?;
    let complete = configuration.is_covered_by(paths);
    let policy = Policy { baseline: args.known.read()?, ..args.output.policy(&configuration, complete) };
    let options = args.build.options(&settings, &configuration);
    let mut report = Report::new(settings.reference.clone(), settings.at);
    let jobs = args.build.jobs();
    if let Some(context) = args.context.as_ref().filter(|context| !context.is_dir()) {
        bail!("there is no folder {} to be the context", context.display());
    }
    let count = args.lookup.with(&settings, jobs, args.output.progress(), |bases| {
        let request = Request {
            options: &options,
            context: args.context.as_deref(),
            bases,
            settings: &settings,
            clients: !args.no_clients,
        };
        source_tree::check(paths, &request, jobs, &mut report)
    })?;
    if count == 0 {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        bail!(
            "there is no Dockerfile in {} (Dockerfile, Dockerfile.*, *.Dockerfile, *.dockerfile, Containerfile*), and nothing that may connect to a database",
            paths.join(", ")
        );
    }
    if args.verbose {
        explain_builds(&report);
    }
    let exit = args.output.finish(&mut report, &policy);
    // The program ends here: the system takes all of it back at once, which is quicker than giving back piece by piece.
    std::mem::forget(report);
    exit
}

/// Says as which build each Dockerfile was checked.
fn explain_builds(report: &Report) {
    for target in &report.targets {
        let Target::Dockerfile(dockerfile) = target else { continue };
        let built_as = &dockerfile.built_as;
        let context = match &built_as.context {
            Some(folder) if built_as.inferred => {
                format!("context {} (what it copies is there, and not in its own folder)", escape(folder))
            }
            Some(folder) => format!("context {}", escape(folder)),
            None => "no context".to_owned(),
        };
        let named_by = &built_as.named_by;
        let by =
            if named_by.is_empty() { String::new() } else { format!(", built by {}", escape(&named_by.to_string())) };
        anstream::eprintln!("rdsca: {}: {context}{by}", escape(target.name()));
    }
}
