//! Which files below a source are copied, and under which names: `--exclude` and `--parents`.

use crate::dockerfile::patterns::Patterns;
use crate::shell::{self, Holding};
use crate::tree::{self, Kind, Node};

/// A source, as `COPY` takes it apart: the places that are copied from, and which files below them.
pub(super) struct Source<'s> {
    /// The path or pattern of the places.
    pub place: &'s str,
    /// The pattern of the files below, which keep their directories (`--parents`); none where all of a place is copied.
    pub below: Option<&'s str>,
}

impl<'s> Source<'s> {
    /// Takes a source apart. With `--parents` the directories of its path are kept, from the pivot `/./` on where it has one.
    pub fn new(written: &'s str, parents: bool) -> Self {
        if !parents {
            return Self { place: written, below: None };
        }
        let (place, below) = written.split_once("/./").unwrap_or(("", written));
        Self { place, below: Some(below) }
    }
}

/// Which files below a place are copied. Paths are relative to it, with `/`, cleaned.
#[derive(Default)]
pub(super) struct Selection<'s> {
    excluded: Option<&'s Patterns>,
    included: Option<Patterns>,
}

impl<'s> Selection<'s> {
    /// All that `below` names, or all there is; but what `excluded` matches.
    pub fn new(below: Option<&str>, excluded: &'s Patterns) -> Self {
        Self { excluded: Some(excluded), included: below.map(|below| Patterns::new([below])) }
    }

    /// Whether a file is copied.
    pub fn takes(&self, path: &str) -> bool {
        self.included.as_ref().is_none_or(|patterns| patterns.matches(path)) && !self.excludes(path)
    }

    /// Whether a directory is copied for its own sake, so that it is there though nothing in it is.
    pub fn makes(&self, directory: &str) -> bool {
        self.takes(directory)
    }

    /// Whether nothing below a directory can be copied.
    pub fn prunes(&self, directory: &str) -> bool {
        self.excludes(directory) && self.excluded.is_none_or(|patterns| !patterns.has_exceptions())
    }

    fn excludes(&self, path: &str) -> bool {
        self.excluded.is_some_and(|patterns| patterns.matches(path))
    }

    /// A copy of what is at `path`, as far as it is copied; tombstones are not.
    pub fn of(&self, node: &Node<Holding>, path: &str) -> Option<Node<Holding>> {
        let Kind::Directory(names) = &node.kind else {
            return (!matches!(node.kind, Kind::Removed) && self.takes(path)).then(|| node.clone());
        };
        if self.prunes(path) {
            return None;
        }
        let mut kept = tree::Directory::default();
        for (name, child) in names.iter() {
            if let Some(child) = self.of(child, &joined(path, &String::from_utf8_lossy(name))) {
                kept.insert(name, child);
            }
        }
        let is_empty = kept.iter().next().is_none();
        (!is_empty || path.is_empty() || self.makes(path)).then(|| Node {
            kind: Kind::Directory(kept),
            attributes: node.attributes,
            payload: node.payload.clone(),
        })
    }
}

/// The directories of a pattern before its first component that is one: there is no need to look anywhere else.
pub(super) fn fixed_part(pattern: &str) -> String {
    let components = pattern.split('/').filter(|component| !component.is_empty() && *component != ".");
    components.take_while(|component| !shell::is_pattern(component)).collect::<Vec<_>>().join("/")
}

/// A name in a directory; the root's is empty.
pub(super) fn joined(directory: &str, name: &str) -> String {
    match (directory, name) {
        ("", name) => name.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, name) => format!("{directory}/{name}"),
    }
}
