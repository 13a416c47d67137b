//! Dockerfiles repaired, and pins of the bundle in them: read, proposed, and written back.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::context::{BuildContext, FolderContext, Surroundings};
use super::files;
use super::plan::{self, Input, Job};
use super::policy::Policy;
use super::pool;
use super::source_tree::Request;
use crate::bundle;
use crate::dockerfile::{self, Options};
use crate::finding::Finding;
use crate::fix::{self, Bench, Pin, Repair, VENDORED, Wish};
use crate::rules;
use crate::text::SourceFile;

/// A Dockerfile, and what it would be when repaired.
pub struct Fixed {
    /// Where it is.
    pub path: PathBuf,
    /// What it says now.
    pub file: Arc<SourceFile>,
    /// What it would say.
    pub text: String,
    /// What would be repaired, in order.
    pub repairs: Vec<Repair>,
    /// What would still be wrong with it, or could not be told, in any of its builds.
    pub left: Vec<Finding>,
    /// Where the vendored bundle would be put, so that a build finds it.
    pub vendored: BTreeSet<PathBuf>,
    /// Whether so much was repaired that the rest was not tried.
    pub stopped: bool,
}

impl Fixed {
    /// Writes what changes.
    ///
    /// # Errors
    /// The file that could not be written, and why.
    pub fn write(&self) -> Result<(), String> {
        let failed = |path: &Path, error: io::Error| format!("cannot write {}: {error}", path.display());
        // First what the Dockerfile will need: were it the other way round, an error in between would leave a build that fails.
        for path in &self.vendored {
            match OpenOptions::new().write(true).create_new(true).open(path) {
                Ok(mut out) => out.write_all(fix::vendored()).map_err(|error| failed(path, error))?,
                // Another Dockerfile of the folder needed it, too.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(path, error)),
            }
        }
        if self.text != self.file.text() {
            fs::write(&self.path, &self.text).map_err(|error| failed(&self.path, error))?;
        }
        Ok(())
    }
}

/// Passes over a Dockerfile that is built in several ways: what one build needs may open something for another.
const MAX_PASSES: usize = 4;

/// Repairs every Dockerfile that the inputs name or hold, in memory, for all the builds that [`source_tree::check`](super::source_tree::check) looks at; for each
/// the outcome, or why there is none.
pub fn repair(
    inputs: &[Input],
    request: &Request<'_>,
    policy: &Policy,
    wish: &Wish,
    jobs: usize,
) -> Vec<(PathBuf, Result<Fixed, String>)> {
    let plan = plan::plan(inputs, request.context.is_some(), jobs);
    let around = request.around(&plan);
    let mut files: Vec<(PathBuf, Vec<&Job>)> = Vec::new();
    for job in &plan.jobs {
        let path = match job {
            Job::Alone { path, .. } => path.clone(),
            Job::Build { index, .. } => match plan.repository.builds.get(*index) {
                Some(local) => local.dockerfile.clone().unwrap_or_else(|| local.recipe_name().into()),
                None => continue,
            },
        };
        match files.iter_mut().find(|(known, _)| *known == path) {
            Some((_, builds)) => builds.push(job),
            None => files.push((path, vec![job])),
        }
    }
    let repaired = pool::map(&files, jobs, |(path, builds)| {
        let stands_elsewhere = |job: &&Job| match job {
            Job::Alone { .. } => false,
            Job::Build { index, .. } => {
                around.repository.builds.get(*index).is_none_or(|local| local.dockerfile.is_none())
            }
        };
        if builds.iter().any(stands_elsewhere) {
            return Err("it is not a file of its own, and only those are repaired".to_owned());
        }
        repair_file(path, builds, around, request, policy, wish)
    });
    let missed = plan.not_scanned.into_iter().map(|missed| (missed.target.into(), Err(missed.reason)));
    files.into_iter().map(|(path, _)| path).zip(repaired).chain(missed).collect()
}

/// Repairs one Dockerfile for all of its builds, one after the other, until none of them asks for more.
fn repair_file(
    path: &Path,
    builds: &[&Job],
    around: Surroundings<'_>,
    request: &Request<'_>,
    policy: &Policy,
    wish: &Wish,
) -> Result<Fixed, String> {
    let file = read(path)?;
    let mut fixed = Fixed {
        path: path.to_owned(),
        text: file.text().to_owned(),
        file,
        repairs: Vec::new(),
        left: Vec::new(),
        vendored: BTreeSet::new(),
        stopped: false,
    };
    // What somebody decided to live with is not repaired.
    let check = |facts: &dockerfile::facts::Facts| {
        policy.wanted(facts, rules::check_dockerfile(facts, request.settings), bundle::day(request.settings.at))
    };
    // Every repair that is tried reads nearly the same scripts.
    let scripts = Rc::default();
    for _ in 0..MAX_PASSES {
        let mut changed = false;
        fixed.left.clear();
        fixed.stopped = false;
        for job in builds {
            let file = SourceFile::new(fixed.file.name(), fixed.text.as_str());
            let (context, options) = match job {
                Job::Alone { within, .. } => {
                    let (given, dockerfile) = (request.context, dockerfile::parse(file.text()));
                    let alone = BuildContext::alone(path, within.as_deref(), &dockerfile, given, around, &scripts);
                    (alone.0, request.options.clone())
                }
                Job::Build { index, .. } => {
                    let Some(local) = around.repository.builds.get(*index) else { continue };
                    let context = BuildContext::of_build(*index, Vec::new(), around, &scripts);
                    (context, local.options(request.options))
                }
            };
            let folder = context.folder.as_ref();
            let can_vendor = folder.is_some_and(|folder| folder.lets_in(VENDORED));
            let bench = Bench { context: &context, can_vendor, options: &options, wish, check: &check };
            let repaired = fix::repair(&file, &bench);
            repaired.facts.buildable()?;
            changed |= repaired.text != fixed.text;
            fixed.text = repaired.text;
            fixed.repairs.extend(repaired.repairs);
            fixed.stopped |= repaired.stopped;
            fixed.vendored.extend(folder.filter(|_| repaired.vendors).map(|folder| folder.folder().join(VENDORED)));
            for finding in repaired.left {
                let same = |known: &Finding| known.rule == finding.rule && known.message == finding.message;
                if !fixed.left.iter().any(same) || builds.len() == 1 {
                    fixed.left.push(finding);
                }
            }
        }
        if !changed || builds.len() == 1 {
            break;
        }
    }
    Ok(fixed)
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
        let context = FolderContext::new(files::folder(path), path);
        let facts = dockerfile::read(Arc::clone(&file), &context, options);
        facts.buildable()?;
        Ok(Pinned { path: path.to_owned(), file, pins: fix::pins(&facts) })
    })
}

fn each<T: Send>(
    inputs: &[Input],
    jobs: usize,
    work: impl Fn(&Path) -> Result<T, String> + Sync,
) -> Vec<(PathBuf, Result<T, String>)> {
    let found = plan::dockerfiles(inputs, jobs);
    let outcomes = pool::map(&found, jobs, |path| work(path));
    found.into_iter().zip(outcomes).collect()
}

/// What is written back has to be the same bytes but for the change, so nothing may be lost in reading.
fn read(path: &Path) -> Result<Arc<SourceFile>, String> {
    let text = String::from_utf8(files::read_bytes(path)?)
        .map_err(|error| format!("byte {} is not UTF-8: a repair would change it", error.utf8_error().valid_up_to()))?;
    Ok(SourceFile::new(files::name(path), text))
}
