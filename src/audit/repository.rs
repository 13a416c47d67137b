//! What is built in a repository: the builds of its compose and bake files, and which image each of them makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::files;
use super::folders::Folders;
use crate::buildfile::compose::Compose;
use crate::buildfile::interpolation::{Values, dotenv};
use crate::buildfile::{self, Build, Recipe, bake, compose};
use crate::dockerfile::Options;
use crate::report::NotScanned;
use crate::shell::{UNKNOWN, is_unknown, matches};

/// The largest compose or bake file that is read.
const MAX_BUILD_FILE: u64 = 4 << 20;

/// A build that a compose or bake file describes, with its places found.
#[derive(Clone, Debug)]
pub struct LocalBuild {
    /// The file, as reports call it.
    pub file: String,
    /// The file that includes it, or itself.
    project: String,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// What the file says.
    pub build: Build,
    /// The folder that is the context.
    pub context: PathBuf,
    /// The Dockerfile; none where it stands in the file itself.
    pub dockerfile: Option<PathBuf>,
    /// Whether somebody asked for this file, or a folder that it is in. The others are above what was asked for, and only tell how
    /// that is built.
    pub asked: bool,
}

impl LocalBuild {
    /// What decides about the image that comes out; two builds with the same are one.
    pub fn identity(&self) -> impl Ord + use<> {
        let build = &self.build;
        let recipe = match (&self.dockerfile, &build.recipe) {
            (Some(path), _) => Ok(canonical(path)),
            (None, Recipe::Inline(text) | Recipe::File(text)) => Err(text.clone()),
        };
        let context = canonical(&self.context);
        (recipe, context, build.target.clone(), build.args.clone(), build.contexts.clone(), build.platform.clone())
    }

    /// What the build is told, under what the user says.
    pub fn options(&self, user: &Options) -> Options {
        let mut options = user.clone();
        for (name, value) in &self.build.args {
            options.build_args.entry(name.clone()).or_insert_with(|| value.clone());
        }
        options.target = user.target.clone().or_else(|| self.build.target.clone());
        if let Some(platform) = &self.build.platform {
            options.platform.clone_from(platform);
        }
        options
    }

    /// What its Dockerfile is called in reports.
    pub fn recipe_name(&self) -> String {
        match &self.dockerfile {
            Some(path) => files::name(path),
            None => format!("{}: inline Dockerfile of {}", self.file, self.build.name),
        }
    }

    /// The text of its Dockerfile.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn text(&self) -> Result<String, String> {
        match (&self.dockerfile, &self.build.recipe) {
            (Some(path), _) => files::read(path),
            (None, Recipe::Inline(text)) => Ok(text.clone()),
            (None, Recipe::File(_)) => Err("its Dockerfile is not here".to_owned()),
        }
    }
}

/// The builds of a repository.
#[derive(Debug, Default)]
pub struct Repository {
    /// In the order of their files, and in a file by name.
    pub builds: Vec<LocalBuild>,
}

impl Repository {
    /// Reads compose and bake files; `asked` are those somebody asked for. What cannot be read or found is not scanned.
    pub fn read(asked: &BTreeSet<PathBuf>, above: &BTreeSet<PathBuf>, folders: &Folders) -> (Self, Vec<NotScanned>) {
        let mut repository = Self::default();
        let mut missed = Vec::new();
        for group in groups(asked.union(above).cloned()) {
            let is_asked = group.files.iter().any(|file| asked.contains(file));
            let missed_here = repository.take_in(&group, is_asked, folders, MAX_INCLUDES);
            let is_told = |reason: &NotScanned| is_asked || reason.target == group.name();
            missed.extend(missed_here.into_iter().filter(is_told));
        }
        (repository, missed)
    }

    /// Adds the builds of files that are read together, and of those that they include; gives what could not be read or found.
    fn take_in(&mut self, group: &Group, asked: bool, folders: &Folders, depth: usize) -> Vec<NotScanned> {
        let described = match group.describe() {
            Ok(described) => described,
            Err(reason) => return vec![NotScanned { target: group.name(), reason }],
        };
        let service =
            |(name, reason): (String, String)| NotScanned { target: format!("{}: {name}", group.name()), reason };
        let mut missed: Vec<NotScanned> = described.missed.into_iter().map(service).collect();
        for build in described.builds {
            match group.locate(build, asked, folders) {
                Ok(local) => self.builds.push(local),
                Err(reason) => missed.push(reason),
            }
        }
        if let Some(depth) = depth.checked_sub(1) {
            for included in described.includes {
                missed.extend(self.take_in(&included, asked, folders, depth));
            }
        }
        missed
    }

    /// Calls the Dockerfile of these builds as the user does.
    pub fn call(&mut self, builds: &[usize], path: &Path) {
        for index in builds {
            if let Some(local) = self.builds.get_mut(*index) {
                local.dockerfile = Some(path.to_owned());
            }
        }
    }

