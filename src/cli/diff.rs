//! `rdsca diff OLD NEW`: what is another between two reports.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::bail;

use super::Exit;
use super::saved::Read;
use crate::report::difference::difference;
use crate::report::sweep::{self, ChangeKind, SweepReport};

/// Which reports.
#[derive(clap::Args)]
pub struct Args {
    /// The earlier report, as `--report json` wrote it; `-` is stdin
    old: PathBuf,
    /// The later one, of the same kind
    new: PathBuf,
}

/// Compares them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    let exit = match (Read::file(&args.old)?.0, Read::file(&args.new)?.0) {
        (Read::Report(old), Read::Report(new)) => {
            let difference = difference(&old, &new);
            difference.write(&mut text)?;
            let missed = difference.newly_missed().next().is_some() || !difference.unknown.is_empty();
            exit(difference.is_worse(), missed)
        }
        (Read::Sweep(old), Read::Sweep(new)) => compare(&old, *new, &mut text)?,
        _ => bail!("one is a report of a sweep and the other is not: two of a kind can be compared"),
    };
    anstream::stdout().lock().write_all(&text)?;
    Ok(exit)
}

/// Writes what is another between two sweeps.
///
/// # Errors
/// Whatever `out` ends with.
pub fn compare(old: &SweepReport, mut new: SweepReport, out: &mut dyn io::Write) -> io::Result<Exit> {
    new.changes = sweep::compare(old.known(), &new);
    new.previous = Some(sweep::Point { at: old.scope.ended, counts: old.counts() });
    sweep::write_changes(&new, usize::MAX, out)?;
    let worse = new.changes.iter().any(|change| match change.kind {
        ChangeKind::NewlyBroken => true,
        ChangeKind::New => change.to.is_some_and(sweep::State::is_broken),
        ChangeKind::Mended | ChangeKind::Gone => false,
    });
    let before: std::collections::HashSet<_> = old.not_scanned.iter().map(|missed| &missed.target).collect();
    let missed =
        new.not_scanned.iter().any(|missed| !before.contains(&missed.target)) || new.scope.incomplete.is_some();
    Ok(exit(worse, missed))
}

const fn exit(worse: bool, missed: bool) -> Exit {
    match (worse, missed) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::NotScanned,
        (false, false) => Exit::Clean,
    }
}
