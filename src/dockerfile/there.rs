//! What is at a path that a program of the image names, as far as the Dockerfile tells.

use crate::shell::{Contents, Holding, Reach};
use crate::tree::{Attributes, Kind, Lookup, Node, Outcome, TreePath};

use super::facts::{Stage, UserSet};
use super::material::is_bundle_name;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum There {
    /// A file.
    File {
        /// What it is made of.
        contents: Contents,
        /// What keeps the image's user from reading it: a directory on the way, or the file itself, with mode and owner.
        barrier: Option<(TreePath, Attributes)>,
    },
    /// No file, surely.
    Nothing,
    /// Can't be told: the base image or the context may have it, or a command that was not understood may have made it.
    Unknown,
}

/// What published base images bring below these places is not listed here.
const OF_BASES: &[&str] = &["/bin", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr", "/var"];

/// The home of root.
const HOME_OF_ROOT: &str = "/root";

impl Stage {
    /// What is at a path.
    pub fn there(&self, path: &TreePath) -> There {
        let walk = self.tree.lookup(path);
        match walk.outcome {
            Outcome::Found(node) if matches!(node.kind, Kind::File) => {
                There::File { contents: node.payload.contents.clone(), barrier: self.barrier(&walk, Some(node)) }
            }
            Outcome::Found(_) | Outcome::Removed(_) => There::Nothing,
            Outcome::Absent | Outcome::NotDirectory(_)
                if !self.may_be_unseen(path) && !self.may_be_unseen(&walk.path) =>
            {
                There::Nothing
            }
            _ => There::Unknown,
        }
    }

    /// What keeps the image's user out of the home that a path lies in; none where nothing does, or that can't be told.
    pub fn home_barrier(&self, path: &TreePath) -> Option<(TreePath, Attributes)> {
        let root = TreePath::new(HOME_OF_ROOT);
        // Every base image has that directory, and keeps it for root alone.
        if path.starts_with(&root)
            && self.is_of_another_than_root()
            && matches!(self.tree.lookup(&root).outcome, Outcome::Absent)
        {
            return Some((root, Attributes::root(0o700)));
        }
        self.barrier(&self.tree.lookup(path), None)
    }

    fn barrier(&self, walk: &Lookup<'_, Holding>, file: Option<&Node<Holding>>) -> Option<(TreePath, Attributes)> {
        let directories = walk.passed().into_iter().map(|(at, node)| (at, node, 0o1));
        let file = file.map(|node| (walk.path.clone(), node, 0o4));
        directories
            .chain(file)
            .find(|(_, node, bit)| self.may(node, *bit) == Some(false))
            .map(|(at, node, _)| (at, node.attributes))
    }

    /// Whether there may be something at a path that is not known.
    fn may_be_unseen(&self, path: &TreePath) -> bool {
        let reaches = |reach: &Reach| match reach {
            Reach::Anywhere => true,
            Reach::Below(place) => path.starts_with(place),
        };
        let name = path.file_name().map(String::from_utf8_lossy).unwrap_or_default();
        let of_base = OF_BASES.iter().any(|place| path.starts_with(&TreePath::new(place))) && !is_bundle_name(&name);
        of_base
            || self.opaque.iter().any(|place| path.starts_with(place))
            || self.gaps.iter().any(|gap| reaches(&gap.reach))
    }

    /// Whether the image runs as a user that is surely not root.
    fn is_of_another_than_root(&self) -> bool {
        match self.user.set {
            UserSet::Unknown => false,
            _ => self.user.name != "root" && self.user.uid != Some(0),
        }
    }
}
