//! The files of an image that is stored as files: in a folder, in an archive, or in what came through standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::oci::source::{LARGEST_MANIFEST, SourceError};
use crate::text;

/// Files by their path with `/` between its parts.
pub(super) trait Files: Send + Sync {
    /// What they are called in messages.
    fn name(&self) -> &str;

    /// Whether there is a file of this path.
    fn contains(&self, path: &str) -> bool;

    /// A file from its beginning, and its size in bytes.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] when there is none.
    fn open(&self, path: &str) -> Result<(Box<dyn Read + Send + '_>, u64), SourceError>;

    /// The digest and size of a file's bytes, where they have been read already.
    fn known(&self, path: &str) -> Option<(Digest, u64)> {
        let _ = path;
        None
    }

    /// Whether every file can be opened again.
    fn opens_again(&self) -> bool {
        true
    }
}

/// How much of a file tells what it is: a block of tar.
const START: u64 = 512;

/// The first bytes of a file, fewer where it has fewer.
///
/// # Errors
/// What the system says.
pub(super) fn read_start(file: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start)?;
    Ok(start)
}

/// A small file, whole.
///
/// # Errors
/// As [`Files::open`]; [`SourceError::Invalid`] when it is larger than a manifest may be.
pub(super) fn read_small(files: &dyn Files, path: &str) -> Result<Vec<u8>, SourceError> {
    let (file, size) = files.open(path)?;
    if size > LARGEST_MANIFEST as u64 {
        return Err(SourceError::Invalid(format!(
            "{}: {path} has {size} bytes, more than any image has there",
            files.name()
        )));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_MANIFEST as u64)
        .read_to_end(&mut bytes)
        .map_err(|source| SourceError::Io { context: format!("{}: {path}", files.name()), source })?;
    Ok(bytes)
}

/// A folder.
pub(super) struct Folder {
    name: String,
    path: PathBuf,
}

impl Folder {
    /// The files below `path`, which the user calls `name`.
    pub(super) fn shared(name: &str, path: &Path) -> Arc<dyn Files> {
        Arc::new(Self { name: text::escape(name).into_owned(), path: path.to_owned() })
    }
}

impl Files for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn contains(&self, path: &str) -> bool {
        self.path.join(path).is_file()
    }

    fn open(&self, path: &str) -> Result<(Box<dyn Read + Send + '_>, u64), SourceError> {
        let opened = File::open(self.path.join(path)).and_then(|file| {
            let meta = file.metadata()?;
            if meta.is_file() { Ok((file, meta.len())) } else { Err(io::ErrorKind::InvalidInput.into()) }
        });
        match opened {
            Ok((file, size)) => Ok((Box::new(file), size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(SourceError::NotFound(format!("{}: {path} is missing; is the image complete?", self.name)))
            }
            Err(source) => Err(SourceError::Io { context: format!("{}: {path}", self.name), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that says of itself that it is small, and goes on for ever.
    struct Liar;

    impl Files for Liar {
        fn name(&self) -> &'static str {
            "liar"
        }

        fn contains(&self, _: &str) -> bool {
            true
        }

        fn open(&self, _: &str) -> Result<(Box<dyn Read + Send + '_>, u64), SourceError> {
            Ok((Box::new(io::repeat(0).take(LARGEST_MANIFEST as u64 * 3)), 1))
        }
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_not_read_on() {
        assert_eq!(read_small(&Liar, "index.json").unwrap().len(), LARGEST_MANIFEST);
    }
}