    /// The build of that name in the same file, or in one that is read with it, by index.
    pub fn sibling(&self, of: &LocalBuild, name: &str) -> Option<usize> {
        self.builds.iter().position(|other| other.project == of.project && other.build.name == name)
    }

    /// The build that makes an image of that name; none where nobody does.
    ///
    /// # Errors
    /// Where several different builds do.
    pub fn maker(&self, reference: &str) -> Result<Option<usize>, String> {
        let wanted = full_name(reference);
        let making = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let makes = |local: &LocalBuild| local.build.images.iter().any(|image| fits(&full_name(image)));
            let mut seen = BTreeSet::new();
            let makers = self.builds.iter().enumerate().filter(|(_, local)| makes(local));
            makers.filter(|(_, local)| seen.insert(local.identity())).map(|(index, _)| index).collect()
        };
        let mut makers = making(&|image| image == wanted);
        if makers.is_empty() {
            makers = making(&|image| may_be(image, &wanted));
        }
        match makers.as_slice() {
            [] => Ok(None),
            [maker] => Ok(Some(*maker)),
            several => {
                let names = several.iter().filter_map(|index| self.builds.get(*index));
                let names: Vec<_> = names.map(|local| format!("{} of {}", local.build.name, local.file)).collect();
                Err(format!("several different builds here make {reference}: {}", names.join(", ")))
            }
        }
    }
}

/// A reference with its tag, as docker completes it.
fn full_name(reference: &str) -> String {
    let name = reference.strip_prefix("docker.io/").unwrap_or(reference);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let tagged = name.contains('@') || name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if tagged { name.to_owned() } else { format!("{name}:latest") }
}

/// Whether two names of which parts are unknown may be the same; the last component of the repository has to be known and equal.
fn may_be(image: &str, wanted: &str) -> bool {
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).split([':', '@']).next().unwrap_or("").to_owned();
    let pattern = |name: &str| name.replace(UNKNOWN, "*");
    let name = last(image);
    (is_unknown(image) || is_unknown(wanted))
        && !name.is_empty()
        && !is_unknown(&name)
        && name == last(wanted)
        && (matches(&pattern(image), wanted) || matches(&pattern(wanted), image))
}

/// Files that are included by files that are included, and so on.
const MAX_INCLUDES: usize = 16;

/// Files that are read together.
struct Group {
    folder: PathBuf,
    /// The main file comes first.
    files: Vec<PathBuf>,
    /// What includes it, and the values that are put in there.
    within: Option<(String, Values)>,
}

/// What a group of files says.
#[derive(Default)]
struct Described {
    builds: Vec<Build>,
    /// Services of which it could not be told how they are built, with why.
    missed: Vec<(String, String)>,
    includes: Vec<Group>,
}

/// Whether a file is a compose or bake file by its name.
pub fn is_build_file(name: &str) -> bool {
    compose::is_compose_file(name) || bake::is_bake_file(name)
}

