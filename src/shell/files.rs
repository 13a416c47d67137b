//! What commands do to files: read, write, copy, remove, list.

use std::borrow::Cow;

use crate::text::Span;
use crate::tree::{self, Attributes, Kind, Node, Outcome, TreePath};

use super::holding::{Contents, Holding, Reach};
use super::machine::Machine;
use super::pattern;

/// Links followed when a file is written through them.
const MAX_LINKS: usize = 8;

/// Names that one pattern gives at most.
const MAX_NAMES: usize = 4096;

impl Machine {
    /// A word as a path.
    pub fn path(&self, word: &str) -> TreePath {
        self.directory.resolve(word)
    }

    /// The contents of a file, through links; none where the tree has none.
    pub fn read(&self, path: &TreePath) -> Option<&Contents> {
        match self.tree.lookup(path).outcome {
            Outcome::Found(Node { kind: Kind::File, payload, .. }) => Some(&payload.contents),
            _ => None,
        }
    }

    /// The holding of a file, through links, to change.
    pub fn holding_mut(&mut self, path: &TreePath) -> Option<&mut Holding> {
        self.node_mut(path).map(|node| &mut node.payload)
    }

    /// The node at a path, through links, to change.
    pub fn node_mut(&mut self, path: &TreePath) -> Option<&mut Node<Holding>> {
        let walk = self.tree.lookup(path);
        let place = matches!(walk.outcome, Outcome::Found(_)).then_some(walk.path)?;
        self.tree.get_mut(&place)
    }

    /// Whether there is a directory.
    pub fn is_directory(&self, path: &TreePath) -> bool {
        matches!(self.tree.lookup(path).outcome, Outcome::Found(Node { kind: Kind::Directory(_), .. }))
    }

    /// Whether a word that names a destination means a directory: by a `/` at its end, or because there is one.
    pub fn means_directory(&self, word: &str) -> bool {
        let last = word.rsplit('/').next().unwrap_or_default();
        last.is_empty() || last == "." || last == ".." || self.is_directory(&self.path(word))
    }

    /// Writes a file as a shell's `>` or `>>` does: through links, keeping the mode of a file that is there.
    pub fn write(&mut self, path: &TreePath, contents: Contents, span: Span, append: bool) {
        let mut path = Cow::Borrowed(path);
        for _ in 0..MAX_LINKS {
            let walk = self.tree.lookup_link(&path);
            let Outcome::Found(Node { kind: Kind::Symlink(target), .. }) = walk.outcome else { break };
            path = Cow::Owned(walk.path.parent().unwrap_or_default().resolve(target));
        }
        if path.starts_with(&TreePath::new("/dev")) || path.starts_with(&TreePath::new("/proc")) {
            return;
        }
        match self.node_mut(&path) {
            Some(Node { kind: Kind::Directory(_), .. }) => {}
            Some(node) => {
                node.kind = Kind::File;
                node.payload.pinned = false;
                if append {
                    // Who put the certificates there is more telling than who appended a line.
                    if contents.is_listed() || node.payload.by.is_none() {
                        node.payload.by = Some(span);
                    }
                    node.payload.contents.append(contents);
                } else {
                    node.payload = Holding::file(contents, span);
                }
            }
            None => {
                let attributes = self.attributes(0o666);
                let mut contents = contents;
                contents.open |= append;
                let node = Node { kind: Kind::File, attributes, payload: Holding::file(contents, span) };
                self.place(&path, node, span);
            }
        }
    }

    /// Mode and owner of something that is made here and now.
    pub fn attributes(&self, mode: u32) -> Attributes {
        Attributes { mode: mode & !self.umask, uid: self.owner.0, gid: self.owner.1 }
    }

    /// Puts a node somewhere, making directories; where that cannot be, it is not there.
    pub fn place(&mut self, path: &TreePath, node: Node<Holding>, span: Span) {
        if !fits(path, &node) {
            return self.gap(span, "a path is too long to be followed", Reach::Anywhere);
        }
        // What stands in the way would make the command fail, and then there is no image to speak of.
        let _ = self.tree.place(path, node, &Holding::by(span));
    }

    /// Makes a directory and those above it.
    pub fn make_directory(&mut self, path: &TreePath, span: Span) {
        if path.components().nth(MAX_COMPONENTS).is_some() || !self.is_directory(path) {
            let node = tree::directory(self.attributes(0o777), Holding::by(span));
            self.place(path, node, span);
        }
    }

    /// Copies what is at `from` to exactly `to`. What the tree does not list is copied as a file nobody asks about.
    pub fn copy(&mut self, from: &TreePath, to: &TreePath, span: Span) {
        let node = match self.tree.lookup(from).outcome {
            Outcome::Found(node) => living(node),
            _ => {
                let attributes = self.attributes(0o666);
                Node { kind: Kind::File, attributes, payload: Holding::by(span) }
            }
        };
        if from == to || !self.may_copy(&node, span) {
            return;
        }
        for opaque in self.opaque.clone() {
            if let Some(rest) = opaque.path.strip_prefix(from) {
                self.make_opaque(to.resolve(rest), opaque.from);
            }
        }
        let mut node = node;
        let owner = self.owner;
        adopt(&mut node, &|node| {
            node.payload.by = Some(span);
            (node.attributes.uid, node.attributes.gid) = owner;
        });
        if let Kind::File = node.kind
            && let Some(Node { kind: Kind::Directory(_), .. }) = self.node_mut(to)
        {
            return;
        }
        self.place(to, node, span);
    }

