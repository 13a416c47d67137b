//! Dockerfiles: found, read with their contexts, and checked, on all cores.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::bases::Bases;
use super::context::{BuildContext, FolderContext, Surroundings};
use super::folders::Folders;
use super::neighbours::{Built, Neighbours};
use super::plan::{self, Candidate, Job};
use super::pool;
use super::repository::LocalBuild;
use super::sources::{self, ClientFile, Read, Texts};
use crate::bundle::{Contents, Judgement, judge};
use crate::dockerfile::context::Context;
use crate::dockerfile::facts::BundleState;
use crate::dockerfile::instruction::Dockerfile;
use crate::dockerfile::{self, Options};
use crate::finding::Finding;
use crate::report::{BuiltAs, DockerfileTarget, NotScanned, Report, Target};
use crate::rules::{self, Settings};
use crate::shell::{Extent, Part, Scripts, Source};
use crate::text::SourceFile;

/// The largest Dockerfile that is read; BuildKit's own limit for what a frontend is sent is of the same order.
const MAX_DOCKERFILE: u64 = 4 << 20;

/// Room that is made before one is read: nearly all are smaller.
const USUAL_DOCKERFILE: usize = 8 << 10;

/// A path to check: a file, a folder, or `-` for stdin.
pub type Input = PathBuf;

/// How Dockerfiles are built, as far as the user says so.
pub struct Request<'a> {
    /// `--build-arg`, `--target`, and the day.
    pub options: &'a Options,
    /// `--context`: the context of every Dockerfile. No compose or bake file is asked then.
    pub context: Option<&'a Path>,
    /// Where base images are looked up; none where nobody asked for that.
    pub bases: Option<&'a Bases<'a>>,
    /// What is expected.
    pub settings: &'a Settings,
    /// Whether what connects to databases is checked, too.
    pub clients: bool,
}

/// Checks every Dockerfile that the inputs name or hold, once for each different build of it, and adds the outcome to a report: in the
/// order of the inputs and, below a folder, of the paths. Returns how many checks that were, those that could not be made included.
pub fn check(inputs: &[Input], request: &Request<'_>, jobs: usize, report: &mut Report) -> usize {
    let plan = plan::plan(inputs, request.context.is_some(), jobs);
    let around = Surroundings {
        repository: &plan.repository,
        folders: &plan.folders,
        bases: request.bases,
        options: request.options,
    };
    // Clients first: of each image is asked what is where they look, before its files are let go of. Dockerfiles are read once, below.
    let read_below: HashSet<_> = plan.jobs.iter().filter_map(Job::alone).map(plan::plain).collect();
    let (of_dockerfiles, others): (Vec<&Candidate>, Vec<&Candidate>) =
        plan.sources.iter().partition(|source| read_below.contains(source.path.as_path()));
    let mut texts = Texts::new();
    let Read { mut clients, not_scanned: unread } =
        if request.clients { sources::read(&others, &texts, jobs) } else { Read::default() };
    let outcomes = pool::map_with(&plan.jobs, jobs, Rc::default, |job, scripts| {
        check_job(job, around, request, Shared { scripts, clients: &clients })
    });
    let mut images = Vec::new();
    for (job, outcome) in plan.jobs.iter().zip(outcomes) {
        match outcome {
            Ok((target, findings, built)) => {
                images.extend(built);
                if let (Job::Alone { path, .. }, true) = (job, request.clients) {
                    texts.insert(plan::plain(path), Arc::clone(&target.facts.file));
                }
                report.add(Target::Dockerfile(Box::new(target)), findings);
            }
            Err(reason) => {
                let target = match job {
                    Job::Alone { path, .. } => path.display().to_string(),
                    Job::Build { index, .. } => {
                        plan.repository.builds.get(*index).map(LocalBuild::recipe_name).unwrap_or_default()
                    }
                };
                report.not_scanned.push(NotScanned { target, reason });
            }
        }
    }
    let mut count = plan.jobs.len() + plan.not_scanned.len();
    if request.clients {
        let neighbours = Neighbours::new(&plan.locks, images);
        // Those that cannot be read are told of above.
        clients.extend(sources::read(&of_dockerfiles, &texts, jobs).clients);
        let places: HashMap<&Path, usize> =
            plan.sources.iter().enumerate().map(|(at, source)| (source.path.as_path(), at)).collect();
        clients.sort_by_key(|client| places.get(client.path.as_path()).copied());
        for (target, findings) in sources::check(clients, &neighbours, request.settings) {
            report.add(Target::Source(Box::new(target)), findings);
        }
        count += plan.sources.len();
        report.sources = plan.sources.len();
    }
    report.not_scanned.extend(unread);
    report.not_scanned.extend(plan.not_scanned);
    count
}

