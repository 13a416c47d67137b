//! The configuration that holds for what is looked at: found from there up to the repository's root, and read.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigError};
use crate::text::SourceFile;

/// The largest configuration that is read; one of a thousand ignores has a tenth of it.
const MAX_CONFIG: u64 = 1 << 20;

/// A configuration, and where it is.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// What it says.
    pub config: Config,
    /// Its folder, without links: what paths in it are from. None where there is no configuration.
    pub folder: Option<PathBuf>,
}

/// Why there is no telling what is configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is too large.
    #[error("{} is larger than 1 MiB, which no configuration is", .0.display())]
    TooLarge(PathBuf),
    /// It is no text.
    #[error("{} is not UTF-8, so it is no configuration", .0.display())]
    NoText(PathBuf),
    /// It says something that means nothing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Paths that one run is to check have different ones.
    #[error("{} and {} both hold for some of the paths; check them one by one, or name one with --config", .0.display(), .1.display())]
    Several(PathBuf, PathBuf),
}

impl Configuration {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or says something that means nothing.
    pub fn read(file: &Path) -> Result<Self, ConfigurationError> {
        let refused = |error| ConfigurationError::Read { file: file.to_owned(), error };
        let mut bytes = Vec::new();
        fs::File::open(file).and_then(|opened| opened.take(MAX_CONFIG + 1).read_to_end(&mut bytes)).map_err(refused)?;
        if bytes.len() as u64 > MAX_CONFIG {
            return Err(ConfigurationError::TooLarge(file.to_owned()));
        }
        let text = String::from_utf8(bytes).map_err(|_| ConfigurationError::NoText(file.to_owned()))?;
        let name = file.strip_prefix("./").unwrap_or(file).display().to_string();
        let config = Config::read(SourceFile::new(name, text))?;
        let place = file.canonicalize().map_err(refused)?;
        Ok(Self { config, folder: place.parent().map(Path::to_owned) })
    }

    /// Finds and reads the one that holds for all of these paths: the nearest one, from each path up to the root of the repository that
    /// it lies in. Outside of a repository only the path's own folder is looked in: what lies further up may be anybody's.
    ///
    /// # Errors
    /// As [`Configuration::read`], or the paths have different ones.
    pub fn find(paths: &[PathBuf]) -> Result<Self, ConfigurationError> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in paths.iter().filter_map(|path| nearest(path)) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        match files.as_slice() {
            [] => Ok(Self::default()),
            [file] => Self::read(&shown(file)),
            [first, second, ..] => Err(ConfigurationError::Several(shown(first), shown(second))),
        }
    }

    /// Whether looking at these paths is looking at all of the configuration's folder.
    pub fn is_covered_by(&self, paths: &[PathBuf]) -> bool {
        let Some(folder) = &self.folder else { return false };
        paths.iter().filter_map(|path| path.canonicalize().ok()).any(|path| folder.starts_with(path))
    }
}

/// The nearest configuration of a path.
fn nearest(path: &Path) -> Option<PathBuf> {
    let path = if path == Path::new("-") { Path::new(".") } else { path };
    let path = path.canonicalize().ok()?;
    let start = if path.is_dir() { path.as_path() } else { path.parent()? };
    // In a worktree or a submodule `.git` is a file.
    let root = start.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(start);
    start
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .map(|folder| folder.join(config::NAME))
        .find(|file| file.is_file())
}

/// A path as people name it: from the current folder, where it lies below.
fn shown(file: &Path) -> PathBuf {
    let current = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let below = current.ok().and_then(|current| Some(file.strip_prefix(current).ok()?.to_owned()));
    below.unwrap_or_else(|| file.to_owned())
}