    /// Moves what is at `from` to exactly `to`; mode and owner go with it.
    pub fn rename(&mut self, from: &TreePath, to: &TreePath, span: Span) {
        if from == to {
            return;
        }
        for opaque in &mut self.opaque {
            if let Some(rest) = opaque.path.strip_prefix(from) {
                opaque.path = to.resolve(rest);
            }
        }
        match self.tree.remove(from, Holding::by(span)) {
            Some(node) => self.place(to, node, span),
            None => self.copy(from, to, span),
        }
    }

    /// Removes what is at a path.
    pub fn remove(&mut self, path: &TreePath, span: Span) {
        self.opaque.retain(|opaque| !opaque.path.starts_with(path));
        let mut grave = Holding::by(span);
        if let Some(node) = self.tree.remove(path, grave.clone()) {
            bury(&node, &mut grave.contents);
            let place = self.tree.lookup_link(path).path;
            if let Some(tombstone) = self.tree.get_mut(&place) {
                tombstone.payload = grave;
            }
        }
    }

    /// Takes away what is at a path without links, as if it had never been there.
    pub fn forget(&mut self, path: &TreePath) {
        if let (Some(above), Some(name)) = (path.parent(), path.file_name())
            && let Some(Node { kind: Kind::Directory(names), .. }) = self.tree.get_mut(&above)
        {
            names.take(name);
        }
    }

    /// The names that a pattern gives, as the shell would write them, sorted; empty where nothing matches.
    pub fn glob(&self, pattern: &str) -> Vec<String> {
        self.names(pattern, false)
    }

    /// The same as `COPY` has it: a star matches a dot at the beginning, too.
    pub fn glob_with_hidden(&self, pattern: &str) -> Vec<String> {
        self.names(pattern, true)
    }

    fn names(&self, pattern: &str, with_hidden: bool) -> Vec<String> {
        let (mut found, rest) = match pattern.strip_prefix('/') {
            Some(rest) => (vec![("/".to_owned(), TreePath::ROOT)], rest),
            None => (vec![(String::new(), self.directory.clone())], pattern),
        };
        let components: Vec<&str> = rest.split('/').collect();
        for (at, component) in components.iter().enumerate() {
            let last = at + 1 == components.len();
            let mut next = Vec::new();
            for (prefix, path) in found {
                if !pattern::is_pattern(component) {
                    let deeper = path.resolve(component);
                    let there = component.is_empty() || matches!(self.tree.lookup(&deeper).outcome, Outcome::Found(_));
                    if there {
                        next.push((format!("{prefix}{component}{}", if last { "" } else { "/" }), deeper));
                    }
                    continue;
                }
                let Outcome::Found(Node { kind: Kind::Directory(names), .. }) = self.tree.lookup(&path).outcome else {
                    continue;
                };
                for (name, node) in names.iter() {
                    let name = String::from_utf8_lossy(name);
                    let hidden = !with_hidden && name.starts_with('.') && !component.starts_with('.');
                    let gone = matches!(node.kind, Kind::Removed);
                    if !hidden && !gone && next.len() < MAX_NAMES && pattern::matches(component, &name) {
                        next.push((
                            format!("{prefix}{name}{}", if last { "" } else { "/" }),
                            path.join(name.as_bytes()),
                        ));
                    }
                }
            }
            found = next;
        }
        found.into_iter().map(|(name, _)| name).collect()
    }

    /// A path that nothing has yet, as `mktemp` gives.
    pub fn fresh(&mut self, directory: &str) -> String {
        self.made += 1;
        format!("{}/tmp.{:010}", directory.trim_end_matches('/'), self.made)
    }
}

/// Notes on a tombstone what lies under it, so that it can be told what was removed.
pub(super) fn bury(node: &Node<Holding>, grave: &mut Contents) {
    match &node.kind {
        Kind::File => grave.append(node.payload.contents.clone()),
        Kind::Directory(names) => names.iter().for_each(|(_, child)| bury(child, grave)),
        _ => {}
    }
}

/// Components of the deepest path that is kept: far above any real one (`PATH_MAX` is 4096 bytes), and a bound on recursion.
const MAX_COMPONENTS: usize = 200;

/// Whether a node and all below it stay within [`MAX_COMPONENTS`].
fn fits(path: &TreePath, node: &Node<Holding>) -> bool {
    let mut todo = vec![(node, path.components().take(MAX_COMPONENTS + 1).count())];
    while let Some((node, depth)) = todo.pop() {
        if depth > MAX_COMPONENTS {
            return false;
        }
        if let Kind::Directory(names) = &node.kind {
            todo.extend(names.iter().map(|(_, child)| (child, depth + 1)));
        }
    }
    true
}

/// A copy of a node without the tombstones below it.
pub fn living(node: &Node<Holding>) -> Node<Holding> {
    let Kind::Directory(names) = &node.kind else { return node.clone() };
    let mut kept = tree::Directory::default();
    for (name, child) in names.iter().filter(|(_, child)| !matches!(child.kind, Kind::Removed)) {
        kept.insert(name, living(child));
    }
    Node { kind: Kind::Directory(kept), attributes: node.attributes, payload: node.payload.clone() }
}

/// Changes a node and everything below it.
pub fn adopt(node: &mut Node<Holding>, change: &impl Fn(&mut Node<Holding>)) {
    change(node);
    if let Kind::Directory(names) = &mut node.kind {
        for (_, child) in names.iter_mut() {
            adopt(child, change);
        }
    }
}
