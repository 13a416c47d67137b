//! `rdsca sweep REGISTRY…`: on a schedule.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use super::Exit;
use super::build;
use super::configuration::Source;
use super::options::{self, Expectation, Output};
use super::reach::Reach;
use super::stored::{self, Place};
use crate::audit::sweep::{self, Filter, Forecast, Globs, Misnamed, Options, Patience, Scope, SweepProgress, Sweeper};
use crate::oci::reference::Reference;
use crate::registry::Pace;
use crate::store::sweep::{SqliteStore, SweepStore as _, Unread};
use crate::text::escape;

/// Layers read at once where nobody says otherwise: much of the time each waits for its registry.
const LEAST_JOBS: usize = 4;

/// What to sweep, and how.
#[derive(clap::Args)]
pub struct Args {
    /// Registries, or the part of one below a prefix: `HOST[:PORT][/PREFIX]`
    #[arg(value_name = "REGISTRY", required_unless_present_any = ["images_from", "stop", "list"])]
    registries: Vec<String>,
    /// Sweep the images in this list (`-` for stdin): one a line, or what `kubectl get pods -A -o json` or `aws ecs
    /// describe-task-definition` prints
    #[arg(long, value_name = "FILE", conflicts_with = "registries")]
    images_from: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    course: Course,
    #[command(flatten)]
    reach: Reach,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    expectation: Expectation,
    #[command(flatten)]
    output: Output,
}

/// Which images.
#[derive(clap::Args)]
#[command(next_help_heading = "Which images")]
struct Selection {
    /// Only repositories whose name (without the registry's) fits; `!` before a pattern leaves out what fits
    #[arg(long, value_name = "GLOB", value_delimiter = ',', env = "RDSCA_REPOSITORIES")]
    repositories: Vec<String>,
    /// Only tags that fit; `!` before a pattern leaves out what fits
    #[arg(long, value_name = "GLOB", value_delimiter = ',', env = "RDSCA_TAGS")]
    tags: Vec<String>,
    /// Of each repository only so many tags: the last pushed, or the highest versions where the registry does not tell when they were pushed
    #[arg(long, value_name = "N")]
    newest: Option<usize>,
    /// Only what was pushed within this time (`30d`, `12h`), where the registry tells
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pushed_within: Option<Duration>,
    /// Only images for this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", value_delimiter = ',', env = "RDSCA_PLATFORM")]
    platform: Vec<String>,
}

/// How the sweep goes.
#[derive(clap::Args)]
#[command(next_help_heading = "How")]
struct Course {
    /// Say what would be read, in images, layers and bytes, and read no layer
    #[arg(long)]
    dry_run: bool,
    /// Read at most so many bytes of layers (`500MB`, `20GiB`); the next run goes on from there
    #[arg(long, value_name = "BYTES", value_parser = bytes, env = "RDSCA_BUDGET")]
    budget: Option<u64>,
    /// Ask each host at most so many times in a second
    #[arg(long, value_name = "N", value_parser = rate, env = "RDSCA_RATE")]
    rate: Option<f64>,
    /// Read so many layers at once, and four times as many lists and manifests (two for each core, and four at least)
    #[arg(long, value_name = "N", env = "RDSCA_JOBS")]
    jobs: Option<NonZero<usize>>,
    /// Ask the sweep that is running with this store to end in order
    #[arg(long, conflicts_with_all = ["dry_run", "rejudge", "registries", "images_from"])]
    stop: bool,
    /// List the sweeps of the store, with the numbers that `rdsca diff` takes
    #[arg(long, conflicts_with_all = ["stop", "dry_run", "rejudge", "registries", "images_from"])]
    list: bool,
    /// Judge what the last sweep has found again, without a request: with other rules, another --bundle or --bundle-path
    #[arg(long, conflicts_with = "dry_run")]
    rejudge: bool,
    /// Check the digests of uncompressed layers, too, as scan does; costs a quarter more time
    #[arg(long)]
    check_diff_ids: bool,
    #[command(flatten)]
    place: Place,
}