/// Puts files together: the default bake files of a folder, and each compose file with the main one that it may lie over.
fn groups(files: impl Iterator<Item = PathBuf>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut bakes: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in files {
        let folder = files::folder(&file).to_owned();
        if bake::is_main(&name_of(&file)) {
            if let Some(group) = bakes.get(&folder).and_then(|index| groups.get_mut(*index)) {
                group.files.push(file);
                // Bake reads JSON before HCL, and what overrides after both.
                group.files.sort_by_key(|file| {
                    let name = name_of(file);
                    (name.contains(".override."), name.ends_with(".hcl"))
                });
                continue;
            }
            bakes.insert(folder.clone(), groups.len());
        }
        groups.push(Group { folder, files: vec![file], within: None });
    }
    groups
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Group {
    fn name(&self) -> String {
        self.files.first().map(|file| files::name(file)).unwrap_or_default()
    }

    /// The file that includes this, or itself.
    fn project(&self) -> String {
        self.within.as_ref().map_or_else(|| self.name(), |(project, _)| project.clone())
    }

    fn describe(&self) -> Result<Described, String> {
        let Some(file) = self.files.first() else { return Ok(Described::default()) };
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if matches!(extension, "hcl" | "json") {
            let texts = self.files.iter().map(|file| Ok((name_of(file), read(file)?)));
            let texts = texts.collect::<Result<Vec<_>, String>>()?;
            let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let builds = bake::builds(&texts).map_err(|error| error.to_string())?;
            return Ok(Described { builds, ..Described::default() });
        }
        let mut values = read(&self.folder.join(".env")).map(|text| dotenv(&text)).unwrap_or_default();
        // What the including file has goes first.
        values.extend(self.within.iter().flat_map(|(_, values)| values.clone()));
        let compose = match self.within {
            None => self.compose(file)?,
            Some(_) => {
                let mut files = self.files.iter().map(|file| parse(file));
                let first = files.next().ok_or("no file")??;
                files.try_fold(first, |below, above| Ok::<_, String>(below.overlaid(&above?, true)))?
            }
        };
        // What a file extends is named from the file's own folder.
        let own = files::folder(file).to_owned();
        let (builds, missed) = compose.builds(&values, &|path| {
            let path = joined(&own, path);
            if path.is_file() { parse(&path) } else { Err(format!("there is no {}", files::name(&path))) }
        });
        let includes = compose.includes(&values).into_iter().map(|include| {
            let files: Vec<PathBuf> = include.paths.iter().map(|path| joined(&own, path)).collect();
            let folder = match (&include.folder, files.first()) {
                (Some(folder), _) => joined(&own, folder),
                (None, Some(first)) => files::folder(first).to_owned(),
                (None, None) => own.clone(),
            };
            Group { folder, files, within: Some((self.project(), values.clone())) }
        });
        Ok(Described { builds, missed, includes: includes.collect() })
    }

    /// A compose file, laid over the main one of its folder where it is a part of it.
    fn compose(&self, file: &Path) -> Result<Compose, String> {
        let own = parse(file)?;
        let name = name_of(file);
        if compose::is_main(&name) {
            return Ok(own);
        }
        let mains = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
        let main = mains.iter().map(|name| self.folder.join(name)).find(|path| path.is_file());
        match main.as_deref().map(parse) {
            // An error in the main file is told of that file.
            Some(Ok(main)) => Ok(main.overlaid(&own, name.contains(".override."))),
            _ => Ok(own),
        }
    }

    /// Finds the places of a build.
    fn locate(&self, build: Build, asked: bool, folders: &Folders) -> Result<LocalBuild, NotScanned> {
        let file = self.name();
        let missed = |reason: String| NotScanned { target: format!("{file}: {}", build.name), reason };
        if buildfile::is_remote(&build.context) {
            return Err(missed(format!("its context is not here but at {}", build.context)));
        }
        let named = match &build.recipe {
            Recipe::File(name) => Some(name.clone()),
            Recipe::Inline(_) => None,
        };
        if is_unknown(&build.context) || named.as_deref().is_some_and(is_unknown) {
            let path = named.unwrap_or_else(|| build.context.clone());
            let place = if is_unknown(&build.context) { build.context.clone() } else { path };
            return Err(missed(format!("which Dockerfile it builds depends on a variable without a value: {place}")));
        }
        // Compose takes paths from its file's folder; bake from where it is called, which is its file's folder or one above it.
        let is_bake = file.ends_with(".hcl") || file.ends_with(".json");
        let bound = folders.root(&self.folder);
        let starts = folders.up_to(&self.folder, bound.as_deref().filter(|_| is_bake));
        let place = |start: &PathBuf| {
            let context = joined(start, &build.context);
            let dockerfile = named.as_deref().map(|name| joined(&context, name));
            let there = dockerfile.as_deref().map_or_else(|| context.is_dir(), Path::is_file);
            there.then(|| (start.clone(), context, dockerfile))
        };
        match starts.iter().find_map(place) {
            Some((folder, context, dockerfile)) => {
                let project = self.project();
                Ok(LocalBuild { file: file.clone(), project, folder, context, dockerfile, asked, build })
            }
            None => {
                let context = joined(&self.folder, &build.context);
                let path = named.map_or_else(|| context.clone(), |name| joined(&context, &name));
                Err(missed(format!("there is no {}", files::name(&path))))
            }
        }
    }
}

/// A path below another, without `.` and with `..` taken as it is written.
pub fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for component in folder.join(path).components() {
        match (component, out.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(component),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// The path without links, or as it is where it leads to nothing.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn parse(path: &Path) -> Result<Compose, String> {
    Compose::read(&read(path)?).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BUILD_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BUILD_FILE {
        return Err("it is larger than 4 MiB, which no such file is".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_they_are_written() {
        for (folder, path, expected) in [
            (".", ".", "."),
            (".", "./web", "web"),
            ("a/b", "..", "a"),
            ("a/b", "../../c", "c"),
            ("a", "../..", ".."),
            ("..", "x", "../x"),
            ("/r/a", "../b/./c", "/r/b/c"),
        ] {
            assert_eq!(joined(Path::new(folder), path), Path::new(expected), "{folder} {path}");
        }
    }

    #[test]
    fn names_with_unknown_parts_may_be_the_same() {
        for (image, wanted, expected) in [
            ("…/acme/base:1", "registry.example.com/acme/base:1", true),
            ("acme/base:…", "acme/base:7", true),
            ("acme/base:latest", "acme/base:…", true),
            ("…/acme/base:1", "registry.example.com/acme/base:2", false),
            ("…/acme/base:1", "acme/other:1", false),
            ("…:1", "acme/base:1", false),
            ("acme/base:1", "acme/base:1", false),
        ] {
            assert_eq!(may_be(image, wanted), expected, "{image} {wanted}");
        }
    }
}
