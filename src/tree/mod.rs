//! One file-system model for Dockerfiles and images: directories, files, links, removals, and what is not known.
//!
//! A [`Tree`] is a value: it is built by [`Tree::place`] and [`Tree::remove`], which act as an unpacker in a chroot does, and it
//! is asked by [`Tree::lookup`], which walks as the kernel does in a chroot. What every node carries besides (who put it
//! there, what a file holds) is the caller's, as the payload `P`.

mod overlay;
mod path;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub use overlay::Role;
pub use path::TreePath;
pub use walk::{Lookup, Outcome};

/// Links followed in one walk before it counts as a loop (`MAXSYMLINKS` in Linux's `fs/namei.c`).
pub const MAX_LINKS: usize = 40;

/// Mode and owner of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// Permission bits with set-id and sticky bits (`07777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Attributes {
    /// Mode `mode`, owned by root.
    pub const fn root(mode: u32) -> Self {
        Self { mode, uid: 0, gid: 0 }
    }
}

/// Something at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<P> {
    /// What it is.
    pub kind: Kind<P>,
    /// Its mode and owner.
    pub attributes: Attributes,
    /// What the caller knows about it.
    pub payload: P,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<P> {
    /// A directory.
    Directory(Directory<P>),
    /// A regular file; what it holds is in the payload.
    File,
    /// A symbolic link and its target, as written.
    Symlink(Vec<u8>),
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// A tombstone: what was here (here or in a tree below this one) is gone, and the payload tells who removed it.
    Removed,
    /// Something that could not be told: it may be anything, or nothing.
    Unknown,
}

/// A directory's names, and what is to be said of a name that is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory<P> {
    children: BTreeMap<Vec<u8>, Node<P>>,
    /// Of names that are not listed.
    pub unlisted: Unlisted,
}

/// What a directory's listing says of a name that is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unlisted {
    /// It is not there.
    #[default]
    Absent,
    /// It may be there: the directory was not read whole.
    Unknown,
}

impl<P> Default for Directory<P> {
    fn default() -> Self {
        Self { children: BTreeMap::new(), unlisted: Unlisted::Absent }
    }
}

impl<P> Directory<P> {
    /// The node of that name, tombstones included.
    pub fn get(&self, name: &[u8]) -> Option<&Node<P>> {
        self.children.get(name)
    }

    /// Names and nodes in byte order, tombstones included.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Node<P>)> {
        self.children.iter().map(|(name, node)| (name.as_slice(), node))
    }

    /// Names and nodes, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&[u8], &mut Node<P>)> {
        self.children.iter_mut().map(|(name, node)| (name.as_slice(), node))
    }

    /// Takes a name out, as if it had never been there. Returns what was there.
    pub fn take(&mut self, name: &[u8]) -> Option<Node<P>> {
        self.children.remove(name)
    }

    /// Puts what is in another directory over what is here; directories on both sides become one.
    fn take_in(&mut self, other: Self) {
        for (name, mut node) in other.children {
            if let (Some(Node { kind: Kind::Directory(old), .. }), Kind::Directory(new)) =
                (self.children.get_mut(&name), &mut node.kind)
            {
                let mut kept = std::mem::take(old);
                kept.take_in(std::mem::take(new));
                *new = kept;
            }
            self.children.insert(name, node);
        }
    }

    /// Puts a node under a name, in place of what was there.
    pub fn insert(&mut self, name: impl Into<Vec<u8>>, node: Node<P>) -> Option<Node<P>> {
        self.children.insert(name.into(), node)
    }
}

/// A file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree<P> {
    root: Node<P>,
}

impl<P: Clone> Tree<P> {
    /// An empty root directory.
    pub fn new(payload: P) -> Self {
        Self { root: directory(Attributes::root(0o755), payload) }
    }

    /// The root directory's node.
    pub fn root(&self) -> &Node<P> {
        &self.root
    }

    /// The root directory's node, to change.
    pub fn root_mut(&mut self) -> &mut Node<P> {
        &mut self.root
    }

