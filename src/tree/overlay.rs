//! Laying one tree over another, as the kernel's overlayfs does with separately unpacked layers.

use super::{Directory, Kind, Node, Tree};

/// What a directory of an upper tree does to the one below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It was named: its mode and owner are the merged directory's.
    Named,
    /// It only holds something: mode and owner stay those of the directory below, where there is one.
    Implied,
    /// It hides everything below it (`trusted.overlay.opaque`).
    Opaque,
}

impl<P: Clone> Tree<P> {
    /// Lays `upper` over this tree (Linux, `Documentation/filesystems/overlayfs.rst`): directories on directories are merged
    /// and anything else hides what is below, as does a tombstone. That the root is opaque has no effect, as in the kernel.
    pub fn overlay(&mut self, upper: Tree<P>, role: &impl Fn(&P) -> Role) {
        merge_node(&mut self.root, upper.root, role);
    }
}

/// Merges a directory into the directory below it.
fn merge_node<P>(lower: &mut Node<P>, upper: Node<P>, role: &impl Fn(&P) -> Role) {
    let Node { kind: Kind::Directory(names), attributes, payload } = upper else { return };
    if role(&payload) != Role::Implied {
        lower.attributes = attributes;
        lower.payload = payload;
    }
    if let Kind::Directory(below) = &mut lower.kind {
        merge_names(below, names, role);
    }
}

fn merge_names<P>(lower: &mut Directory<P>, upper: Directory<P>, role: &impl Fn(&P) -> Role) {
    if upper.unlisted == super::Unlisted::Unknown {
        lower.unlisted = upper.unlisted;
    }
    for (name, node) in upper.children {
        let merges = matches!(node.kind, Kind::Directory(_)) && role(&node.payload) != Role::Opaque;
        match lower.children.get_mut(&name) {
            Some(below) if merges && matches!(below.kind, Kind::Directory(_)) => merge_node(below, node, role),
            _ => {
                lower.children.insert(name, node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attributes, Outcome, TreePath};
    use super::*;

    /// A tree of files, of directories named with a trailing slash and opaque ones with `!`, and of tombstones with `-`.
    fn tree(names: &[&str]) -> Tree<Role> {
        let mut tree = Tree::new(Role::Implied);
        for name in names {
            let (path, kind, role) = match name.as_bytes().last() {
                Some(b'/') => (name.trim_end_matches('/'), Kind::Directory(Directory::default()), Role::Named),
                Some(b'!') => (name.trim_end_matches('!'), Kind::Directory(Directory::default()), Role::Opaque),
                Some(b'-') => (name.trim_end_matches('-'), Kind::Removed, Role::Named),
                _ => (*name, Kind::File, Role::Named),
            };
            let attributes = Attributes::root(if role == Role::Named { 0o700 } else { 0o755 });
            tree.place(&TreePath::new(path), Node { kind, attributes, payload: role }, &Role::Implied).unwrap();
        }
        tree
    }

    fn files(layers: &[&[&str]]) -> Vec<String> {
        let mut merged = tree(&[]);
        for layer in layers {
            merged.overlay(tree(layer), &|role| *role);
        }
        let mut files = Vec::new();
        merged.walk(|path, node| {
            if node.kind == Kind::File {
                files.push(path.to_string());
            }
        });
        files
    }

    #[test]
    fn directories_merge_and_all_else_hides() {
        assert_eq!(files(&[&["a/x"], &["a/y"]]), ["/a/x", "/a/y"]);
        assert_eq!(files(&[&["a/x"], &["a!", "a/y"]]), ["/a/y"]);
        assert_eq!(files(&[&["a/x"], &["a-"]]), [""; 0]);
        assert_eq!(files(&[&["a/x"], &["a-"], &["a/"]]), [""; 0]);
        assert_eq!(files(&[&["a/x"], &["a"], &["a/y"]]), ["/a/y"]);
        assert_eq!(files(&[&["a"], &["a/x"]]), ["/a/x"]);
        assert_eq!(files(&[&["a/b/x", "a/c"], &["a/b-", "a/b2/x"]]), ["/a/b2/x", "/a/c"]);
    }

    #[test]
    fn only_a_named_directory_changes_mode() {
        let mut merged = tree(&["a/"]);
        merged.overlay(tree(&["a/x"]), &|role| *role);
        let mode = |tree: &Tree<Role>| match tree.lookup(&TreePath::new("/a")).outcome {
            Outcome::Found(node) => node.attributes.mode,
            other => panic!("{other:?}"),
        };
        assert_eq!(mode(&merged), 0o700);
        let mut merged = tree(&["a/x"]);
        merged.overlay(tree(&["a/"]), &|role| *role);
        assert_eq!(mode(&merged), 0o700);
    }
}
