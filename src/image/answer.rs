//! The answer for one path in one view.

use crate::bundle::Contents;
use crate::oci::layer::FileFacts;
use crate::tree::{Kind, Lookup, Node, Outcome, Tree, TreePath};

use super::access::access;
use super::facts::{Answer, File, Identity, Obstacle, Origin};
use super::unpack::{Item, Unsure};

/// What the layers so far make of one path, remembered from layer to layer.
#[derive(Clone, Debug)]
pub struct Trace {
    pub path: TreePath,
    /// The layer after whose adding there was a file there, the last one.
    present_after: Option<usize>,
    /// A place that has to be watched to know whether there was a file, after one of the layers.
    unsure: Option<TreePath>,
}

impl Trace {
    pub fn new(path: TreePath) -> Self {
        Self { path, present_after: None, unsure: None }
    }

    /// Looks at the view with the layers up to `layer`.
    pub fn note(&mut self, tree: &Tree<Item>, layer: usize, unsure: Unsure<'_>) {
        let walk = tree.lookup(&self.path);
        match walk.outcome {
            Outcome::Found(Node { kind: Kind::File, .. }) => self.present_after = Some(layer),
            Outcome::Absent if self.unsure.is_none() && unsure(&walk.path) => {
                self.unsure = Some(walk.path.resolve(walk.rest.as_bytes()));
            }
            _ => {}
        }
    }

    /// The answer in the view of all layers, or the path that has to be watched to give one.
    pub fn answer(
        &self,
        tree: &Tree<Item>,
        layers: &[Origin],
        identity: Option<&Identity>,
        unsure: Unsure<'_>,
    ) -> Result<Answer, TreePath> {
        let walk = tree.lookup(&self.path);
        let origin = |item: &Item| layers.get(item.layer).cloned();
        let unusable = |obstacle, item: Option<&Item>| Answer::Unusable {
            obstacle,
            at: walk.path.clone(),
            origin: item.and_then(origin),
        };
        Ok(match &walk.outcome {
            Outcome::Found(node) => match &node.kind {
                Kind::File => return Ok(self.file(&walk, node, layers, identity)),
                Kind::Directory(_) => unusable(Obstacle::Directory, Some(&node.payload)),
                Kind::Device => unusable(Obstacle::Device, Some(&node.payload)),
                Kind::Fifo => unusable(Obstacle::Fifo, Some(&node.payload)),
                // A walk does not end at the others.
                Kind::Symlink(_) | Kind::Removed | Kind::Unknown => unknown("it is not known what is there"),
            },
            Outcome::Loop => unusable(Obstacle::LinkLoop, None),
            Outcome::Unknown => unknown("it is not known what is there"),
            Outcome::Absent if unsure(&walk.path) => return Err(walk.path.resolve(walk.rest.as_bytes())),
            Outcome::Removed(_) | Outcome::Absent | Outcome::NotDirectory(_) => {
                // Whether it was ever there is part of the answer.
                if let Some(place) = &self.unsure {
                    return Err(place.clone());
                }
                if let Some(by) = self.present_after.and_then(|layer| layers.get(layer + 1)) {
                    Answer::Removed { by: by.clone() }
                } else if walk.links > 0 && self.is_dangling(tree, &walk) {
                    unusable(Obstacle::DanglingLink, None)
                } else {
                    Answer::Absent
                }
            }
        })
    }

    /// Whether a link is to blame: the directory that the path names is not there, or is there and the walk went on from it.
    fn is_dangling(&self, tree: &Tree<Item>, walk: &Lookup<'_, Item>) -> bool {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else { return false };
        let above = tree.lookup(&parent);
        match above.outcome {
            Outcome::Found(_) => above.path.join(name) != walk.path,
            _ => true,
        }
    }

    fn file(
        &self,
        walk: &Lookup<'_, Item>,
        node: &Node<Item>,
        layers: &[Origin],
        identity: Option<&Identity>,
    ) -> Answer {
        match file(&walk.path, node, layers) {
            Some(file) => Answer::Present(Box::new(File { access: access(walk, node, identity), ..file })),
            None => unknown("what the file holds was not recorded"),
        }
    }
}

fn unknown(why: &str) -> Answer {
    Answer::Unknown { why: why.to_owned() }
}

/// The file of a node, its access not yet looked at.
pub fn file(path: &TreePath, node: &Node<Item>, layers: &[Origin]) -> Option<File> {
    let FileFacts { sha256, size, contents, .. } = node.payload.file.as_deref()?;
    Some(File {
        resolved: path.clone(),
        sha256: *sha256,
        size: *size,
        attributes: node.attributes,
        origin: layers.get(node.payload.layer)?.clone(),
        contents: contents.clone(),
        access: super::facts::Access::Unknown,
    })
}

/// Whether two answers say the same of what a program finds: the same bytes to read, or nothing.
pub fn agree(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Answer::Present(one), Answer::Present(other)) => one.sha256 == other.sha256 && same_access(one, other),
        (Answer::Unusable { obstacle: one, .. }, Answer::Unusable { obstacle: other, .. }) => one == other,
        _ => is_nothing(one) && is_nothing(other),
    }
}

fn same_access(one: &File, other: &File) -> bool {
    std::mem::discriminant(&one.access) == std::mem::discriminant(&other.access)
}

fn is_nothing(answer: &Answer) -> bool {
    matches!(
        answer,
        Answer::Absent | Answer::Removed { .. } | Answer::Unusable { obstacle: Obstacle::DanglingLink, .. }
    )
}

/// The certificates of a file, where it has any.
pub fn certificates(contents: Option<&Contents>) -> Option<&Contents> {
    contents.filter(|contents| !contents.certificates.is_empty())
}
