//! What is to be checked: each Dockerfile once for every different build of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use super::files::{folder, plain};
use super::folders::Folders;
use super::repository::{self, LocalBuild, Repository, canonical};
use crate::client::{self, lock};
use crate::report::{NamedBy, NotScanned};

/// A path to check: a file, a folder, or `-` for stdin.
pub type Input = PathBuf;

/// One thing to check.
#[derive(Clone, Debug)]
pub enum Job {
    /// A Dockerfile that no file says how to build.
    Alone {
        /// Where it is; `-` is stdin.
        path: PathBuf,
        /// The folder that was searched, where one was.
        within: Option<PathBuf>,
    },
    /// A build of the repository, by index, and the files and names that stand for it.
    Build {
        /// Index in [`Repository::builds`].
        index: usize,
        /// Who names it.
        named_by: NamedBy,
        /// Whether the same Dockerfile is checked as another build, too.
        one_of_several: bool,
    },
}

impl Job {
    /// The Dockerfile that no file says how to build; none for a build.
    pub fn alone(&self) -> Option<&Path> {
        match self {
            Job::Alone { path, .. } => Some(path),
            Job::Build { .. } => None,
        }
    }
}

/// A file that may connect to a database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path from the folder that was searched, or that the user is in: those above say nothing of what it is.
    pub within: PathBuf,
    /// Whether somebody named it, and it is looked at as nothing else. Then that has to be possible.
    pub is_named: bool,
}

impl Candidate {
    /// A file that somebody named.
    fn named(path: &Path, is_something_else: bool) -> Self {
        let current = || std::env::current_dir().ok();
        let within = match path.is_absolute() {
            false => path.to_owned(),
            true => current()
                .and_then(|current| Some(path.strip_prefix(current).ok()?.to_owned()))
                .or_else(|| path.file_name().map(PathBuf::from))
                .unwrap_or_default(),
        };
        Self { path: path.to_owned(), within, is_named: !is_something_else }
    }

    /// A file that was found below a folder.
    fn found(path: &Path, folder: &Path) -> Self {
        let within = path.strip_prefix(folder).unwrap_or(path).to_owned();
        Self { path: plain(path).to_owned(), within, is_named: false }
    }
}

/// What is to be checked, and what is known of the repository around it.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of the inputs, and below a folder of the paths.
    pub jobs: Vec<Job>,
    /// The builds.
    pub repository: Repository,
    /// Files that may connect to a database, in the order of the inputs, and below a folder of the paths.
    pub sources: Vec<Candidate>,
    /// The folders they are in.
    pub folders: Folders,
    /// Files that may name versions of drivers.
    pub locks: Vec<PathBuf>,
    /// What was asked for and cannot be checked.
    pub not_scanned: Vec<NotScanned>,
}

/// Finds the Dockerfiles that inputs name or hold, and how they are built unless `alone`.
pub fn plan(inputs: &[Input], alone: bool, jobs: usize) -> Plan {
    let mut found = Found::default();
    for input in inputs {
        if input.is_dir() {
            let below = walk(input, jobs);
            found.dockerfiles.extend(below.dockerfiles);
            found.build_files.extend(below.build_files);
            found.sources.extend(below.sources);
            found.locks.extend(below.locks);
            found.not_scanned.extend(below.not_scanned);
            continue;
        }
        let name = input.to_string_lossy();
        let is_dockerfile = input.file_name().and_then(|name| name.to_str()).is_some_and(is_dockerfile);
        let is_source = client::is_read(&name);
        if is_source {
            found.sources.push(Candidate::named(input, is_dockerfile || is_build_file(input)));
        }
        if is_build_file(input) {
            found.build_files.insert(input.clone());
        } else if is_dockerfile || !is_source {
            found.dockerfiles.push((input.clone(), None));
        }
    }
    if alone {
        let jobs = found.dockerfiles.into_iter().map(|(path, within)| Job::Alone { path, within }).collect();
        let Found { sources, locks, not_scanned, .. } = found;
        return Plan { jobs, sources, locks, not_scanned, ..Plan::default() };
    }
    let folders = Folders::default();
    let above = above(inputs, &found, &folders);
    let (mut repository, unread) = Repository::read(&found.build_files, &above, &folders);
    let jobs = spread(found.dockerfiles, &mut repository);
    let mut not_scanned = found.not_scanned;
    not_scanned.extend(unread);
    Plan { jobs, repository, folders, sources: found.sources, locks: found.locks, not_scanned }
}

