//! `rdsca bundle pin [--update] PATH…`: digests in Dockerfiles that pin a publication.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use anyhow::{anyhow, bail};
use jiff::Timestamp;

use crate::audit::fixes::{self, Pinned};
use crate::bundle;
use crate::cli::Exit;
use crate::dockerfile::Options;
use crate::fix::Pin;
use crate::text::escape;

/// Where to look.
#[derive(clap::Args)]
pub struct Args {
    /// Dockerfiles, or folders to look for them in
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Write the newest digest in place of one that AWS has replaced
    #[arg(long)]
    update: bool,
}

/// Lists the pins; renews them if asked to. Ends with 1 while one is outdated.
///
/// # Errors
/// A file that cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let jobs = thread::available_parallelism().map_or(1, NonZero::get);
    let options = Options::at(bundle::day(Timestamp::now()));
    let outcomes = fixes::pins(&args.paths, &options, jobs);
    if outcomes.is_empty() {
        let paths: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        bail!("there is no Dockerfile in {}", paths.join(", "));
    }
    let (mut outdated, mut unread, mut found) = (false, false, false);
    let mut lines = String::new();
    for (path, outcome) in &outcomes {
        match outcome {
            Ok(pinned) => {
                if args.update {
                    pinned.renew().map_err(|error| anyhow!(error))?;
                }
                for pin in &pinned.pins {
                    found = true;
                    let renewed = args.update && pin.renewal().is_some();
                    outdated |= !pin.is_current() && !renewed;
                    lines.push_str(&describe(pinned, pin, args.update));
                }
            }
            Err(reason) => {
                unread = true;
                anstream::eprintln!("{}: not read: {}", escape(&path.display().to_string()), escape(reason));
            }
        }
    }
    super::print(&lines)?;
    if !found {
        anstream::eprintln!("no Dockerfile here pins a publication that this version knows");
    }
    Ok(match (outdated, unread) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::NotScanned,
        (false, false) => Exit::Clean,
    })
}

/// One pin in one line.
fn describe(pinned: &Pinned, pin: &Pin, update: bool) -> String {
    let line = pinned.file.position(pin.span.start).line;
    let state = match pin.newest.map(|newest| (newest.date(), pin.renewal().is_some())) {
        None => "retired: `rdsca fix` replaces its address".to_owned(),
        Some(_) if pin.is_current() => "the newest known".to_owned(),
        Some((date, false)) => {
            format!(
                "outdated, and a file of the build context: replace that with the bundle of {date}, then the digest"
            )
        }
        Some((date, true)) if update => format!("renewed: now the bundle of {date}"),
        Some((date, true)) => format!("outdated: the bundle of {date} is the newest known; --update renews it"),
    };
    let what = format!("{} bundle of {}", pin.publication.scope, pin.publication.date());
    format!("{}:{line}: {what}: {state}\n", escape(pinned.file.name()))
}
