//! Dockerfiles: found, read with their contexts, and checked, on all cores.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use super::context::FolderContext;
use super::pool;
use crate::bundle::{Contents, Judgement, judge};
use crate::dockerfile::context::{Context, NoContext};
use crate::dockerfile::facts::BundleState;
use crate::dockerfile::{self, Options};
use crate::finding::Finding;
use crate::report::{DockerfileTarget, NotScanned, Report, Target};
use crate::rules::{self, Settings};
use crate::text::SourceFile;

/// The largest Dockerfile that is read; BuildKit's own limit for what a frontend is sent is of the same order.
const MAX_DOCKERFILE: u64 = 4 << 20;

/// A path to check: a file, a folder, or `-` for stdin.
pub type Input = PathBuf;

/// Checks every Dockerfile that the inputs name or hold and adds the outcome to a report, in the order of the inputs and, below a
/// folder, of the paths. Returns how many there were.
pub fn check(inputs: &[Input], options: &Options, settings: &Settings, jobs: usize, report: &mut Report) -> usize {
    let found = find(inputs, jobs);
    let outcomes = pool::map(&found, jobs, |path| check_file(path, options, settings));
    for (path, outcome) in found.iter().zip(outcomes) {
        match outcome {
            Ok((target, findings)) => report.add(Target::Dockerfile(Box::new(target)), findings),
            Err(reason) => report.not_scanned.push(NotScanned { target: path.display().to_string(), reason }),
        }
    }
    found.len()
}

/// The Dockerfiles that inputs name or hold, in the order of the inputs.
pub(super) fn find(inputs: &[Input], jobs: usize) -> Vec<PathBuf> {
    let below = |input: &Input| if input.is_dir() { discover(input, jobs) } else { vec![input.clone()] };
    inputs.iter().flat_map(below).collect()
}

/// Whether a file is a Dockerfile by its name.
fn is_dockerfile(name: &str) -> bool {
    let ignore_file = name.ends_with(".dockerignore");
    let by_name = name == "Dockerfile" || name.starts_with("Dockerfile.") || name.starts_with("Containerfile");
    !ignore_file && (by_name || name.ends_with(".Dockerfile") || name.ends_with(".dockerfile"))
}

/// The Dockerfiles below a folder in the order of their paths, `.gitignore` respected, hidden folders (`.devcontainer`) included.
fn discover(folder: &Path, jobs: usize) -> Vec<PathBuf> {
    let found = Mutex::new(Vec::new());
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false).require_git(false).threads(jobs).filter_entry(|entry| entry.file_name() != ".git");
    walk.build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.file_name().to_str().is_some_and(is_dockerfile)
                && let Ok(mut found) = found.lock()
            {
                found.push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort();
    found
}

fn check_file(path: &Path, options: &Options, settings: &Settings) -> Result<(DockerfileTarget, Vec<Finding>), String> {
    let text = read(path)?;
    let stdin = path == Path::new("-");
    let name = if stdin { "<stdin>".to_owned() } else { name(path) };
    let context: Box<dyn Context> =
        if stdin { Box::new(NoContext) } else { Box::new(FolderContext::new(folder(path), path)) };
    let facts = dockerfile::read(SourceFile::new(name, text), context.as_ref(), options);
    if let Some(problem) = facts.problems.first() {
        let line = facts.file.position(problem.span.start).line;
        return Err(format!("it does not build: line {line}: {}", problem.message));
    }
    let findings = rules::check_dockerfile(&facts, settings);
    let bundle = facts.shipped().map_or(BundleState::Absent, |stage| stage.bundle());
    let judgement = judgement(&bundle, settings);
    Ok((DockerfileTarget { facts, bundle, judgement }, findings))
}

/// What a Dockerfile is called in reports.
pub(super) fn name(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// The folder that a Dockerfile lies in: its build context.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Judges the best of the places, where its bytes are known.
fn judgement(bundle: &BundleState, settings: &Settings) -> Option<Judgement> {
    let BundleState::Present(places) = bundle else { return None };
    let bytes = places.first()?.contents.exact()?;
    Some(judge(&Contents::read(&bytes), &settings.reference, settings.at))
}

/// The text of a Dockerfile. What is not UTF-8 in it (a comment in another encoding) is replaced; what is no text is refused.
fn read(path: &Path) -> Result<String, String> {
    read_bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of a Dockerfile.
///
/// # Errors
/// Why it cannot be read, or is none.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    if bytes.len() as u64 > MAX_DOCKERFILE {
        return Err("it is larger than 4 MiB, which no Dockerfile is".to_owned());
    }
    if bytes.contains(&0) {
        return Err("it is not text, so it is no Dockerfile".to_owned());
    }
    Ok(bytes)
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
