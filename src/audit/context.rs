//! A folder as a build context.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::dockerfile::context::{Context, Entry};
use crate::dockerfile::dockerignore::DockerIgnore;

/// The largest file of a context that is read: no bundle and no script is larger.
const MAX_FILE: u64 = 4 << 20;

/// The files below a folder, as far as `.dockerignore` lets a build see them.
pub struct FolderContext {
    folder: PathBuf,
    ignore: DockerIgnore,
}

impl FolderContext {
    /// The folder as the context of the Dockerfile of that name in it (whose own `NAME.dockerignore` comes first, as in BuildKit).
    pub fn new(folder: &Path, dockerfile: &Path) -> Self {
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        let text =
            fs::read_to_string(own).or_else(|_| fs::read_to_string(folder.join(".dockerignore"))).unwrap_or_default();
        Self { folder: folder.to_owned(), ignore: DockerIgnore::parse(&text) }
    }
}

impl FolderContext {
    /// Whether a build would see a file of that path, if there were one.
    pub fn lets_in(&self, path: &str) -> bool {
        !self.ignore.excludes(path)
    }
}

impl Context for FolderContext {
    fn read(&self, path: &str) -> Entry {
        let place = self.folder.join(path);
        // A link out of the context is not followed by a build either.
        let (Ok(place), Ok(root)) = (place.canonicalize(), self.folder.canonicalize()) else { return Entry::Missing };
        if !place.starts_with(root) {
            return Entry::Missing;
        }
        let Ok(metadata) = fs::metadata(&place) else { return Entry::Missing };
        if self.ignore.excludes(path) && !(metadata.is_dir() && self.ignore.has_exceptions()) {
            return Entry::Ignored;
        }
        if metadata.is_dir() {
            let Ok(entries) = fs::read_dir(&place) else { return Entry::Missing };
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let mut names: Vec<_> =
                names.filter(|name| self.ignore.has_exceptions() || !self.ignore.excludes(&below(name))).collect();
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
