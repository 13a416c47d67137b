//! What stands beside a source file in its repository and decides with it: the versions that lock files name, and the images that are
//! built of the folder that it is in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::discriminant;
use std::path::{Path, PathBuf};

use super::files::{self, folder, plain};
use super::texts::{ClientFile, Texts};
use crate::client::lock::{self, Versions};
use crate::client::{Connection, Judgement, Surroundings, Value};
use crate::dockerfile::There;
use crate::dockerfile::facts::{BundleState, Facts};
use crate::image::Whereabouts;
use crate::rules::{Barrier, CaFile, Settings};
use crate::tree::TreePath;

/// An image that is built of a folder.
#[derive(Debug)]
pub struct Built {
    /// What it is built of.
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    workdir: String,
    user: String,
    bundle: Option<TreePath>,
    /// What it has where the sources of the folder look for authorities.
    ca_files: BTreeMap<TreePath, CaFile>,
    /// Whether libpq finds authorities in the home of its user; none where that can't be told.
    home_root: Option<bool>,
    /// What keeps its user out of his home.
    home: Option<Barrier>,
}

impl Built {
    /// The image that a Dockerfile makes of a folder, with what it has where the folder's sources look; none where no stage ships.
    pub fn new(facts: &Facts, folder: &Path, texts: &Texts<'_>, settings: &Settings) -> Option<Self> {
        let stage = facts.shipped()?;
        let bundle = match stage.bundle() {
            BundleState::Present(places) => places.first().map(|place| place.path.clone()),
            _ => None,
        };
        let mut built = Self {
            folder: plain(folder).to_owned(),
            environment: stage.environment.clone(),
            workdir: stage.workdir.to_string(),
            user: stage.user.name.clone(),
            bundle,
            ca_files: BTreeMap::new(),
            home_root: None,
            home: None,
        };
        let own = texts.clients_below(&built.folder);
        if own.is_empty() {
            return Some(built);
        }
        let looked_in = own.into_iter().flat_map(ClientFile::looks_in);
        let mut named: BTreeSet<_> = looked_in.filter_map(|value| built.path(value)).collect();
        named.extend(built.environment.get("PGSSLROOTCERT").and_then(|value| built.path(&Value::text(value))));
        let files = named.into_iter().map(|path| (path.clone(), CaFile::of_stage(path, stage, settings)));
        built.ca_files = files.collect();
        if let Some(root) = built.whereabouts().home_root() {
            built.home_root = match stage.there(&root) {
                There::File { .. } => Some(true),
                There::Nothing => Some(false),
                There::Unknown => None,
            };
            built.home = stage.home_barrier(&root).map(|barrier| Barrier::of_stage(&stage.user.name, barrier));
        }
        Some(built)
    }

    fn whereabouts(&self) -> Whereabouts<'_> {
        Whereabouts { environment: &self.environment, working_directory: &self.workdir, user: &self.user }
    }

    /// The path in the image that a value of a source file is; none where that can't be told, as of what lies beside it.
    fn path(&self, value: &Value) -> Option<TreePath> {
        match value {
            Value::Beside(_) => None,
            Value::Contents(path) if matches!(**path, Value::Beside(_)) => None,
            value => self.whereabouts().path(value, &TreePath::ROOT),
        }
    }
}

/// All that stands beside source files.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// By the folder that the files lie in.
    versions: BTreeMap<PathBuf, Versions>,
    /// In the order of the report.
    built: Vec<Built>,
    /// Which of them are built of a folder.
    built_of: HashMap<PathBuf, Vec<usize>>,
}

/// What stands beside one file.
pub struct Beside<'n> {
    /// What lock files name, the nearest first.
    versions: Vec<&'n Versions>,
    /// What every image that is built around the file says alike.
    environment: BTreeMap<String, String>,
    /// Where the images that are built around the file have the bundle.
    pub bundle: Option<TreePath>,
    around: Vec<&'n Built>,
}

impl Neighbours {
    /// Reads lock files, and takes the images as they come in the report.
    pub fn new(locks: &[PathBuf], images: Vec<Built>) -> Self {
        let mut neighbours = Self::default();
        for path in locks {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Ok(bytes) = files::read_bytes(path) else { continue };
            let found = lock::versions(name, &String::from_utf8_lossy(&bytes));
            let versions = neighbours.versions.entry(plain(folder(path)).to_owned()).or_default();
            for (package, version) in found {
                versions.entry(package).or_insert(version);
            }
        }
        for built in images {
            neighbours.built_of.entry(built.folder.clone()).or_default().push(neighbours.built.len());
            neighbours.built.push(built);
        }
        neighbours
    }

    /// What decides with the connections in that file.
    pub fn beside(&self, path: &Path) -> Beside<'_> {
        let around = self.around(path);
        Beside {
            versions: path.ancestors().skip(1).filter_map(|folder| self.versions.get(folder)).collect(),
            environment: shared_environment(&around),
            bundle: around.iter().find_map(|built| built.bundle.clone()),
            around,
        }
    }

    /// The images that are built of a folder that the file is in, in the order of the report.
    fn around(&self, path: &Path) -> Vec<&Built> {
        // Everything is in the folder that was started in, also what is named from the root.
        let folders = path.ancestors().chain([Path::new("")]);
        let numbers: BTreeSet<_> = folders.filter_map(|folder| self.built_of.get(folder)).flatten().collect();
        numbers.into_iter().filter_map(|number| self.built.get(*number)).collect()
    }
}

impl<'n> Beside<'n> {
    /// What decides where no image that is built around the file does.
    pub fn without_images(&self) -> Beside<'n> {
        Beside { versions: self.versions.clone(), environment: BTreeMap::new(), bundle: None, around: Vec::new() }
    }

    /// What decides with a connection in the file.
    pub fn surroundings(&self, connection: &Connection) -> Surroundings {
        let packages = connection.driver.packages;
        let named = |versions: &&Versions| packages.iter().find_map(|package| versions.get(package)).cloned();
        let version = self.versions.iter().find_map(named);
        let home_root = self.shared(|built| built.home_root);
        Surroundings { version, environment: self.environment.clone(), home_root, ..Surroundings::default() }
    }

    /// What every image around has where a connection looks for authorities; none where they differ, or that can't be told.
    pub fn ca(&self, judgement: &Judgement) -> Option<CaFile> {
        let file = judgement.file()?;
        let mut found = self.around.iter().map(|built| built.ca_files.get(&built.path(file)?));
        let first = found.next()??;
        let same = found.all(|other| {
            other.is_some_and(|other| {
                discriminant(&other.found) == discriminant(&first.found) && other.mount == first.mount
            })
        });
        same.then(|| first.clone())
    }

    /// What keeps the user of every image around out of his home.
    pub fn home(&self) -> Option<Barrier> {
        let first = self.around.first()?.home.clone();
        first.filter(|_| self.around.iter().all(|built| built.home.is_some()))
    }

    /// What is the same for every image around.
    fn shared<T: PartialEq>(&self, of: impl Fn(&Built) -> Option<T>) -> Option<T> {
        let first = of(self.around.first()?);
        first.filter(|first| self.around.iter().all(|built| of(built).as_ref() == Some(first)))
    }
}

/// What all of them say alike.
fn shared_environment(around: &[&Built]) -> BTreeMap<String, String> {
    let Some((first, others)) = around.split_first() else { return BTreeMap::new() };
    let mut environment = first.environment.clone();
    for other in others {
        environment.retain(|name, value| other.environment.get(name) == Some(value));
    }
    environment
}
