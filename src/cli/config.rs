//! `rdsca config`: begins a configuration, shows what holds, checks one, and prints its schema.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::Exit;
use super::configuration::Source;
use super::options::{Expectation, Output};
use crate::audit::configuration::Configuration;
use crate::config::{self, Config};
use crate::finding::ignore::{Ignore, Scope};
use crate::rules::Settings;
use crate::text::escape;

/// What to do.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Writes a .rdsca.yaml that says nothing yet and shows what can be said
    Init {
        /// The folder it goes to
        #[arg(value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
        /// Replace the one that is there
        #[arg(long)]
        force: bool,
    },
    /// Shows what holds for a path, and where each value comes from
    Show(Box<Show>),
    /// Checks configurations
    Check {
        /// The files (the nearest .rdsca.yaml, unless said otherwise)
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of .rdsca.yaml
    Schema,
}

/// The path, and what the command line says.
#[derive(clap::Args)]
struct Show {
    /// A file or folder that is to be checked
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// Does it.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Init { folder, force } => init(folder, *force),
        Command::Show(args) => show(args),
        Command::Check { files } => check(files),
        Command::Schema => {
            anstream::stdout().lock().write_all(config::SCHEMA.as_bytes())?;
            Ok(Exit::Clean)
        }
    }
}

fn init(folder: &Path, force: bool) -> anyhow::Result<Exit> {
    let file = if folder == Path::new(".") { PathBuf::from(config::NAME) } else { folder.join(config::NAME) };
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut opened = match options.open(&file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; --force replaces it", file.display())
        }
        opened => opened.with_context(|| format!("cannot write {}", file.display()))?,
    };
    opened.write_all(config::TEMPLATE.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    anstream::eprintln!("wrote {}", file.display());
    Ok(Exit::Clean)
}

fn check(files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut out = anstream::stdout().lock();
    if files.is_empty() {
        let Some(file) = Configuration::find(&[PathBuf::from(".")])?.config.file else {
            bail!("there is no {} from here up to the repository's root; `rdsca config init` writes one", config::NAME);
        };
        writeln!(out, "{}: good", file.name())?;
        return Ok(Exit::Clean);
    }
    let mut exit = Exit::Clean;
    for file in files {
        match Configuration::read(file) {
            Ok(_) => writeln!(out, "{}: good", file.display())?,
            Err(error) => {
                anstream::eprintln!("rdsca: {error}");
                exit = Exit::Usage;
            }
        }
    }
    Ok(exit)
}

/// Prints what holds as a configuration, so that it can be read, compared, and used as one.
fn show(args: &Show) -> anyhow::Result<Exit> {
    let configuration = args.source.read(std::slice::from_ref(&args.path))?;
    let settings = args.expectation.settings(&configuration)?;
    let policy = args.output.policy(&configuration, false);
    let config = &configuration.config;
    let name = config.file.as_ref().map(|file| file.name());
    let mut out = anstream::stdout().lock();
    match name {
        Some(name) => writeln!(out, "# {}", escape(name))?,
        None => writeln!(out, "# no {} holds here", config::NAME)?,
    }
    let origin = |given: bool, configured: bool| match (given, configured) {
        (true, _) => "the command line or the environment",
        (false, true) => name.unwrap_or_default(),
        (false, false) => "default",
    };
    let mut line = |key: &str, value: &dyn Display, from: &str| writeln!(out, "{key}: {value} # {}", escape(from));
    let Settings { bundle_paths, rds_regions, require_bundle, .. } = &settings;
    let paths: Vec<_> = bundle_paths.iter().map(ToString::to_string).collect();
    let given = args.expectation.given();
    line("bundle-paths", &flow(&paths), origin(given.bundle_paths, config.bundle_paths.is_some()))?;
    line("rds-regions", &flow(rds_regions), origin(given.rds_regions, config.rds_regions.is_some()))?;
    let bundle = args.expectation.bundle(&configuration);
    line("bundle", &quoted(&bundle), origin(given.bundle, config.bundle.is_some()))?;
    line("fail-on", &policy.threshold.as_str(), origin(args.output.is_threshold_given(), config.fail_on.is_some()))?;
    line("require-bundle", &require_bundle.as_str(), origin(given.require_bundle, config.require_bundle.is_some()))?;
    write_lists(config, &mut out)?;
    Ok(Exit::Clean)
}

/// What only a configuration can say.
fn write_lists(config: &Config, out: &mut dyn io::Write) -> io::Result<()> {
    if !config.bases.is_empty() {
        writeln!(out, "bases: # {} patterns", config.bases.len())?;
    }
    for base in &config.bases {
        writeln!(out, "  - image: {}", quoted(base.image.glob().glob()))?;
        if let Some(os) = &base.os {
            writeln!(out, "    os: {}", config::os_name(os))?;
        }
        if let Some(bundle) = base.bundle {
            writeln!(out, "    bundle: {bundle}")?;
        }
    }
    if !config.teams.is_empty() {
        writeln!(out, "teams:")?;
    }
    for team in &config.teams {
        let images: Vec<_> = team.images.iter().map(|pattern| pattern.glob().glob().to_owned()).collect();
        writeln!(out, "  - name: {}\n    images: {}", quoted(&team.name), flow(&images))?;
    }
    if !config.overrides.is_empty() {
        writeln!(out, "overrides:")?;
    }
    for (rule, level) in &config.overrides {
        writeln!(out, "  {rule}: {}", level.as_str())?;
    }
    if !config.ignores.is_empty() {
        writeln!(out, "ignores:")?;
    }
    config.ignores.iter().try_for_each(|ignore| write_ignore(ignore, out))
}

fn write_ignore(ignore: &Ignore, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "  - rule: {} # line {}", ignore.rule, ignore.place.start().line)?;
    match &ignore.scope {
        Scope::Paths(glob) => writeln!(out, "    path: {}", quoted(glob.glob().glob()))?,
        Scope::Images(glob) => writeln!(out, "    image: {}", quoted(glob.glob().glob()))?,
        Scope::Everywhere | Scope::File | Scope::Stage(_) | Scope::Instruction(_) => {}
    }
    if let Some(until) = ignore.until {
        writeln!(out, "    until: {until}")?;
    }
    writeln!(out, "    reason: {}", quoted(&ignore.reason))
}

/// A list in one line of YAML.
fn flow(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
}

/// A text in double quotes, in which JSON and YAML agree.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
