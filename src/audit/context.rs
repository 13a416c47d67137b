//! What a build is given: a folder as its context, and images and named contexts from around it.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::bases::Bases;
use super::files::folder;
use super::folders::Folders;
use super::repository::{self, Repository};
use crate::buildfile::is_remote;
use crate::dockerfile::base;
use crate::dockerfile::context::{Context, Entry, Named};
use crate::dockerfile::foundation::Foundation;
use crate::dockerfile::instruction::Dockerfile;
use crate::dockerfile::patterns::Patterns;
use crate::dockerfile::{self, Options};
use crate::shell::{Scripts, is_unknown};
use crate::text::SourceFile;

/// The largest file of a context that is read: no bundle and no script is larger.
const MAX_FILE: u64 = 4 << 20;

/// The files below a folder, as far as `.dockerignore` lets a build see them. Most Dockerfiles take nothing from it that decides
/// anything, so nothing is read before it is asked for.
pub struct FolderContext {
    folder: PathBuf,
    /// The Dockerfile, whose own `NAME.dockerignore` comes first, as in BuildKit; none where it is no file.
    dockerfile: Option<PathBuf>,
    /// The folder without links; none where it is not there.
    root: OnceCell<Option<PathBuf>>,
    /// What is directly in it: most of what is asked for is not there, and this tells without asking the system each time.
    names: OnceCell<HashSet<OsString>>,
    ignore: OnceCell<Patterns>,
}

impl FolderContext {
    /// The folder as the context of a Dockerfile.
    pub fn new(folder: &Path, dockerfile: &Path) -> Self {
        Self { dockerfile: Some(dockerfile.to_owned()), ..Self::without_dockerfile(folder) }
    }

    /// The folder as the context of a Dockerfile that is no file, and as a named context.
    pub fn without_dockerfile(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            dockerfile: None,
            root: OnceCell::new(),
            names: OnceCell::new(),
            ignore: OnceCell::new(),
        }
    }

    /// The folder, as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a build would see a file of that path, if there were one.
    pub fn lets_in(&self, path: &str) -> bool {
        !self.ignore().matches(path)
    }

    /// Whether there is something at a path, a build may see it or not.
    pub fn has(&self, path: &str) -> bool {
        self.may_have(path) && self.folder.join(path).exists()
    }

    /// Whether there may be something at a path, by its first component.
    fn may_have(&self, path: &str) -> bool {
        let names = || {
            let entries = fs::read_dir(&self.folder).into_iter().flatten();
            entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect()
        };
        match Path::new(path).components().find(|component| *component != Component::CurDir) {
            Some(Component::Normal(first)) => self.names.get_or_init(names).contains(first),
            _ => true,
        }
    }

    fn root(&self) -> Option<&Path> {
        self.root.get_or_init(|| self.folder.canonicalize().ok()).as_deref()
    }

    /// Where something really is; none where that is not in the context: a link out of it is not followed by a build either.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let root = self.root()?;
        let mut place = root.to_owned();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(name) => place.push(name),
                Component::CurDir => continue,
                _ => return None,
            }
            if fs::symlink_metadata(&place).ok()?.is_symlink() {
                return root.join(path).canonicalize().ok().filter(|place| place.starts_with(root));
            }
        }
        Some(place)
    }

    fn ignore(&self) -> &Patterns {
        self.ignore.get_or_init(|| {
            let own = self.dockerfile.as_ref().and_then(|dockerfile| {
                let mut own = dockerfile.as_os_str().to_owned();
                own.push(".dockerignore");
                fs::read_to_string(own).ok()
            });
            let text = own.or_else(|| fs::read_to_string(self.folder.join(".dockerignore")).ok());
            Patterns::of_ignore_file(&text.unwrap_or_default())
        })
    }
}

impl Context for FolderContext {
    fn read(&self, path: &str) -> Entry {
        if !self.may_have(path) {
            return Entry::Missing;
        }
        let place = self.folder.join(path);
        let Ok(metadata) = fs::metadata(&place) else { return Entry::Missing };
        let Some(place) = self.inside(path) else { return Entry::Missing };
        let ignore = self.ignore();
        if ignore.matches(path) && !(metadata.is_dir() && ignore.has_exceptions()) {
            return Entry::Ignored;
        }
        if metadata.is_dir() {
            let Ok(entries) = fs::read_dir(&place) else { return Entry::Missing };
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let mut names: Vec<_> =
                names.filter(|name| ignore.has_exceptions() || !ignore.matches(&below(name))).collect();
            names.sort();
            return Entry::Directory(names);
        }
        if !metadata.is_file() {
            return Entry::Missing;
        }
        if metadata.len() > MAX_FILE {
            return Entry::TooLarge;
        }
        let mut bytes = Vec::new();
        match fs::File::open(&place).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes)) {
            Ok(_) if bytes.len() as u64 <= MAX_FILE => Entry::File { bytes: bytes.into(), mode: mode(&metadata) },
            Ok(_) => Entry::TooLarge,
            Err(_) => Entry::Missing,
        }
    }
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

/// Docker gives files from systems without modes the mode 0755.
#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0o755
}

/// Images built upon one another in one repository: a deeper chain is nobody's work.
const MAX_CHAIN: usize = 32;

/// What may be asked beyond the context's own folder.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What is built in the same repository.
    pub repository: &'a Repository,
    /// What was learnt of folders.
    pub folders: &'a Folders,
    /// Where images are looked up; none where nobody asked for that.
    pub bases: Option<&'a Bases<'a>>,
    /// What the user says of every build.
    pub options: &'a Options,
}

