//! What stands beside a source file in its repository and decides with it: the versions that lock files name, and the images that are
//! built of the folder that it is in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dockerfiles::{self, folder};
use crate::client::lock::{self, Versions};
use crate::client::{Connection, Surroundings};
use crate::dockerfile::facts::BundleState;
use crate::report::{DockerfileTarget, Report, Target};
use crate::tree::TreePath;

/// An image that is built of a folder.
#[derive(Debug)]
struct Built {
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    bundle: Option<TreePath>,
}

/// All that stands beside source files.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// By the folder that the files lie in.
    versions: BTreeMap<PathBuf, Versions>,
    built: Vec<Built>,
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
            neighbours.built.extend(built(target));
        }
        neighbours
    }

    /// What decides with a connection in that file.
    pub fn surroundings(&self, path: &Path, connection: &Connection) -> Surroundings {
        let above = path.ancestors().skip(1);
        let mut versions = above.filter_map(|folder| self.versions.get(folder));
        let packages = connection.driver.packages;
        let version = versions.find_map(|versions| packages.iter().find_map(|package| versions.get(package)).cloned());
        Surroundings { version, environment: self.environment(path), ..Surroundings::default() }
    }

    /// What every image that is built around that file says alike.
    fn environment(&self, path: &Path) -> BTreeMap<String, String> {
        let mut around = self.around(path);
        let Some(first) = around.next() else { return BTreeMap::new() };
        let mut environment = first.environment.clone();
        for other in around {
            environment.retain(|name, value| other.environment.get(name) == Some(value));
        }
        environment
    }

    /// Where the images that are built around that file have the bundle.
    pub fn bundle(&self, path: &Path) -> Option<TreePath> {
        self.around(path).find_map(|built| built.bundle.clone())
    }

    fn around(&self, path: &Path) -> impl Iterator<Item = &Built> {
        self.built.iter().filter(move |built| path.starts_with(&built.folder))
    }
}

fn built(target: &DockerfileTarget) -> Option<Built> {
    let stage = target.facts.shipped()?;
    let bundle = match &target.bundle {
        BundleState::Present(places) => places.first().map(|place| place.path.clone()),
        _ => None,
    };
    let context = target.built_as.context.as_deref().map(Path::new);
    let folder = plain(context.unwrap_or_else(|| folder(Path::new(target.facts.file.name())))).to_owned();
    Some(Built { folder, environment: stage.environment.clone(), bundle })
}

/// The path as source files are called: without a dot before it.
fn plain(path: &Path) -> &Path {
    if path == Path::new(".") { Path::new("") } else { path.strip_prefix("./").unwrap_or(path) }
}
