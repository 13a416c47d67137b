//! The build context, as what decides about a Dockerfile sees it: files to be asked for, implemented by whoever may read files.

use std::sync::Arc;

/// What a build is given besides the Dockerfile. Paths are relative to the context's root, with `/`, cleaned.
pub trait Context {
    /// What is at `path`.
    fn read(&self, path: &str) -> Entry;
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