/// Sweeps and reports.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let place = &args.course.place;
    if args.course.stop {
        return stop(place);
    }
    if args.course.list {
        stored::list(&place.existing()?)?;
        return Ok(Exit::Clean);
    }
    args.output.check_for_sweep()?;
    if args.reach.network.offline && !args.course.rejudge {
        bail!("--offline: a sweep asks registries; what is known already can be judged again with --rejudge");
    }
    let configuration = args.source.read(&[PathBuf::from(".")])?;
    let settings = args.expectation.settings(&configuration)?;
    let policy = args.output.policy(&configuration, false);
    let scope = args.scope()?;
    let options = args.options();
    // While one registry wants to be left alone others are asked: so the client does not wait itself.
    let opener = args.reach.opener_at(Pace { waits_for_busy: false, attempts: 2, ..Pace::default() });
    let store = SqliteStore::open_alone(&place.path()?)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            // The second time nobody wants to wait. What is done is in the store.
            std::process::exit(Exit::Interrupted as i32);
        }
        anstream::eprintln!("rdsca: ending; what is under way is finished first (Ctrl-C again does not wait for it)");
    })
    .context("Ctrl-C cannot be caught")?;
    let progress = SweepProgress::new(args.output.progress());
    let sweeper = Sweeper {
        opener: &opener,
        store: &store,
        scope: &scope,
        options: &options,
        settings: &settings,
        policy: &policy,
        config: &configuration.config,
        interrupted: &interrupted,
        progress: &progress,
    };
    if args.course.dry_run {
        let forecast = sweeper.forecast()?;
        progress.finish();
        return Ok(show(&forecast, &options));
    }
    let report = if args.course.rejudge { sweeper.rejudge()? } else { sweeper.run()? };
    progress.finish();
    let exit = args.output.finish_sweep(&report, sweep::decide(&report, policy.threshold))?;
    if interrupted.load(Ordering::SeqCst) {
        return Ok(Exit::Interrupted);
    }
    if report.images.is_empty() && report.not_scanned.is_empty() && report.scope.incomplete.is_none() {
        anstream::eprintln!("rdsca: there is no image in {}", scope.targets.join(", "));
        return Ok(Exit::Usage);
    }
    Ok(exit)
}

fn stop(place: &Place) -> anyhow::Result<Exit> {
    let store = place.existing()?;
    // Who can have it alone knows that nobody sweeps with it, whatever a sweep that was killed has left behind.
    if SqliteStore::open_alone(&place.path()?).is_ok() || store.stop()? == 0 {
        anstream::eprintln!("rdsca: no sweep is under way in {}", place.path()?.display());
    } else {
        anstream::eprintln!("rdsca: the sweep ends when what is under way is finished");
    }
    Ok(Exit::Clean)
}

/// The forecast of a dry run, on stdout.
fn show(forecast: &Forecast, options: &Options) -> Exit {
    let Forecast { repositories, tags, layers, bytes, missed, incomplete } = forecast;
    anstream::println!("{repositories} repositories, {tags} tags");
    anstream::println!("{layers} layers to read, {bytes} bytes ({})", indicatif::HumanBytes(*bytes));
    if let Some(budget) = options.budget.filter(|budget| budget < bytes) {
        anstream::println!("The budget of {budget} bytes is spent before that");
    }
    for Unread { target, reason } in missed {
        anstream::println!("not looked up  {}: {}", escape(target), escape(reason));
    }
    if let Some(why) = incomplete {
        anstream::println!("incomplete: {why}");
    }
    if missed.is_empty() && incomplete.is_none() { Exit::Clean } else { Exit::NotScanned }
}

impl Args {
    fn options(&self) -> Options {
        let course = &self.course;
        let jobs = course.jobs.map_or_else(|| (2 * build::threads(None)).max(LEAST_JOBS), NonZero::get);
        Options {
            jobs,
            budget: course.budget,
            rate: course.rate,
            check_diff_ids: course.check_diff_ids,
            patience: Patience::default(),
        }
    }

