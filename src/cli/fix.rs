//! `rdsca fix [PATH…]`: repairs what `rdsca check` finds in Dockerfiles.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::Exit;
use super::build::Build;
use super::configuration::Source;
use super::lookup::Lookup;
use super::options::Expectation;
use crate::audit::fixes::{self, Fixed};
use crate::audit::policy::Policy;
use crate::audit::repository::joined;
use crate::audit::source_tree::Request;
use crate::finding::{Finding, Kind, Level};
use crate::fix::{self, Style, Wish};
use crate::text::escape;

/// What to repair, and how.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub struct Args {
    /// Dockerfiles, compose and bake files, or folders to look for them in
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write the changes instead of printing them as a diff
    #[arg(short, long)]
    write: bool,
    /// How the bundle is brought in where nothing does
    #[arg(long, value_name = "STYLE", value_enum, default_value_t, env = "RDSCA_STYLE")]
    style: StyleName,
    /// The build context; compose and bake files are not asked then
    #[arg(long, value_name = "DIR")]
    context: Option<PathBuf>,
    #[command(flatten)]
    build: Build,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    lookup: Lookup,
    #[command(flatten)]
    expectation: Expectation,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing is wrong, or all of it is repaired by the changes
  1  errors are left that no repair was found for
  2  usage error, or there is no Dockerfile
  3  something could not be read or told, and no error is left";

/// `--style`.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum StyleName {
    /// ADD --chmod=0644 URL: what AWS serves on the day of the build
    #[default]
    Add,
    /// The same with --checksum: the build fails when AWS serves something else
    AddChecksum,
    /// RUN curl with sha256sum, for builders without BuildKit
    RunCurl,
    /// COPY of a file beside the Dockerfile, which is written if it is missing; for builds without a network
    CopyVendored,
}

impl From<StyleName> for Style {
    fn from(name: StyleName) -> Self {
        match name {
            StyleName::Add => Style::Add,
            StyleName::AddChecksum => Style::AddChecksum,
            StyleName::RunCurl => Style::RunCurl,
            StyleName::CopyVendored => Style::CopyVendored,
        }
    }
}

/// Repairs, and prints or writes.
///
/// # Errors
/// Usage errors, and files that cannot be written, in one sentence each.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        bail!("fix takes files and folders: a diff needs a file's name");
    }
    let configuration = args.source.read(&args.paths)?;
    let settings = args.expectation.settings(&configuration)?;
    let path = settings.bundle_paths.first().ok_or_else(|| anyhow!("--bundle-path names no path"))?;
    let wish = Wish::new(args.style.into(), path)?;
    let options = args.build.options(&settings, &configuration);
    let policy = Policy::new(&configuration);
    if let Some(context) = args.context.as_ref().filter(|context| !context.is_dir()) {
        bail!("there is no folder {} to be the context", context.display());
    }
    let jobs = args.build.jobs();
    let outcomes = args.lookup.with(&settings, jobs, true, |bases| {
        let request =
            Request { options: &options, context: args.context.as_deref(), bases, settings: &settings, clients: false };
        fixes::repair(&args.paths, &request, &policy, &wish, jobs)
    })?;
    if outcomes.is_empty() {
        let paths: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        bail!("there is no Dockerfile in {}", paths.join(", "));
    }
    let mut ending = Ending::default();
    let here = env::current_dir().unwrap_or_default();
    let base = base(&here, outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()));
    let mut diffs = String::new();
    let mut created = BTreeSet::new();
    for (path, outcome) in &outcomes {
        match outcome {
            Ok(fixed) if args.write => fixed.write().map_err(|error| anyhow!(error))?,
            Ok(fixed) => diffs.push_str(&diff(fixed, &mut created, |path| applicable(path, &here, &base))),
            Err(reason) => {
                ending.incomplete = true;
                anstream::eprintln!("{}: not repaired: {}", shown(&path.display().to_string()), shown(reason));
            }
        }
        if let Ok(fixed) = outcome {
            tell(fixed, args.write, &mut ending);
        }
    }
    if !diffs.is_empty() && base != here {
        anstream::eprintln!(
            "rdsca: the diff reaches beyond this folder: apply it in {}",
            shown(&base.display().to_string())
        );
    }
    print_diff(&diffs)?;
    Ok(match ending {
        Ending { errors: true, .. } => Exit::Findings,
        Ending { incomplete: true, .. } => Exit::NotScanned,
        _ => Exit::Clean,
    })
}

