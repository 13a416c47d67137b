//! `rdsca bundle`: shows, verifies, compares, writes, fetches and pins RDS CA bundles.

mod description;
mod pin;
mod update;
mod verdict;

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use self::description::{describe, describe_difference};
use self::verdict::{Goodness, goodness};
use super::Exit;
use super::comparison::Comparison;
use super::options::read_file;
use crate::bundle::{BUILTIN_PEM, Catalog, Contents, difference, judge};
use crate::text::escape;

/// What to do with a bundle.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Shows what a bundle holds: publication, authorities, regions, expiry, and everything that is wrong
    Show(Show),
    /// Tells whether a file is a bundle that clients can verify RDS databases with; exits with 1 when it is not
    Verify(Verify),
    /// Names the authorities and regions that only one of two bundles has; exits with 1 when there are any
    Diff(Diff),
    /// Writes the newest bundle whose bytes this version carries; needs no network
    Write(Write),
    /// Fetches the bundle that AWS serves today, for `--bundle latest`
    Update(update::Args),
    /// Lists the digests in Dockerfiles that pin a publication, and renews those that AWS has replaced
    Pin(pin::Args),
}

#[derive(clap::Args)]
struct Show {
    /// The bundle; `-` is stdin, none is the one that `bundle write` writes
    file: Option<PathBuf>,
    #[command(flatten)]
    comparison: Comparison,
}

#[derive(clap::Args)]
struct Verify {
    /// The bundle; `-` is stdin
    file: PathBuf,
    /// Regions your databases are in: what other regions need is then not asked for
    #[arg(long, value_name = "REGION", env = "RDSCA_RDS_REGIONS", value_delimiter = ',')]
    rds_regions: Vec<String>,
    #[command(flatten)]
    comparison: Comparison,
}

#[derive(clap::Args)]
struct Diff {
    /// The first bundle; `-` is stdin
    first: PathBuf,
    /// The second bundle; `-` is stdin
    second: PathBuf,
}

#[derive(clap::Args)]
struct Write {
    /// Where to; `-` is stdout
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Does it.
///
/// # Errors
/// A file that can't be read or written, in one sentence that names it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Show(args) => show(args),
        Command::Verify(args) => verify(args),
        Command::Diff(args) => diff(args),
        Command::Write(args) => write(args),
        Command::Update(args) => update::run(args),
        Command::Pin(args) => pin::run(args),
    }
}

fn show(args: &Show) -> anyhow::Result<Exit> {
    let (name, contents) = match &args.file {
        Some(file) => (name(file), Contents::read(&read_file(file)?)),
        None => ("builtin".to_owned(), Contents::read(BUILTIN_PEM)),
    };
    let (reference, at) = (args.comparison.reference()?, args.comparison.at());
    let judgement = judge(&contents, &reference, at);
    print(&describe(&name, &contents, &judgement, &reference, at))?;
    Ok(Exit::Clean)
}

fn verify(args: &Verify) -> anyhow::Result<Exit> {
    let contents = Contents::read(&read_file(&args.file)?);
    let reference = args.comparison.reference()?;
    let judgement = judge(&contents, &reference, args.comparison.at());
    let goodness = goodness(&judgement, &args.rds_regions);
    print(&verdict::describe(&name(&args.file), &judgement, &reference, &goodness))?;
    Ok(match goodness {
        Goodness::Good => Exit::Clean,
        Goodness::Bad => Exit::Findings,
        Goodness::UnknownRegions(_) => Exit::NotScanned,
    })
}

fn diff(args: &Diff) -> anyhow::Result<Exit> {
    if is_standard(&args.first) && is_standard(&args.second) {
        bail!("only one of the two bundles can come from stdin");
    }
    let first = read_bundle(&args.first)?;
    let second = read_bundle(&args.second)?;
    let difference = difference(&first, &second, Catalog::builtin());
    print(&describe_difference(&name(&args.first), &name(&args.second), &difference))?;
    let same = difference.only_first.is_empty() && difference.only_second.is_empty();
    Ok(if same { Exit::Clean } else { Exit::Findings })
}

/// A bundle to compare: one without certificates would make everything in the other look new.
fn read_bundle(file: &Path) -> anyhow::Result<Contents> {
    let contents = Contents::read(&read_file(file)?);
    if let Some(problem) = contents.problems.first() {
        bail!("cannot compare {}: {problem}; `rdsca bundle show` names all that is wrong", name(file));
    }
    if contents.certificates.is_empty() {
        bail!("cannot compare {}: it is {}, and no certificate was found in it", name(file), contents.form);
    }
    Ok(contents)
}

fn write(args: &Write) -> anyhow::Result<Exit> {
    if is_standard(&args.file) {
        io::stdout().lock().write_all(BUILTIN_PEM)?;
        return Ok(Exit::Clean);
    }
    let file = name(&args.file);
    if args.force {
        fs::write(&args.file, BUILTIN_PEM).with_context(|| format!("cannot write {file}"))?;
    } else {
        // `create_new` looks and creates in one step, so a file that appears in between is not overwritten either.
        match OpenOptions::new().write(true).create_new(true).open(&args.file) {
            Ok(mut out) => out.write_all(BUILTIN_PEM).with_context(|| format!("cannot write {file}"))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{file} is there already; --force replaces it")
            }
            Err(error) => return Err(error).with_context(|| format!("cannot write {file}")),
        }
    }
    anstream::eprintln!("{}", description::describe_written(&file));
    Ok(Exit::Clean)
}

/// The name to show for a file that was named on the command line.
fn name(file: &Path) -> String {
    if is_standard(file) { "stdin".to_owned() } else { escape(&file.to_string_lossy()).into_owned() }
}

/// Whether `-` was given: stdin or stdout.
fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn print(text: &str) -> io::Result<()> {
    anstream::stdout().lock().write_all(text.as_bytes())
}