/// The Dockerfiles that inputs name or hold, in the order of the inputs.
pub fn dockerfiles(inputs: &[Input], jobs: usize) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for input in inputs {
        if input.is_dir() {
            all.extend(walk(input, jobs).dockerfiles.into_iter().map(|(path, _)| path));
        } else {
            all.push(input.clone());
        }
    }
    all
}

/// What was found by name.
#[derive(Default)]
struct Found {
    /// With the folder that was searched, where one was.
    dockerfiles: Vec<(PathBuf, Option<PathBuf>)>,
    build_files: BTreeSet<PathBuf>,
    /// What may connect to a database.
    sources: Vec<Candidate>,
    /// What may name versions of drivers.
    locks: Vec<PathBuf>,
    /// What could not be looked into.
    not_scanned: Vec<NotScanned>,
}

/// What is below a folder in the order of the paths, `.gitignore` respected, hidden folders (`.devcontainer`) included.
fn walk(folder: &Path, jobs: usize) -> Found {
    let found = Mutex::new(Found::default());
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false)
        .ignore(false)
        .require_git(false)
        .threads(jobs)
        .filter_entry(|entry| !is_left_out(entry.file_name()));
    walk.build_parallel().run(|| {
        Box::new(|entry| {
            if let Err(error) = &entry
                && let Ok(mut found) = found.lock()
            {
                found.not_scanned.push(missed(folder, error));
            }
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && let Some(name) = entry.file_name().to_str()
                && let kinds =
                    [is_dockerfile(name), repository::is_build_file(name), client::is_read(name), lock::is_lock(name)]
                && kinds.contains(&true)
                && let Ok(mut found) = found.lock()
            {
                let [is_dockerfile, is_build_file, is_source, is_lock] = kinds;
                if is_lock {
                    found.locks.push(plain(entry.path()).to_owned());
                }
                if is_source {
                    found.sources.push(Candidate::found(entry.path(), folder));
                }
                if is_dockerfile {
                    found.dockerfiles.push((entry.into_path(), Some(folder.to_owned())));
                } else if is_build_file {
                    found.build_files.insert(plain(entry.path()).to_owned());
                }
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.dockerfiles.sort();
    found.sources.sort();
    found.locks.sort();
    found.not_scanned.sort_by(|one, other| one.target.cmp(&other.target));
    found
}

/// Whether a file that somebody names is a compose or bake file: those may be called anything, Dockerfiles too.
fn is_build_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(extension, "yaml" | "yml" | "hcl" | "json") && !is_dockerfile(name)
}

/// Whether a file is a Dockerfile by its name.
fn is_dockerfile(name: &str) -> bool {
    let ignore_file = name.ends_with(".dockerignore");
    let by_name = name == "Dockerfile" || name.starts_with("Dockerfile.") || name.starts_with("Containerfile");
    !ignore_file && (by_name || name.ends_with(".Dockerfile") || name.ends_with(".dockerfile"))
}

/// What could not be looked into below a folder.
fn missed(folder: &Path, error: &ignore::Error) -> NotScanned {
    match error {
        ignore::Error::WithPath { path, err } => missed(path, err),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => missed(folder, err),
        other => NotScanned { target: folder.display().to_string(), reason: other.to_string() },
    }
}

/// Folders that hold nothing of the program itself: what git keeps, and what was installed beside it.
fn is_left_out(name: &OsStr) -> bool {
    [".git", "node_modules", "site-packages", "__pycache__"].iter().any(|left_out| name == *left_out)
}

/// The compose and bake files in the folders above what was asked for, up to the root of the repository.
fn above(inputs: &[Input], found: &Found, folders: &Folders) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut looked_at = BTreeSet::new();
    for input in inputs.iter().filter(|input| *input != Path::new("-")) {
        let folder = if input.is_dir() { input.as_path() } else { folder(input) };
        if !looked_at.insert(folder.to_owned()) {
            continue;
        }
        let Some(root) = folders.root(folder) else { continue };
        for folder in folders.up_to(folder, Some(&root)) {
            looked_at.insert(folder.clone());
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                if entry.file_name().to_str().is_some_and(repository::is_build_file) {
                    files.insert(plain(&folder.join(entry.file_name())).to_owned());
                }
            }
        }
    }
    let asked: BTreeSet<_> = found.build_files.iter().map(|file| canonical(file)).collect();
    files.retain(|file| !asked.contains(&canonical(file)));
    files
}

/// One job for each different build of each Dockerfile.
fn spread(dockerfiles: Vec<(PathBuf, Option<PathBuf>)>, repository: &mut Repository) -> Vec<Job> {
    if repository.builds.is_empty() {
        return dockerfiles.into_iter().map(|(path, within)| Job::Alone { path, within }).collect();
    }
    let mut by_dockerfile: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (index, local) in repository.builds.iter().enumerate() {
        if let Some(path) = &local.dockerfile {
            by_dockerfile.entry(canonical(path)).or_default().push(index);
        }
    }
    let mut jobs = Vec::new();
    let mut done = BTreeSet::new();
    for (path, within) in dockerfiles {
        let place = canonical(&path);
        match by_dockerfile.get(&place) {
            Some(builds) => {
                repository.call(builds, &path);
                jobs.extend(distinct(builds, repository));
            }
            None => jobs.push(Job::Alone { path, within }),
        }
        done.insert(place);
    }
    // Dockerfiles under other names, outside of what was walked, or in the file itself.
    for (path, builds) in &by_dockerfile {
        let asked = |index: &&usize| repository.builds.get(**index).is_some_and(|local| local.asked);
        if !done.contains(path) && builds.iter().any(|index| asked(&index)) {
            jobs.extend(distinct(builds, repository));
        }
    }
    let is_inline = |local: &LocalBuild| local.dockerfile.is_none() && local.asked;
    let inline = repository.builds.iter().enumerate().filter(|(_, local)| is_inline(local));
    jobs.extend(distinct(&inline.map(|(index, _)| index).collect::<Vec<_>>(), repository));
    jobs
}

/// Builds that are the same in all that matters are one job, under all their names.
fn distinct(builds: &[usize], repository: &Repository) -> Vec<Job> {
    let mut same: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for index in builds {
        if let Some(local) = repository.builds.get(*index) {
            same.entry(local.identity()).or_default().push(*index);
        }
    }
    let mut groups: Vec<_> = same.into_values().collect();
    groups.sort();
    let several = groups.len() > 1;
    let job = |group: Vec<usize>| {
        let first = *group.first()?;
        let mut named_by = NamedBy::default();
        for local in group.iter().filter_map(|index| repository.builds.get(*index)) {
            named_by.add(&local.file, &local.build.name);
        }
        let inline = repository.builds.get(first).is_some_and(|local| local.dockerfile.is_none());
        Some(Job::Build { index: first, named_by, one_of_several: several && !inline })
    };
    groups.into_iter().filter_map(job).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_known_by_name() {
        for name in
            ["Dockerfile", "Dockerfile.prod", "api.Dockerfile", "api.dockerfile", "Containerfile", "Containerfile.dev"]
        {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "dockerfile.md",
            "MyDockerfile",
            "Containerfile.dockerignore",
            "docker-compose.yml",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }
}
