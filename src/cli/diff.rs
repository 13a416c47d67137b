//! `rdsca diff OLD NEW`: what is another between two reports, or between two sweeps of a store.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::bail;
use jiff::Timestamp;

use super::Exit;
use super::saved::Read;
use super::stored::{self, Place};
use crate::audit::sweep::{Past, Scope};
use crate::report::difference::difference;
use crate::report::saved::Saved;
use crate::report::sweep::{self, ChangeKind, Seen, State, SweepReport};
use crate::store::sweep::SqliteStore;
use crate::text::escape;

/// Which reports or sweeps.
#[derive(clap::Args)]
pub struct Args {
    /// The earlier: a report that `--report json` wrote (`-` is stdin), or the number of a sweep in the store (`rdsca sweep --list`)
    /// [default: the sweep before NEW]
    old: Option<PathBuf>,
    /// The later, of the same kind [default: the last sweep of the same words]
    new: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// One of the two.
enum Side {
    Report(Box<Saved>),
    Sweep(Swept),
}

/// What a sweep has seen, and which sweep it is.
struct Swept {
    /// What was swept, and by which filters.
    scope: String,
    at: Timestamp,
    seen: Seen,
}

/// Compares them.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    let exit = match args.sides()? {
        (Side::Report(old), Side::Report(new)) => {
            let difference = difference(&old, &new);
            difference.write(&mut text)?;
            let missed = difference.newly_missed().next().is_some() || !difference.unknown.is_empty();
            exit(difference.is_worse(), missed)
        }
        (Side::Sweep(old), Side::Sweep(new)) => compare(&old, &new, &mut text)?,
        _ => bail!("one is a report of a sweep and the other is not: two of a kind can be compared"),
    };
    anstream::stdout().lock().write_all(&text)?;
    Ok(exit)
}

impl Args {
    fn sides(&self) -> anyhow::Result<(Side, Side)> {
        let number = |word: &Option<PathBuf>| word.as_deref().and_then(stored::number);
        let (old, new) = (number(&self.old), number(&self.new));
        match (&self.old, &self.new) {
            (Some(one), Some(other)) => Ok((self.side(one, old)?, self.side(other, new)?)),
            (Some(file), None) if old.is_none() => {
                bail!("{} is no number of a sweep, and a report needs another one to be compared with", file.display())
            }
            _ => {
                let store = self.place.existing()?;
                let (old, new) = stored::pair(&store, old, new)?;
                Ok((Side::Sweep(Swept::stored(&store, &old)?), Side::Sweep(Swept::stored(&store, &new)?)))
            }
        }
    }

    fn side(&self, word: &Path, number: Option<i64>) -> anyhow::Result<Side> {
        if let Some(id) = number {
            let store = self.place.existing()?;
            return Ok(Side::Sweep(Swept::stored(&store, &stored::one(&store, id)?)?));
        }
        Ok(match Read::file(word)?.0 {
            Read::Report(saved) => Side::Report(saved),
            Read::Sweep(report) => Side::Sweep(Swept::saved(&report)),
        })
    }
}

impl Swept {
    fn stored(store: &SqliteStore, past: &Past) -> anyhow::Result<Self> {
        Ok(Self { scope: Scope::title(&past.scope), at: past.point.at, seen: past.seen(store)? })
    }

    fn saved(report: &SweepReport) -> Self {
        let scope = &report.scope;
        Self { scope: [&*scope.registries, &*scope.filters].concat().join(" "), at: scope.ended, seen: report.seen() }
    }
}

/// Writes what is another between two sweeps.
fn compare(old: &Swept, new: &Swept, out: &mut dyn io::Write) -> io::Result<Exit> {
    if old.scope != new.scope {
        let (old, new) = (escape(&old.scope), escape(&new.scope));
        anstream::eprintln!("rdsca: two different things were swept: {old}, and {new}");
    }
    let changes = sweep::compare(&old.seen, &new.seen);
    sweep::write_difference(old.at, (&old.seen, &new.seen), &changes, out)?;
    let worse = changes.iter().any(|change| match change.kind {
        ChangeKind::NewlyBroken => true,
        ChangeKind::New => change.to.is_some_and(State::is_broken),
        ChangeKind::Mended | ChangeKind::Gone => false,
    });
    let missed = new.seen.missed.keys().any(|target| !old.seen.missed.contains_key(target));
    Ok(exit(worse, missed || !new.seen.complete))
}

const fn exit(worse: bool, missed: bool) -> Exit {
    match (worse, missed) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::NotScanned,
        (false, false) => Exit::Clean,
    }
}
