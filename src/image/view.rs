//! The merged views of an image's layers, built up layer by layer.

use std::collections::BTreeSet;

use crate::tree::{Role, Tree, TreePath};

use super::LayerFacts;
use super::unpack::{Item, Troubles, Unpacker, Unsure};

/// Which of the views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Each layer unpacked alone, then merged by the kernel: containerd, Docker and Podman on overlayfs.
    Overlay,
    /// The same where the unpacker restores the attribute `trusted.overlay.opaque` from the archive: Docker and Podman do,
    /// containerd does not; without privileges it does with `user.overlay.opaque`.
    OverlayWithAttributes,
    /// One layer after another into one tree: umoci, native and vfs snapshotters, kaniko.
    Applied,
}

/// A view of all layers so far.
pub struct Merge<'a> {
    view: View,
    tree: Tree<Item>,
    unsure: Unsure<'a>,
    /// Why runtimes of this view refuse a layer, with its index.
    pub refused: Vec<(usize, String)>,
    /// Paths that unpacking led to and that are not known.
    pub unknown: BTreeSet<TreePath>,
}

impl<'a> Merge<'a> {
    /// A view of no layers yet.
    pub fn new(view: View, unsure: Unsure<'a>) -> Self {
        let tree = Tree::new(Item::new(0, Role::Implied));
        Self { view, tree, unsure, refused: Vec::new(), unknown: BTreeSet::new() }
    }

    /// Adds the next layer.
    pub fn add(&mut self, index: usize, layer: &LayerFacts) {
        let Troubles { refused, unsure } = match self.view {
            View::Overlay | View::OverlayWithAttributes => {
                let restores = self.view == View::OverlayWithAttributes;
                let unpacker = Unpacker::alone(index, &self.tree, restores, self.unsure);
                let (upper, troubles) = unpacker.run(&layer.entries);
                self.tree.overlay(upper, &|item| item.role);
                troubles
            }
            View::Applied => {
                let below = std::mem::replace(&mut self.tree, Tree::new(Item::new(index, Role::Implied)));
                let (tree, troubles) = Unpacker::onto(below, index, self.unsure).run(&layer.entries);
                self.tree = tree;
                troubles
            }
        };
        self.refused.extend(refused.into_iter().map(|why| (index, why)));
        self.unknown.extend(unsure);
    }

    /// The merged tree.
    pub fn tree(&self) -> &Tree<Item> {
        &self.tree
    }
}