    /// Walks to `path` as the kernel does in a chroot, links of the last component too.
    pub fn lookup(&self, path: &TreePath) -> Lookup<'_, P> {
        walk::run(self, path, true)
    }

    /// The same, but a link as the last component is itself the answer (as `lstat`).
    pub fn lookup_link(&self, path: &TreePath) -> Lookup<'_, P> {
        walk::run(self, path, false)
    }

    /// Adds every place that a walk to `path` comes by to `ways`, without links: directories, the links themselves, and where
    /// it ends or would end.
    pub fn ways(&self, path: &TreePath, ways: &mut BTreeSet<TreePath>) {
        let mut next = Some(path.clone());
        for _ in 0..=MAX_LINKS {
            let Some(path) = next.take() else { return };
            let (mut above, mut rest) = (TreePath::ROOT, path.as_bytes());
            for name in path.components() {
                rest = rest.get(name.len() + 1..).unwrap_or_default();
                above = above.join(name);
                ways.insert(above.clone());
                if let Some(Node { kind: Kind::Symlink(target), .. }) = self.get(&above) {
                    next = Some(above.parent().unwrap_or_default().resolve(target).resolve(rest));
                    break;
                }
            }
        }
    }

    /// The node at a path that holds no links, tombstones included.
    pub fn get(&self, path: &TreePath) -> Option<&Node<P>> {
        path.components().try_fold(&self.root, |node, name| match &node.kind {
            Kind::Directory(directory) => directory.get(name),
            _ => None,
        })
    }

    /// The same, to change.
    pub fn get_mut(&mut self, path: &TreePath) -> Option<&mut Node<P>> {
        path.components().try_fold(&mut self.root, |node, name| match &mut node.kind {
            Kind::Directory(directory) => directory.children.get_mut(name),
            _ => None,
        })
    }

    /// Puts a node at `path` as an unpacker does: links in the directory part are followed (inside the root), directories
    /// that are missing are made with `parent` as their payload, and a directory placed on a directory keeps its names.
    /// Returns the path without links.
    ///
    /// # Errors
    /// [`PlaceError`] where the directory part cannot be walked.
    pub fn place(&mut self, path: &TreePath, node: Node<P>, parent: &P) -> Result<TreePath, PlaceError> {
        let Some(name) = path.file_name().map(<[u8]>::to_vec) else {
            if let (Kind::Directory(_), Kind::Directory(_)) = (&self.root.kind, &node.kind) {
                self.root.attributes = node.attributes;
                self.root.payload = node.payload;
                return Ok(TreePath::ROOT);
            }
            return Err(PlaceError { path: TreePath::ROOT, reason: PlaceReason::Root });
        };
        let directory = self.make_directory(&path.parent().unwrap_or_default(), parent)?;
        let place = directory.join(&name);
        let Some(Node { kind: Kind::Directory(names), .. }) = self.get_mut(&directory) else {
            return Err(PlaceError { path: directory, reason: PlaceReason::NotDirectory });
        };
        let mut node = node;
        if let (Some(Node { kind: Kind::Directory(old), .. }), Kind::Directory(new)) =
            (names.children.get_mut(&name), &mut node.kind)
        {
            let mut kept = std::mem::take(old);
            kept.take_in(std::mem::take(new));
            *new = kept;
        }
        names.insert(name, node);
        Ok(place)
    }

    /// Makes sure there is a directory at `path` and returns its path without links: the name of an unpacker's `mkdir -p`.
    ///
    /// # Errors
    /// [`PlaceError`] where a component is there and is no directory, or is not known.
    pub fn make_directory(&mut self, path: &TreePath, payload: &P) -> Result<TreePath, PlaceError> {
        // What is missing is made and the walk begun again; each round makes one name at least, and no more names than the
        // components of the path and of the links on it can be missing.
        loop {
            let walk = self.lookup(path);
            let error = |reason| Err(PlaceError { path: walk.path.clone(), reason });
            match walk.outcome {
                Outcome::Found(Node { kind: Kind::Directory(_), .. }) => return Ok(walk.path),
                Outcome::Found(_) | Outcome::NotDirectory(_) => return error(PlaceReason::NotDirectory),
                Outcome::Loop => return error(PlaceReason::Loop),
                Outcome::Unknown => return error(PlaceReason::Unknown),
                Outcome::Absent | Outcome::Removed(_) => {
                    let (missing, rest) = (walk.path, walk.rest);
                    let (Some(above), Some(name)) = (missing.parent(), missing.file_name()) else {
                        return Err(PlaceError { path: missing, reason: PlaceReason::Root });
                    };
                    let name = name.to_vec();
                    let Some(Node { kind: Kind::Directory(names), .. }) = self.get_mut(&above) else {
                        return Err(PlaceError { path: above, reason: PlaceReason::NotDirectory });
                    };
                    // Below what is not there nothing is, up to where the path turns round.
                    let new = || directory(Attributes::root(0o755), payload.clone());
                    let made = rest.components().rev().fold(new(), |below, name| {
                        let mut above = new();
                        if let Kind::Directory(names) = &mut above.kind {
                            names.insert(name, below);
                        }
                        above
                    });
                    names.insert(name, made);
                }
            }
        }
    }

    /// Takes away what is at `path` (links in the directory part are followed, the last is not) and leaves a tombstone with
    /// `by` as its payload. Returns what was there.
    pub fn remove(&mut self, path: &TreePath, by: P) -> Option<Node<P>> {
        let place = match self.lookup_link(path) {
            Lookup { outcome: Outcome::Found(_), path, .. } if !path.is_root() => path,
            _ => return None,
        };
        let node = self.get_mut(&place)?;
        let tombstone = Node { kind: Kind::Removed, attributes: Attributes::root(0), payload: by };
        Some(std::mem::replace(node, tombstone))
    }

    /// Every node but the root with its path, directories before what they hold, tombstones included.
    pub fn walk(&self, mut visit: impl FnMut(&TreePath, &Node<P>)) {
        fn below<P>(path: &mut TreePath, node: &Node<P>, visit: &mut impl FnMut(&TreePath, &Node<P>)) {
            if let Kind::Directory(directory) = &node.kind {
                let length = path.as_bytes().len();
                for (name, child) in directory.iter() {
                    path.push(name);
                    visit(path, child);
                    below(path, child, visit);
                    path.truncate(length);
                }
            }
        }
        below(&mut TreePath::default(), &self.root, &mut visit);
    }
}