/// The Dockerfiles that inputs name or hold, in the order of the inputs.
pub(super) fn find(inputs: &[Input], jobs: usize) -> Vec<PathBuf> {
    let below = |input: &Input| if input.is_dir() { plan::dockerfiles_below(input, jobs) } else { vec![input.clone()] };
    inputs.iter().flat_map(below).collect()
}

/// Whether a file that somebody names is a compose or bake file: those may be called anything, Dockerfiles too.
pub(super) fn is_build_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(extension, "yaml" | "yml" | "hcl" | "json") && !is_dockerfile(name)
}

/// Whether a file is a Dockerfile by its name.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let ignore_file = name.ends_with(".dockerignore");
    let by_name = name == "Dockerfile" || name.starts_with("Dockerfile.") || name.starts_with("Containerfile");
    !ignore_file && (by_name || name.ends_with(".Dockerfile") || name.ends_with(".dockerfile"))
}

type Checked = Result<(DockerfileTarget, Vec<Finding>, Option<Built>), String>;

/// What all checks of Dockerfiles have at hand.
#[derive(Clone, Copy)]
struct Shared<'s> {
    scripts: &'s Rc<Scripts>,
    /// The source files that connect to something.
    clients: &'s [ClientFile],
}

fn check_job(job: &Job, around: Surroundings<'_>, request: &Request<'_>, shared: Shared<'_>) -> Checked {
    match job {
        Job::Alone { path, within } => check_alone(path, within.as_deref(), around, request, shared),
        Job::Build { index, named_by, one_of_several } => {
            let Some(local) = around.repository.builds.get(*index) else { return Err("nobody builds it".to_owned()) };
            let file = SourceFile::new(local.recipe_name(), local.text()?);
            let dockerfile = dockerfile::parse(file.text());
            let context = BuildContext::of_build(*index, Vec::new(), around, shared.scripts);
            let built_as = BuiltAs {
                context: Some(name(&local.context)),
                inferred: false,
                named_by: named_by.clone(),
                written_in: local.dockerfile.is_none().then(|| local.file.clone()),
                one_of_several: *one_of_several,
            };
            judge_build(file, dockerfile, &context, &local.options(request.options), built_as, request, shared.clients)
        }
    }
}

/// Checks a Dockerfile that no file says how to build.
fn check_alone(
    path: &Path,
    within: Option<&Path>,
    around: Surroundings<'_>,
    request: &Request<'_>,
    shared: Shared<'_>,
) -> Checked {
    let text = read(path)?;
    let stdin = path == Path::new("-");
    let file = SourceFile::new(if stdin { "<stdin>".to_owned() } else { name(path) }, text);
    let dockerfile = dockerfile::parse(file.text());
    let (folder, inferred) = match request.context {
        Some(folder) => (Some(FolderContext::new(folder, path)), false),
        None if stdin => (None, false),
        None => {
            let (folder, inferred) = context_of(path, within, &dockerfile, around.folders);
            (Some(folder), inferred)
        }
    };
    let context_name = folder.as_ref().map(|folder| name(folder.folder()));
    let context = BuildContext {
        folder,
        around,
        chain: Vec::new(),
        platform: request.options.platform.clone(),
        scripts: Rc::clone(shared.scripts),
    };
    let built_as = BuiltAs { context: context_name, inferred, ..BuiltAs::default() };
    judge_build(file, dockerfile, &context, request.options, built_as, request, shared.clients)
}

