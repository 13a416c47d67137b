//! What a user asks a repair to look like.

use crate::tree::TreePath;

/// How the bundle is brought in where nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `ADD --chmod=0644 URL PATH`.
    #[default]
    Add,
    /// The same with `--checksum`, so that a build takes no other bytes.
    AddChecksum,
    /// `RUN curl` with `sha256sum -c`, for builders without BuildKit.
    RunCurl,
    /// `COPY` of a file beside the Dockerfile, for builds without a network.
    CopyVendored,
}

/// Where the bundle goes, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How.
    pub style: Style,
    /// Where.
    pub(super) path: TreePath,
}

/// Why a wish cannot be fulfilled.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WishError {
    /// The path would need quoting, in two languages at once.
    #[error(
        "cannot write {0:?} into a Dockerfile: only letters, digits and . _ - + @ / are taken in a bundle path here"
    )]
    Path(String),
}

impl Wish {
    /// A bundle at `path`.
    ///
    /// # Errors
    /// [`WishError::Path`].
    pub fn new(style: Style, path: &TreePath) -> Result<Self, WishError> {
        let text = path.to_string();
        if is_plain(&text) && !path.is_root() {
            Ok(Self { style, path: path.clone() })
        } else {
            Err(WishError::Path(text))
        }
    }
}

/// Whether a word means itself to BuildKit and to every shell.
pub(super) fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+@/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_needs_quotes_is_refused() {
        assert!(Wish::new(Style::Add, &TreePath::new("/etc/ssl/certs/rds-ca.pem")).is_ok());
        for path in ["/a b", "/a$b", "/a\"b", "/a\nUSER root", "/"] {
            assert!(Wish::new(Style::Add, &TreePath::new(path)).is_err(), "{path:?}");
        }
    }
}