/// An empty directory.
pub fn directory<P>(attributes: Attributes, payload: P) -> Node<P> {
    Node { kind: Kind::Directory(Directory::default()), attributes, payload }
}

/// Why something could not be put where it was to go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PlaceError {
    /// The place that stopped it.
    pub path: TreePath,
    /// Why.
    pub reason: PlaceReason,
}

/// See [`PlaceError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceReason {
    /// A component is there and is no directory.
    #[error("not a directory")]
    NotDirectory,
    /// Too many links.
    #[error("too many levels of symbolic links")]
    Loop,
    /// A component is not known.
    #[error("not known")]
    Unknown,
    /// The root cannot be replaced.
    #[error("the root stays a directory")]
    Root,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: Kind<u8>) -> Node<u8> {
        Node { kind, attributes: Attributes::root(0o644), payload: 1 }
    }

    fn put(tree: &mut Tree<u8>, path: &str, kind: Kind<u8>) -> TreePath {
        tree.place(&TreePath::new(path), node(kind), &0).unwrap()
    }

    fn link(tree: &mut Tree<u8>, path: &str, target: &str) {
        put(tree, path, Kind::Symlink(target.into()));
    }

    fn found(tree: &Tree<u8>, path: &str) -> String {
        let walk = tree.lookup(&TreePath::new(path));
        match walk.outcome {
            Outcome::Found(_) => walk.path.to_string(),
            other => format!("{} at {}", format!("{other:?}").split(['(', ' ']).next().unwrap(), walk.path),
        }
    }

    #[test]
    fn links_are_walked_as_in_a_chroot() {
        let mut tree = Tree::new(0);
        put(&mut tree, "/etc/pki/tls/certs/a", Kind::File);
        link(&mut tree, "/etc/ssl/certs", "../pki/tls/certs");
        link(&mut tree, "/abs", "/etc/ssl/certs");
        link(&mut tree, "/up", "../../../../etc/ssl/certs/a");
        link(&mut tree, "/slash", "/etc/ssl/certs/a/");
        link(&mut tree, "/loop", "loop");
        assert_eq!(found(&tree, "/etc/ssl/certs/a"), "/etc/pki/tls/certs/a");
        assert_eq!(found(&tree, "/abs/a"), "/etc/pki/tls/certs/a");
        assert_eq!(found(&tree, "/up"), "/etc/pki/tls/certs/a");
        assert_eq!(found(&tree, "/slash"), "NotDirectory at /etc/pki/tls/certs/a");
        assert_eq!(found(&tree, "/loop"), "Loop at /loop");
        assert_eq!(found(&tree, "/etc/nothing/x"), "Absent at /etc/nothing");
        let walk = tree.lookup(&TreePath::new("/abs/a"));
        assert_eq!((walk.links, walk.passed().len()), (2, 8));
        assert_eq!(walk.passed()[3].0.to_string(), "/etc/ssl");
        let passed =
            |path: &str| tree.lookup(&TreePath::new(path)).passed().into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(passed("/etc/pki/none/x"), ["/", "/etc", "/etc/pki"].map(TreePath::new));
        assert_eq!(passed("/etc/pki/tls/certs/a/x").len(), 5, "the file itself is none");
        assert_eq!(tree.lookup(&TreePath::new("/none/a/b")).rest, TreePath::new("a/b"));
    }

    #[test]
    fn forty_links_are_followed_and_not_one_more() {
        let mut tree = Tree::new(0);
        put(&mut tree, "/end", Kind::File);
        for n in 0..41 {
            let target = if n == 0 { "end".to_owned() } else { format!("l{}", n - 1) };
            link(&mut tree, &format!("/l{n}"), &target);
        }
        assert_eq!(found(&tree, "/l39"), "/end");
        assert!(found(&tree, "/l40").starts_with("Loop"));
    }

    #[test]
    fn dot_dot_is_physical() {
        let mut tree = Tree::new(0);
        put(&mut tree, "/a/b/c", Kind::File);
        put(&mut tree, "/a/x", Kind::File);
        link(&mut tree, "/l", "/a/b");
        link(&mut tree, "/m", "l/../x");
        assert_eq!(found(&tree, "/m"), "/a/x");
    }

    #[test]
    fn placing_follows_links_and_keeps_the_names_of_a_directory() {
        let mut tree = Tree::new(0);
        put(&mut tree, "/etc/pki/certs/a", Kind::File);
        link(&mut tree, "/etc/ssl", "pki");
        assert_eq!(put(&mut tree, "/etc/ssl/certs/b", Kind::File).to_string(), "/etc/pki/certs/b");
        put(&mut tree, "/etc/pki/certs", Kind::Directory(Directory::default()));
        assert_eq!(found(&tree, "/etc/ssl/certs/a"), "/etc/pki/certs/a");
        put(&mut tree, "/etc/ssl", Kind::Directory(Directory::default()));
        assert_eq!(found(&tree, "/etc/ssl/certs/a"), "Absent at /etc/ssl/certs");
        let refused = tree.place(&TreePath::new("/etc/pki/certs/a/x"), node(Kind::File), &0);
        assert_eq!(refused.unwrap_err().reason, PlaceReason::NotDirectory);
        assert!(tree.place(&TreePath::ROOT, node(Kind::Symlink("x".into())), &0).is_err());
    }

    #[test]
    fn what_was_removed_is_told_with_its_remover() {
        let mut tree = Tree::new(0);
        put(&mut tree, "/a/b/c", Kind::File);
        assert!(tree.remove(&TreePath::new("/a/b"), 7).is_some());
        assert!(tree.remove(&TreePath::new("/a/b"), 8).is_none());
        match tree.lookup(&TreePath::new("/a/b/c")).outcome {
            Outcome::Removed(by) => assert_eq!(by.payload, 7),
            other => panic!("{other:?}"),
        }
        put(&mut tree, "/a/b/d", Kind::File);
        assert_eq!(found(&tree, "/a/b/d"), "/a/b/d");
        assert_eq!(found(&tree, "/a/b/c"), "Absent at /a/b/c");
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let mut tree = Tree::new(0);
        if let Kind::Directory(root) = &mut tree.root_mut().kind {
            root.unlisted = Unlisted::Unknown;
        }
        assert_eq!(found(&tree, "/x"), "Unknown at /x");
        let made = tree.place(&TreePath::new("/x/y"), node(Kind::File), &0);
        assert_eq!(made.unwrap_err().reason, PlaceReason::Unknown);
    }
}