/// The folder that must be the context of a Dockerfile: its own; or, where nothing that it copies is there, the nearest one above in the
/// same repository where all of it is. Says whether it is such a one.
pub(super) fn context_of(
    path: &Path,
    within: Option<&Path>,
    dockerfile: &Dockerfile,
    folders: &Folders,
) -> (FolderContext, bool) {
    let own = folder(path);
    let here = FolderContext::new(own, path);
    let sources = dockerfile::sources(dockerfile);
    if sources.is_empty() || sources.iter().any(|source| here.has(source)) {
        return (here, false);
    }
    let root = folders.root(own).or_else(|| within.map(|within| folders.place(within).into()));
    let above = folders.up_to(own, root.as_deref());
    let all_there = |folder: &&PathBuf| sources.iter().all(|source| folder.join(source).exists());
    match above.iter().skip(1).find(all_there) {
        Some(folder) => (FolderContext::new(folder, path), true),
        None => (here, false),
    }
}

fn judge_build(
    file: Arc<SourceFile>,
    dockerfile: Dockerfile,
    context: &dyn Context,
    options: &Options,
    built_as: BuiltAs,
    request: &Request<'_>,
    clients: &[ClientFile],
) -> Checked {
    let mut facts = dockerfile::read_parsed(file, dockerfile, context, options);
    if let Some(problem) = facts.problems.first() {
        let line = facts.file.position(problem.span.start).line;
        return Err(format!("it does not build: line {line}: {}", problem.message));
    }
    let findings = rules::check_dockerfile(&facts, request.settings);
    let bundle = facts.shipped().map_or(BundleState::Absent, |stage| stage.bundle().clone());
    let judgement = judgement(&bundle, request);
    let built = request.clients.then(|| {
        let context = built_as.context.as_deref().map(Path::new);
        let folder = context.unwrap_or_else(|| folder(Path::new(facts.file.name())));
        Built::new(&facts, folder, clients, request.settings)
    });
    facts.release_trees();
    Ok((DockerfileTarget { facts, bundle, judgement, built_as }, findings, built.flatten()))
}

/// What a Dockerfile or folder is called in reports.
pub(super) fn name(path: &Path) -> String {
    let name = path.strip_prefix("./").unwrap_or(path);
    if name.as_os_str().is_empty() { ".".to_owned() } else { name.display().to_string() }
}

/// The folder that a Dockerfile lies in: its build context.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Judges the best of the places, where its bytes are known or were read in an image.
fn judgement(bundle: &BundleState, request: &Request<'_>) -> Option<Judgement> {
    let BundleState::Present(places) = bundle else { return None };
    let contents = &places.first()?.contents;
    let read = match (contents.exact(), contents.parts.as_slice()) {
        (Some(bytes), _) => Contents::read(&bytes),
        (None, [Part { source: Source::Image { reference, path }, extent: Extent::Whole }]) => {
            request.bases?.contents(reference, path)?
        }
        _ => return None,
    };
    Some(judge(&read, &request.settings.reference, request.settings.at))
}

/// The text of a Dockerfile. What is not UTF-8 in it (a comment in another encoding) is replaced; what is no text is refused.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = read_bytes(path)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The bytes of a Dockerfile.
///
/// # Errors
/// Why it cannot be read, or is none.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(USUAL_DOCKERFILE);
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_DOCKERFILE {
        return Err("it is larger than 4 MiB, which no Dockerfile is".to_owned());
    }
    if bytes.contains(&0) {
        return Err("it is not text, so it is no Dockerfile".to_owned());
    }
    Ok(bytes)
}

/// Why a file cannot be read, for people.
pub(super) fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
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
