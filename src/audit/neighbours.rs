//! What stands beside a source file in its repository and decides with it: the versions that lock files name, and the images that are
//! built of the folder that it is in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::dockerfiles::{self, folder};
use super::plan::plain;
use crate::client::lock::{self, Versions};
use crate::client::{Connection, Surroundings};
use crate::dockerfile::facts::BundleState;
use crate::report::{DockerfileTarget, Report, Target};
use crate::tree::TreePath;

/// An image that is built of a folder.
#[derive(Debug)]
struct Built {
    environment: BTreeMap<String, String>,
    bundle: Option<TreePath>,
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
}

impl Neighbours {
    /// Reads lock files, and takes the images from what was found out of Dockerfiles.
    pub fn new(locks: &[PathBuf], report: &Report) -> Self {
        let mut neighbours = Self::default();
        for path in locks {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Ok(bytes) = dockerfiles::read_bytes(path) else { continue };
            let found = lock::versions(name, &String::from_utf8_lossy(&bytes));
            let versions = neighbours.versions.entry(plain(folder(path)).to_owned()).or_default();
            for (package, version) in found {
                versions.entry(package).or_insert(version);
            }
        }
        for target in &report.targets {
            let Target::Dockerfile(target) = target else { continue };
            let Some((folder, built)) = built(target) else { continue };
            neighbours.built_of.entry(folder).or_default().push(neighbours.built.len());
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

impl Beside<'_> {
    /// What decides with a connection in the file.
    pub fn surroundings(&self, connection: &Connection) -> Surroundings {
        let packages = connection.driver.packages;
        let named = |versions: &&Versions| packages.iter().find_map(|package| versions.get(package)).cloned();
        let version = self.versions.iter().find_map(named);
        Surroundings { version, environment: self.environment.clone(), ..Surroundings::default() }
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

/// The image that a Dockerfile makes, and the folder that it is built of.
fn built(target: &DockerfileTarget) -> Option<(PathBuf, Built)> {
    let stage = target.facts.shipped()?;
    let bundle = match &target.bundle {
        BundleState::Present(places) => places.first().map(|place| place.path.clone()),
        _ => None,
    };
    let context = target.built_as.context.as_deref().map(Path::new);
    let folder = plain(context.unwrap_or_else(|| folder(Path::new(target.facts.file.name())))).to_owned();
    Some((folder, Built { environment: stage.environment.clone(), bundle }))
}