/// What is left when all is done.
#[derive(Default)]
struct Ending {
    errors: bool,
    incomplete: bool,
}

/// The changes of one Dockerfile, and of the file that it needs; that one only once.
fn diff(fixed: &Fixed, created: &mut BTreeSet<PathBuf>, name: impl Fn(&Path) -> String) -> String {
    let mut text = fix::diff(&name(&fixed.path), fixed.file.text(), &fixed.text);
    for path in fixed.vendored.iter().filter(|path| created.insert((*path).clone())) {
        text.push_str(&fix::new_file(&name(path), &String::from_utf8_lossy(fix::vendored())));
    }
    text
}

/// The folder to apply the diff in: this one, or where a change lies outside of it, the nearest above that has all of them. `git apply`
/// takes no `..` in a name.
fn base<'f>(here: &Path, fixed: impl Iterator<Item = &'f Fixed>) -> PathBuf {
    let mut base = here.to_owned();
    for path in fixed.flat_map(|fixed| fixed.vendored.iter().chain([&fixed.path])) {
        let path = joined(here, &path.to_string_lossy());
        while !path.starts_with(&base) && base.pop() {}
    }
    base
}

/// A path as `git apply` wants it: relative to where it is called, without `./`.
fn applicable(path: &Path, here: &Path, base: &Path) -> String {
    let path = joined(here, &path.to_string_lossy());
    path.strip_prefix(base).unwrap_or(&path).display().to_string()
}

/// Says on stderr what was done, what it needs, and what is left.
fn tell(fixed: &Fixed, written: bool, ending: &mut Ending) {
    let name = shown(fixed.file.name());
    for repair in &fixed.repairs {
        anstream::eprintln!("{name}: {}: {}", repair.rule, shown(&repair.what));
    }
    let needs: BTreeSet<_> = fixed.repairs.iter().filter_map(|repair| repair.needs).collect();
    for need in needs {
        anstream::eprintln!("{name}: {need}");
    }
    for path in &fixed.vendored {
        let path = path.strip_prefix("./").unwrap_or(path);
        let done = if written { "written" } else { "part of the diff" };
        anstream::eprintln!(
            "{name}: {} is {done}: commit it, and keep it out of .dockerignore",
            shown(&path.display().to_string())
        );
    }
    if fixed.stopped {
        anstream::eprintln!("{name}: stopped after {} repairs; fix it again for the rest", fixed.repairs.len());
    }
    for finding in &fixed.left {
        let line = finding.start().map_or(String::new(), |start| format!(":{}", start.line));
        anstream::eprintln!("{}", shown(&format!("{}{line}: {}", fixed.file.name(), left(finding, fixed.stopped))));
        match finding.kind {
            Kind::Open => ending.incomplete = true,
            Kind::Fail => ending.errors |= finding.level == Level::Error,
        }
    }
}

fn left(finding: &Finding, stopped: bool) -> String {
    match finding.kind {
        Kind::Open => format!("{} is left open: {}", finding.rule, finding.message),
        Kind::Fail => {
            let help = finding.help.as_deref().map_or(String::new(), |help| format!(" ({help})"));
            let why = if stopped { "" } else { ", no repair was found" };
            format!("{} is left{why}: {}{help}", finding.rule, finding.message)
        }
    }
}

fn shown(text: &str) -> String {
    escape(text).into_owned()
}

/// The diff byte by byte, but not to a terminal that its contents could command.
fn print_diff(diff: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !out.is_terminal() {
        return out.write_all(diff.as_bytes());
    }
    for line in diff.lines() {
        writeln!(out, "{}", escape(line).replace("\\u{9}", "\t"))?;
    }
    Ok(())
}