/// The context of one build, with what is around it.
pub struct BuildContext<'a> {
    /// The folder; none where only the Dockerfile is known (stdin).
    pub folder: Option<FolderContext>,
    /// What is around.
    pub around: Surroundings<'a>,
    /// The builds that led here, this one last; empty where no file describes it.
    pub chain: Vec<usize>,
    /// The platform that is built for.
    pub platform: String,
    /// Scripts that were read for other builds.
    pub scripts: Rc<Scripts>,
}

impl<'a> BuildContext<'a> {
    /// The context of a build of the repository; `chain` are the builds that led to it and ends with it.
    pub fn of_build(index: usize, mut chain: Vec<usize>, around: Surroundings<'a>, scripts: &Rc<Scripts>) -> Self {
        chain.push(index);
        let local = around.repository.builds.get(index);
        let folder = local.map(|local| match &local.dockerfile {
            Some(dockerfile) => FolderContext::new(&local.context, dockerfile),
            None => FolderContext::without_dockerfile(&local.context),
        });
        let platform = local.and_then(|local| local.build.platform.clone());
        let platform = platform.unwrap_or_else(|| around.options.platform.clone());
        Self { folder, around, chain, platform, scripts: Rc::clone(scripts) }
    }

    /// The context of a Dockerfile that no file says how to build: the folder that is given for it, or else the one that it must be.
    /// Says whether that is another than the Dockerfile's own.
    pub fn alone(
        path: &Path,
        within: Option<&Path>,
        dockerfile: &Dockerfile,
        given: Option<&Path>,
        around: Surroundings<'a>,
        scripts: &Rc<Scripts>,
    ) -> (Self, bool) {
        let (folder, inferred) = match given {
            Some(folder) => (Some(FolderContext::new(folder, path)), false),
            None if path == Path::new("-") => (None, false),
            None => {
                let (folder, inferred) = inferred(path, within, dockerfile, around.folders);
                (Some(folder), inferred)
            }
        };
        let platform = around.options.platform.clone();
        (Self { folder, around, chain: Vec::new(), platform, scripts: Rc::clone(scripts) }, inferred)
    }

    /// What another build of the repository makes.
    fn built(&self, index: usize) -> Result<Foundation, String> {
        let Some(local) = self.around.repository.builds.get(index) else { return Err("nobody builds it".to_owned()) };
        let named = format!("{} of {}", local.build.name, local.file);
        if self.chain.contains(&index) || self.chain.len() >= MAX_CHAIN {
            return Err(format!("{named} is built upon itself"));
        }
        // The stage that the user asks for is one of what is checked, not of what that is built upon.
        let options = local.options(&Options { target: None, ..self.around.options.clone() });
        let context = BuildContext::of_build(index, self.chain.clone(), self.around, &self.scripts);
        let built = local
            .text()
            .and_then(|text| dockerfile::foundation(&SourceFile::new(local.recipe_name(), text), &context, &options));
        built.map_err(|why| format!("{named} makes it, and that does not build: {why}"))
    }

    /// What the image of a service or target of the same file holds.
    fn sibling(&self, name: &str) -> Result<Foundation, String> {
        let builds = &self.around.repository.builds;
        let own = self.chain.last().and_then(|index| builds.get(*index));
        match own.and_then(|own| self.around.repository.sibling(own, name)) {
            Some(index) => self.built(index),
            None => Err(format!("there is no build of that name here: {name}")),
        }
    }
}

/// The folder that must be the context of a Dockerfile: its own; or, where nothing that it copies is there, the nearest one above in the
/// same repository where all of it is. Says whether it is such a one.
fn inferred(path: &Path, within: Option<&Path>, dockerfile: &Dockerfile, folders: &Folders) -> (FolderContext, bool) {
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

impl Context for BuildContext<'_> {
    fn read(&self, path: &str) -> Entry {
        self.folder.as_ref().map_or(Entry::Missing, |folder| folder.read(path))
    }

    fn scripts(&self) -> Rc<Scripts> {
        Rc::clone(&self.scripts)
    }

    fn named(&self, name: &str) -> Option<Named> {
        let local = self.around.repository.builds.get(*self.chain.last()?)?;
        let written = local.build.contexts.get(name)?;
        Some(if let Some(image) = written.strip_prefix("docker-image://") {
            Named::Image(image.to_owned())
        } else if let Some(sibling) = written.strip_prefix("service:").or(written.strip_prefix("target:")) {
            Named::Built(self.sibling(sibling).map(Box::new))
        } else if is_remote(written) || is_unknown(written) {
            Named::Built(Err(format!("the named context {name} is not here but at {written}")))
        } else {
            let folder = repository::joined(&local.folder, written);
            Named::Folder(Box::new(FolderContext::without_dockerfile(&folder)))
        })
    }

    fn image(&self, reference: &str) -> Option<Result<Foundation, String>> {
        if self.around.repository.builds.is_empty() && self.around.bases.is_none() {
            return None;
        }
        // A published image is what its publisher says, also where a service gives its own image that name.
        if base::image(reference, self.around.options.at).published {
            return None;
        }
        match self.around.repository.maker(reference) {
            Ok(Some(index)) if !self.chain.contains(&index) => return Some(self.built(index)),
            Err(why) => return Some(Err(why)),
            Ok(_) => {}
        }
        let bases = self.around.bases.filter(|_| !is_unknown(reference))?;
        Some(bases.look_up(reference, &self.platform))
    }
}
