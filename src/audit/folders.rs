//! Where folders really are, and which repository they are in: each is looked at once, however many Dockerfiles lie in or below it.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::files;

/// A folder.
#[derive(Debug)]
struct Folder {
    /// Its path without links, or as it is written where it leads to nothing.
    place: PathBuf,
    /// The root of its repository: the nearest folder with `.git`, itself or above it.
    root: Option<Arc<Path>>,
}

/// What was learnt of folders.
#[derive(Debug, Default)]
pub struct Folders {
    known: Mutex<HashMap<PathBuf, Arc<Folder>>>,
}

impl Folders {
    /// The path of a folder without links, or as it is where it leads to nothing.
    pub fn place(&self, folder: &Path) -> PathBuf {
        self.look(folder).place.clone()
    }

    /// The root of the repository that a folder is in: the nearest one with `.git`.
    pub fn root(&self, folder: &Path) -> Option<Arc<Path>> {
        self.look(folder).root.clone()
    }

    /// A folder and those above it up to a root, the nearest first; without a root itself alone. They are written as the folder is.
    pub fn up_to(&self, folder: &Path, root: Option<&Path>) -> Vec<PathBuf> {
        let mut all = vec![folder.to_owned()];
        let Some(root) = root else { return all };
        let mut at = self.place(folder);
        let mut written = folder.to_owned();
        while at != root && at.pop() {
            written = match written.components().next_back() {
                Some(Component::Normal(_)) => files::folder(&written).to_owned(),
                Some(Component::ParentDir) => written.join(".."),
                // `.` and the empty path
                _ => PathBuf::from(".."),
            };
            all.push(written.clone());
        }
        all
    }

    fn look(&self, folder: &Path) -> Arc<Folder> {
        let known =
            |folders: &Self| folders.known.lock().unwrap_or_else(PoisonError::into_inner).get(folder).map(Arc::clone);
        if let Some(known) = known(self) {
            return known;
        }
        let found = Arc::new(self.find(folder));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), Arc::clone(&found));
        found
    }

    fn find(&self, folder: &Path) -> Folder {
        // Where the folder above is known and this one is no link, its name is all there is to add.
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        let is_named = matches!(folder.components().next_back(), Some(Component::Normal(_)));
        let is_folder = || fs::symlink_metadata(folder).is_ok_and(|metadata| metadata.is_dir());
        let (place, above) = match (above, folder.file_name()) {
            (Some(above), Some(name)) if is_named && is_folder() => {
                let above = self.look(above);
                (above.place.join(name), above.root.clone())
            }
            _ => {
                let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
                let mut above = place.ancestors().skip(1);
                let root = above.find(|above| above.join(".git").exists()).map(Arc::from);
                (place, root)
            }
        };
        let root = if place.join(".git").exists() { Some(Arc::from(place.as_path())) } else { above };
        Folder { place, root }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_through_links_and_nearest_first() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        for folder in ["outer/.git", "outer/a/b", "outer/inner/.git", "outer/inner/c", "elsewhere"] {
            fs::create_dir_all(place.join(folder)).unwrap();
        }
        let folders = Folders::default();
        let root =
            |folder: &str| folders.root(&place.join(folder)).map(|root| root.strip_prefix(&place).unwrap().to_owned());
        assert_eq!(root("outer/a/b"), Some("outer".into()));
        assert_eq!(root("outer/inner/c"), Some("outer/inner".into()));
        assert_eq!(root("elsewhere"), Folders::default().root(&place).map(|_| PathBuf::new()));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(place.join("outer/inner/c"), place.join("elsewhere/link")).unwrap();
            fs::create_dir(place.join("outer/inner/c/d")).unwrap();
            assert_eq!(root("elsewhere/link/d"), Some("outer/inner".into()));
            assert_eq!(folders.place(&place.join("elsewhere/link/d")), place.join("outer/inner/c/d"));
        }
        let above = folders.up_to(&place.join("outer/a/b"), Some(&place.join("outer")));
        assert_eq!(above, ["outer/a/b", "outer/a", "outer"].map(|folder| place.join(folder)));
        assert_eq!(folders.up_to(&place.join("outer/a"), None), [place.join("outer/a")]);
    }
}
