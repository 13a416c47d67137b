//! Links to the system's certificates that a layer put a directory over.

use crate::tree::{Directory, Kind, Node, Outcome, Tree, TreePath};

use super::answer::certificates;
use super::unpack::Item;

/// Where systems have a link to the directory with their certificates: Amazon Linux the first, newer Fedora the second.
pub const PLACES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// What became of one of the places, remembered from layer to layer.
pub struct LinkTrace {
    path: TreePath,
    /// Where the link led, while it was one.
    target: Option<TreePath>,
    /// The layer that made it a directory.
    covered_by: Option<usize>,
}

/// A link that is hidden, the layer that hides it, and how many names can't be found by it any more.
pub struct Hidden {
    pub path: TreePath,
    pub target: TreePath,
    pub layer: usize,
    pub lost: usize,
}

impl LinkTrace {
    /// One for each place.
    pub fn all() -> Vec<Self> {
        PLACES.iter().map(|path| Self { path: TreePath::new(path), target: None, covered_by: None }).collect()
    }

    /// Looks at the view with the layers up to `layer`.
    pub fn note(&mut self, tree: &Tree<Item>, layer: usize) {
        match tree.lookup_link(&self.path).outcome {
            Outcome::Found(Node { kind: Kind::Symlink(target), .. }) => {
                self.target = Some(self.path.parent().unwrap_or_default().resolve(target));
                self.covered_by = None;
            }
            Outcome::Found(Node { kind: Kind::Directory(_), .. }) if self.target.is_some() => {
                self.covered_by.get_or_insert(layer);
            }
            _ => {}
        }
    }

    /// Whether certificates that the link led to are hidden in the view of all layers.
    pub fn hidden(&self, tree: &Tree<Item>) -> Option<Hidden> {
        let (target, layer) = (self.target.clone()?, self.covered_by?);
        let (Some(shown), Some(there)) = (directory(tree, &self.path), directory(tree, &target)) else { return None };
        let lost = there.iter().filter(|(name, node)| is_certificate(node) && shown.get(name).is_none_or(is_gone));
        let lost = lost.count();
        (lost > 0).then(|| Hidden { path: self.path.clone(), target, layer, lost })
    }
}

fn directory<'a>(tree: &'a Tree<Item>, path: &TreePath) -> Option<&'a Directory<Item>> {
    match tree.lookup(path).outcome {
        Outcome::Found(Node { kind: Kind::Directory(directory), .. }) => Some(directory),
        _ => None,
    }
}

/// Whether it is a file with certificates, or a link, as which most of a directory of certificates are.
fn is_certificate(node: &Node<Item>) -> bool {
    match &node.kind {
        Kind::Symlink(_) => true,
        Kind::File => certificates(node.payload.file.as_ref().and_then(|file| file.contents.as_ref())).is_some(),
        _ => false,
    }
}

fn is_gone(node: &Node<Item>) -> bool {
    matches!(node.kind, Kind::Removed)
}