    fn scope(&self) -> anyhow::Result<Scope> {
        let Selection { repositories, tags, newest, pushed_within, platform } = &self.selection;
        let globs = |option: &str, patterns: &[String]| {
            Globs::new(patterns).map_err(|error| anyhow::anyhow!("{option}: {error}"))
        };
        let pushed_since = pushed_within.map(|time| Timestamp::now().checked_sub(time)).transpose();
        let mut scope = Scope {
            filter: Filter {
                repositories: globs("--repositories", repositories)?,
                tags: globs("--tags", tags)?,
                newest: *newest,
                pushed_since: pushed_since.context("--pushed-within")?,
            },
            platforms: platform.clone(),
            ..Scope::default()
        };
        let mut given = |option: &str, values: &[String]| {
            scope.filters.extend(values.iter().map(|value| format!("{option} {value}")));
        };
        given("--repositories", repositories);
        given("--tags", tags);
        given("--newest", newest.map(|newest| newest.to_string()).as_slice());
        given("--pushed-within", pushed_within.map(|time| format!("{}s", time.as_secs())).as_slice());
        given("--platform", platform);
        for registry in &self.registries {
            let bare = registry.strip_prefix("docker://").unwrap_or(registry).trim_end_matches('/');
            let (host, prefix) = bare.split_once('/').unwrap_or((bare, ""));
            scope.registries.push((host.to_owned(), prefix.to_owned()));
            scope.targets.push(bare.to_owned());
        }
        if let Some(file) = &self.images_from {
            scope.inventory = Some(file.display().to_string());
            scope.targets.push(format!("images from {}", file.display()));
            let list = String::from_utf8(options::read_file(file)?).context("--images-from: it is not UTF-8")?;
            let names = sweep::read_inventory(&list).with_context(|| format!("--images-from {}", file.display()))?;
            for name in names {
                let bare = name.strip_prefix("docker://").unwrap_or(&name);
                match bare.parse::<Reference>() {
                    Ok(Reference { registry, repository, tag, digest }) => {
                        let at = digest.map(|digest| digest.to_string()).or(tag).unwrap_or_default();
                        scope.images.push((registry, repository, at));
                    }
                    // One that somebody has mistyped does not keep the others from being looked at.
                    Err(error) => scope.misnamed.push(Misnamed {
                        reason: format!("it is not the name of an image: {error}"),
                        name: name.clone(),
                    }),
                }
            }
        }
        Ok(scope)
    }
}

/// A number and its unit.
fn measured<'t>(text: &'t str, what: &str) -> Result<(f64, &'t str), String> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| format!("{text:?} is not {what}"))?;
    Ok((number, unit.trim()))
}

/// A number of bytes: `500MB`, `20GiB`.
fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = measured(text, "a number of bytes; write 500MB or 20GiB")?;
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        "t" | "tb" => 1_000_000_000_000,
        "tib" => 1 << 40,
        _ => return Err(format!("{unit:?} is not a unit of bytes; write 500MB or 20GiB")),
    };
    // Saturates, and nobody has a budget that large.
    Ok((number * factor as f64) as u64)
}

/// A time: `30d`, `12h`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = measured(text, "a time; write 30d or 12h")?;
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        "w" => 7.0 * 86400.0,
        _ => return Err(format!("{unit:?} is not a unit of time; write 30d or 12h")),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

/// Requests in a second: more than none.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 0.001 => Ok(rate),
        _ => Err(format!("{text:?} is not a number of requests in a second")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_times_have_units() {
        for (text, expected) in [("17", 17), ("500MB", 500_000_000), ("1.5 GiB", 1_610_612_736), ("2k", 2_000)] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for (text, expected) in [("30d", 2_592_000), ("12h", 43_200), ("90s", 90)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(expected)), "{text}");
        }
        for wrong in ["", "MB", "5 parsecs", "-3", "1.2.3m"] {
            assert!(bytes(wrong).is_err() && duration(wrong).is_err(), "{wrong}");
        }
        assert!(rate("0").is_err() && rate("inf").is_err() && rate("2.5") == Ok(2.5));
    }
}
