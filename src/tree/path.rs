//! Absolute paths inside a file system that is not this machine's: bytes, cleaned, never leaving the root.

use std::fmt;

use crate::text;

/// An absolute path below some root, in bytes (a name in a layer need not be UTF-8), without `.`, `..`, `//` or a trailing `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Deserialize, serde::Serialize)]
pub struct TreePath(#[serde(with = "text::latin1")] Vec<u8>);

impl TreePath {
    /// The root itself.
    pub const ROOT: TreePath = TreePath(Vec::new());

    /// Cleans a name as runtimes do (`path.Clean("/" + name)` in Go): relative names start at the root, and `..` stops there.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        TreePath::ROOT.resolve(name)
    }

    /// A path of bytes that are clean, as a part of another path's are.
    pub(super) fn clean(bytes: &[u8]) -> Self {
        TreePath(bytes.to_vec())
    }

    /// `name` seen from this directory, purely by its words: `..` takes a component away, a leading `/` starts at the root.
    pub fn resolve(&self, name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        let start: &[u8] = if name.first() == Some(&b'/') { &[] } else { &self.0 };
        let mut path = Vec::with_capacity(start.len() + 1 + name.len());
        path.extend_from_slice(start);
        let mut path = TreePath(path);
        for component in name.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => path.pop(),
                _ => path.push(component),
            }
        }
        path
    }

    /// This path with one more component, which is taken as it is.
    pub fn join(&self, component: impl AsRef<[u8]>) -> Self {
        let component = component.as_ref();
        let mut path = Vec::with_capacity(self.0.len() + 1 + component.len());
        path.extend_from_slice(&self.0);
        let mut path = TreePath(path);
        path.push(component);
        path
    }

    /// Adds one more component, which is taken as it is.
    pub(super) fn push(&mut self, component: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(component);
    }

    /// Takes the last component away; the root stays.
    fn pop(&mut self) {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        self.0.truncate(end);
    }

    /// Takes all but the first `length` bytes away: what [`TreePath::push`] added.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// The components from the root down.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|component| !component.is_empty())
    }

    /// The directory that holds it; none for the root.
    pub fn parent(&self) -> Option<TreePath> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(TreePath(self.0[..end].to_vec()))
    }

    /// The last component; none for the root.
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().next_back()
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is `other` or lies below it.
    pub fn starts_with(&self, other: &TreePath) -> bool {
        other.is_root()
            || self
                .0
                .strip_prefix(other.0.as_slice())
                .is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
    }

    /// What is left of this path below `other`, without a leading `/`; none where it is not below it.
    pub fn strip_prefix(&self, other: &TreePath) -> Option<&[u8]> {
        if !self.starts_with(other) {
            return None;
        }
        let rest = &self.0[other.0.len()..];
        Some(rest.strip_prefix(b"/").unwrap_or(rest))
    }

    /// The bytes, without a leading `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for TreePath {
    fn from(name: &str) -> Self {
        TreePath::new(name)
    }
}

impl fmt::Display for TreePath {
    /// With the leading `/`; what is not UTF-8 or would act on a terminal is replaced or escaped.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "/{}", text::escape(&String::from_utf8_lossy(&self.0)))
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_stay_below_the_root() {
        for (name, clean) in [
            ("./etc//ssl/", "/etc/ssl"),
            ("../../etc/x", "/etc/x"),
            ("/a/../../b/./c", "/b/c"),
            ("", "/"),
            (".", "/"),
            ("a\\b", "/a\\b"),
        ] {
            assert_eq!(TreePath::new(name).to_string(), clean, "{name}");
        }
        assert_eq!(TreePath::new("/etc/ssl").resolve("../pki"), TreePath::new("/etc/pki"));
        assert_eq!(TreePath::new("/etc/ssl").resolve("/pki"), TreePath::new("/pki"));
    }

    #[test]
    fn a_prefix_ends_at_a_component() {
        let path = TreePath::new("/etc/ssl/certs");
        assert!(path.starts_with(&TreePath::new("/etc/ssl")));
        assert!(path.starts_with(&path));
        assert!(path.starts_with(&TreePath::ROOT));
        assert!(!TreePath::new("/etc/ssl2").starts_with(&TreePath::new("/etc/ssl")));
        assert_eq!(path.strip_prefix(&TreePath::new("/etc")), Some(&b"ssl/certs"[..]));
        assert_eq!(path.strip_prefix(&TreePath::ROOT), Some(&b"etc/ssl/certs"[..]));
        assert_eq!(path.strip_prefix(&path), Some(&b""[..]));
    }

    #[test]
    fn parents_end_at_the_root() {
        let path = TreePath::new("/etc/ssl");
        assert_eq!(path.parent(), Some(TreePath::new("/etc")));
        assert_eq!(path.parent().and_then(|parent| parent.parent()), Some(TreePath::ROOT));
        assert_eq!(TreePath::ROOT.parent(), None);
        assert_eq!(path.file_name(), Some(&b"ssl"[..]));
    }
}
