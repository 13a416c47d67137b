//! The build context, as what decides about a Dockerfile sees it: files to be asked for, implemented by whoever may read files.

use std::rc::Rc;
use std::sync::Arc;

use super::foundation::Foundation;
use crate::shell::Scripts;

/// What a build is given besides the Dockerfile. Paths are relative to the context's root, with `/`, cleaned.
pub trait Context {
    /// What is at `path`.
    fn read(&self, path: &str) -> Entry;

    /// Scripts that were read for other builds, to be kept for further ones.
    fn scripts(&self) -> Rc<Scripts> {
        Rc::default()
    }

    /// The named context of that name (`--build-context`), which takes the place of a stage or image of that name.
    fn named(&self, _name: &str) -> Option<Named> {
        None
    }

    /// What is known of an image besides its name, where somebody looked: it is built from another Dockerfile here, or it was read
    /// where it is; or why it could not be.
    fn image(&self, _reference: &str) -> Option<Result<Foundation, String>> {
        None
    }
}

/// A named context.
pub enum Named {
    /// A folder.
    Folder(Box<dyn Context>),
    /// Another name for an image (`docker-image://`).
    Image(String),
    /// What another build makes (`service:`, `target:`), or why it could not be told.
    Built(Result<Box<Foundation>, String>),
}

/// What is at a path of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing, or the context is not here at all.
    Missing,
    /// A file.
    File {
        /// What it holds.
        bytes: Arc<[u8]>,
        /// Its permission bits.
        mode: u32,
    },
    /// A directory and the names in it, in byte order; ignored ones are left out.
    Directory(Vec<String>),
    /// A file that is larger than is read.
    TooLarge,
    /// It is there, and `.dockerignore` keeps it out of the build.
    Ignored,
}

/// A context that has nothing: the Dockerfile is all there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContext;

impl Context for NoContext {
    fn read(&self, _path: &str) -> Entry {
        Entry::Missing
    }
}
