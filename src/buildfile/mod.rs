//! Files that say what is built: compose files and bake files, as far as they tell how a Dockerfile is built.

pub mod bake;
pub mod compose;
pub mod interpolation;

use std::collections::BTreeMap;

/// One build that a file describes. What could not be told in a text of it is `…` ([`crate::shell::UNKNOWN`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The service or target.
    pub name: String,
    /// The build context as written: a folder, relative to the file's own, or an address.
    pub context: String,
    /// The Dockerfile.
    pub recipe: Recipe,
    /// The stage that ships, where it is not the last.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Named contexts, as written: a folder, an address, `docker-image://…`, `service:…`, `target:…`.
    pub contexts: BTreeMap<String, String>,
    /// What the image that is built is called.
    pub images: Vec<String>,
    /// The platform, where it says one: the first of several.
    pub platform: Option<String>,
}

/// Where the Dockerfile of a build is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// A file, relative to the context.
    File(String),
    /// In the compose or bake file itself.
    Inline(String),
}

/// Why a compose or bake file tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildFileError {
    /// It cannot be read as what it should be.
    #[error("it is no {language} that can be read: {message}")]
    Syntax {
        /// YAML, HCL or JSON.
        language: &'static str,
        /// What is wrong, in one line.
        message: String,
    },
}

/// Whether a context is an address and not a folder (`url.IsURL` and `IsGitURL` of BuildKit's clients).
pub fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}
