//! Dockerfiles repaired, and pins of the bundle in them: read, proposed, and written back.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::context::FolderContext;
use super::dockerfiles::{self, Input};
use super::policy::Policy;
use super::pool;
use crate::bundle;
use crate::dockerfile::{self, Options};
use crate::fix::{self, Bench, Pin, Repaired, VENDORED, Wish};
use crate::rules::{self, Settings};
use crate::text::SourceFile;

/// A Dockerfile, and what it would be when repaired.
pub struct Fixed {
    /// Where it is.
    pub path: PathBuf,
    /// What it says now.
    pub file: Arc<SourceFile>,
    /// What it would say.
    pub repaired: Repaired,
}

impl Fixed {
    /// Whether anything would change.
    pub fn changes(&self) -> bool {
        self.repaired.text != self.file.text()
    }

    /// Where the vendored bundle would be put.
    pub fn vendored(&self) -> Option<PathBuf> {
        self.repaired.vendors.then(|| self.path.with_file_name(VENDORED))
    }

    /// Writes what changes.
    ///
    /// # Errors
    /// The file that could not be written, and why.
    pub fn write(&self) -> Result<(), String> {
        let failed = |path: &Path, error: io::Error| format!("cannot write {}: {error}", path.display());
        // First what the Dockerfile will need: were it the other way round, an error in between would leave a build that fails.
        if let Some(path) = self.vendored() {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut out) => out.write_all(fix::vendored()).map_err(|error| failed(&path, error))?,
                // Another Dockerfile of the folder needed it, too.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path, error)),
            }
        }
        if self.changes() {
            fs::write(&self.path, &self.repaired.text).map_err(|error| failed(&self.path, error))?;
        }
        Ok(())
    }
}

/// Repairs every Dockerfile that the inputs name or hold, in memory; for each the outcome, or why there is none.
pub fn repair(
    inputs: &[Input],
    options: &Options,
    settings: &Settings,
    policy: &Policy,
    wish: &Wish,
    jobs: usize,
) -> Vec<(PathBuf, Result<Fixed, String>)> {
    each(inputs, jobs, |path| {
        let file = read(path)?;
        let context = FolderContext::new(dockerfiles::folder(path), path);
        // What somebody decided to live with is not repaired.
        let check = |facts: &dockerfile::facts::Facts| {
            policy.wanted(facts, rules::check_dockerfile(facts, settings), bundle::day(settings.at))
        };
        let can_vendor = context.lets_in(VENDORED);
        let repaired = fix::repair(&file, &Bench { context: &context, can_vendor, options, wish, check: &check });
        buildable(&repaired.facts)?;
        Ok(Fixed { path: path.to_owned(), file, repaired })
    })
}

/// A Dockerfile and its pins.
pub struct Pinned {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub file: Arc<SourceFile>,
    /// What it pins.
    pub pins: Vec<Pin>,
}

impl Pinned {
    /// Writes the newest digests in place of those that are not.
    ///
    /// # Errors
    /// Why it could not be written.
    pub fn renew(&self) -> Result<(), String> {
        let edits: Vec<_> = self.pins.iter().filter_map(Pin::renewal).collect();
        match fix::apply(self.file.text(), &edits) {
            Some(text) if !edits.is_empty() => {
                fs::write(&self.path, text).map_err(|error| format!("cannot write {}: {error}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// The pins in every Dockerfile that the inputs name or hold.
pub fn pins(inputs: &[Input], options: &Options, jobs: usize) -> Vec<(PathBuf, Result<Pinned, String>)> {
    each(inputs, jobs, |path| {
        let file = read(path)?;
        let context = FolderContext::new(dockerfiles::folder(path), path);
        let facts = dockerfile::read(Arc::clone(&file), &context, options);
        buildable(&facts)?;
        Ok(Pinned { path: path.to_owned(), file, pins: fix::pins(&facts) })
    })
}

fn each<T: Send>(
    inputs: &[Input],
    jobs: usize,
    work: impl Fn(&Path) -> Result<T, String> + Sync,
) -> Vec<(PathBuf, Result<T, String>)> {
    let found = dockerfiles::find(inputs, jobs);
    let outcomes = pool::map(&found, jobs, |path| work(path));
    found.into_iter().zip(outcomes).collect()
}

/// What is written back has to be the same bytes but for the change, so nothing may be lost in reading.
fn read(path: &Path) -> Result<Arc<SourceFile>, String> {
    let text = String::from_utf8(dockerfiles::read_bytes(path)?)
        .map_err(|error| format!("byte {} is not UTF-8: a repair would change it", error.utf8_error().valid_up_to()))?;
    Ok(SourceFile::new(dockerfiles::name(path), text))
}

fn buildable(facts: &dockerfile::facts::Facts) -> Result<(), String> {
    match facts.problems.first() {
        None => Ok(()),
        Some(problem) => {
            let line = facts.file.position(problem.span.start).line;
            Err(format!("it does not build: line {line}: {}", problem.message))
        }
    }
}
