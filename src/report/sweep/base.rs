//! What images are built upon, told from the layers that they share. A base is the longest run of lowest layers that images of several
//! repositories have in common; where an image of the sweep is that run and nothing else, it gives the base its name.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::digest::Digest;

/// What several images are built upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// An image of the sweep that is this base and nothing more; the first by name where several are.
    pub name: Option<String>,
    /// The digest of its uppermost layer.
    pub layer: Digest,
    /// How many layers it has.
    pub layers: u32,
    /// The platform of the images.
    pub platform: Arc<str>,
    /// Images built upon it, itself among them.
    pub images: u64,
    /// Repositories of those images.
    pub repositories: u64,
    /// Of those images, the ones that somebody has to mend.
    pub broken: u64,
    /// Of those again, the ones that a repair of this base mends: no layer above it put there what is wrong.
    pub mends: u64,
    /// What it is built upon itself: index among the bases.
    pub parent: Option<u32>,
}

impl Base {
    /// What to call it.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => {
                let hex = self.layer.hex();
                let layers = if self.layers == 1 { "layer" } else { "layers" };
                format!("{} {layers} up to sha256:{}", self.layers, hex.get(..12).unwrap_or(&hex))
            }
        }
    }
}

/// An image as its base sees it.
#[derive(Clone, Copy, Debug)]
pub struct Built<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its registry and repository.
    pub repository: &'a Arc<str>,
    /// Its platform.
    pub platform: &'a Arc<str>,
    /// Its layers, the lowest first.
    pub layers: &'a [Digest],
    /// Whether somebody has to mend it.
    pub broken: bool,
    /// The layer, counted from 0, that put there or removed what is wrong; none where what is wrong is that nothing is there.
    pub decided_by: Option<usize>,
}

const ROOT: u32 = 0;

/// Images by their layers: as many branches as they differ in.
#[derive(Debug)]
pub struct BaseTree {
    nodes: Vec<Node>,
    children: HashMap<(u32, Digest), u32>,
    /// For each image the node of its uppermost layer, and its repository.
    images: Vec<(u32, Arc<str>)>,
}

#[derive(Debug)]
struct Node {
    parent: u32,
    depth: u32,
    layer: Digest,
    platform: Arc<str>,
    /// The repository of the first image, and whether there is another.
    repository: Arc<str>,
    several: bool,
    images: u64,
    broken: u64,
    mends: u64,
    name: Option<String>,
}

impl Default for BaseTree {
    fn default() -> Self {
        let nothing: Arc<str> = Arc::from("");
        let root = Node {
            parent: ROOT,
            depth: 0,
            layer: Digest::from_bytes([0; 32]),
            platform: Arc::clone(&nothing),
            repository: nothing,
            several: false,
            images: 0,
            broken: 0,
            mends: 0,
            name: None,
        };
        Self { nodes: vec![root], children: HashMap::new(), images: Vec::new() }
    }
}

impl BaseTree {
    /// Adds an image; the order is that of [`BaseTree::finish`]'s second answer.
    pub fn add(&mut self, image: Built<'_>) {
        let mut at = ROOT;
        for (index, layer) in image.layers.iter().enumerate() {
            // Four thousand million layers fit in no sweep.
            let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let found = *self.children.entry((at, *layer)).or_insert(next);
            if found == next {
                self.nodes.push(Node {
                    parent: at,
                    depth: u32::try_from(index + 1).unwrap_or(u32::MAX),
                    layer: *layer,
                    platform: Arc::clone(image.platform),
                    repository: Arc::clone(image.repository),
                    several: false,
                    images: 0,
                    broken: 0,
                    mends: 0,
                    name: None,
                });
            }
            at = found;
            let Some(node) = self.nodes.get_mut(at as usize) else { break };
            node.several |= node.repository != *image.repository;
            node.images += 1;
            node.broken += u64::from(image.broken);
            node.mends += u64::from(image.broken && image.decided_by.is_none_or(|layer| layer <= index));
        }
        if let Some(node) = self.nodes.get_mut(at as usize).filter(|_| at != ROOT)
            && node.name.as_deref().is_none_or(|name| image.name < name)
        {
            node.name = Some(image.name.to_owned());
        }
        self.images.push((at, Arc::clone(image.repository)));
    }

    /// The bases, the one whose repair mends most first; and for each image the nearest one that it is built upon.
    pub fn finish(self) -> (Vec<Base>, Vec<Option<u32>>) {
        // Where all images of a node go on alike, the base is longer than that.
        let mut goes_on = vec![false; self.nodes.len()];
        for node in self.nodes.iter().skip(1) {
            let parent = node.parent as usize;
            if let (Some(above), Some(goes_on)) = (self.nodes.get(parent), goes_on.get_mut(parent)) {
                *goes_on |= above.images == node.images;
            }
        }
        let is_base = |index: usize, node: &Node| node.several && !goes_on.get(index).copied().unwrap_or(true);
        let mut order: Vec<usize> = self
            .nodes
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(index, node)| is_base(*index, node))
            .map(|(index, _)| index)
            .collect();
        order.sort_by(|one, other| match (self.nodes.get(*one), self.nodes.get(*other)) {
            (Some(one), Some(other)) => {
                let rank = |node: &Node| (node.mends, node.images);
                rank(other).cmp(&rank(one)).then_with(|| (&one.name, one.layer).cmp(&(&other.name, other.layer)))
            }
            _ => std::cmp::Ordering::Equal,
        });
        // A node comes after its parent, so one pass carries the nearest base down.
        let mut nearest: Vec<Option<u32>> = vec![None; self.nodes.len()];
        for (rank, index) in order.iter().enumerate() {
            if let (Some(slot), Ok(rank)) = (nearest.get_mut(*index), u32::try_from(rank)) {
                *slot = Some(rank);
            }
        }
        let mut parents = vec![None; order.len()];
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            let above = nearest.get(node.parent as usize).copied().flatten();
            match nearest.get_mut(index) {
                Some(Some(own)) => {
                    if let Some(parent) = parents.get_mut(*own as usize) {
                        *parent = above;
                    }
                }
                Some(slot) => *slot = above,
                None => {}
            }
        }
        let bases_of: Vec<Option<u32>> =
            self.images.iter().map(|(node, _)| nearest.get(*node as usize).copied().flatten()).collect();
        let repositories = repositories(&parents, &bases_of, &self.images);
        let bases = order.iter().zip(parents).zip(repositories).filter_map(|((index, parent), repositories)| {
            let node = self.nodes.get(*index)?;
            Some(Base {
                name: node.name.clone(),
                layer: node.layer,
                layers: node.depth,
                platform: Arc::clone(&node.platform),
                images: node.images,
                repositories,
                broken: node.broken,
                mends: node.mends,
                parent,
            })
        });
        (bases.collect(), bases_of)
    }
}

/// How many repositories are built upon each base, directly or through another base.
fn repositories(parents: &[Option<u32>], bases_of: &[Option<u32>], images: &[(u32, Arc<str>)]) -> Vec<u64> {
    let mut pairs: BTreeSet<(u32, &str)> = BTreeSet::new();
    for (base, (_, repository)) in bases_of.iter().zip(images) {
        let mut base = *base;
        // What is counted already is counted for what is below, too.
        while let Some(index) = base.filter(|index| pairs.insert((*index, repository))) {
            base = parents.get(index as usize).copied().flatten();
        }
    }
    let mut counts = vec![0; parents.len()];
    for (base, _) in pairs {
        if let Some(count) = counts.get_mut(base as usize) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(number: u8) -> Digest {
        Digest::from_bytes([number; 32])
    }

    /// Name, layers, whether it is broken, and by which layer.
    type Row = (&'static str, &'static [u8], bool, Option<usize>);

    fn bases(rows: &[Row]) -> (Vec<Base>, Vec<Option<u32>>) {
        let mut tree = BaseTree::default();
        let platform: Arc<str> = Arc::from("linux/amd64");
        for (name, layers, broken, decided_by) in rows {
            let repository: Arc<str> = Arc::from(name.split(':').next().unwrap_or(name));
            let layers: Vec<_> = layers.iter().copied().map(layer).collect();
            tree.add(Built {
                name,
                repository: &repository,
                platform: &platform,
                layers: &layers,
                broken: *broken,
                decided_by: *decided_by,
            });
        }
        tree.finish()
    }

    #[test]
    fn the_longest_shared_run_is_the_base_and_an_image_that_equals_it_names_it() {
        let (bases, of) = bases(&[
            ("orders:1", &[1, 2, 3, 10], true, None),
            ("orders:2", &[1, 2, 3, 11], true, None),
            ("stock:1", &[1, 2, 3, 12], false, None),
            ("python:3", &[1, 2, 3], true, None),
            ("lonely:1", &[9, 8], true, None),
        ]);
        let [base] = bases.as_slice() else { panic!("{bases:?}") };
        assert_eq!((base.title().as_str(), base.layers, base.parent), ("python:3", 3, None));
        assert_eq!((base.images, base.repositories, base.broken, base.mends), (4, 3, 3, 3));
        assert_eq!(of, [Some(0), Some(0), Some(0), Some(0), None]);
    }

    #[test]
    fn a_base_upon_a_base_is_told_and_the_nearest_is_an_image_s_own() {
        let (bases, of) = bases(&[
            ("linux:2023", &[1], true, None),
            ("python:3", &[1, 2], true, None),
            ("a:1", &[1, 2, 3], true, None),
            ("b:1", &[1, 2, 4], true, None),
            ("c:1", &[1, 5], true, None),
        ]);
        let titles: Vec<_> =
            bases.iter().map(|base| (base.title(), base.mends, base.repositories, base.parent)).collect();
        assert_eq!(titles, [("linux:2023".to_owned(), 5, 5, None), ("python:3".to_owned(), 3, 3, Some(0))]);
        assert_eq!(of, [Some(0), Some(1), Some(1), Some(1), Some(0)]);
    }

    #[test]
    fn what_a_layer_above_spoils_no_base_mends() {
        let (bases, _) = bases(&[
            ("a:1", &[1, 2], true, Some(1)),
            ("b:1", &[1, 3], true, Some(0)),
            ("c:1", &[1, 4], true, None),
            ("d:1", &[1, 5], false, None),
        ]);
        let [base] = bases.as_slice() else { panic!("{bases:?}") };
        assert_eq!((base.images, base.broken, base.mends), (4, 3, 2));
        assert!(base.title().starts_with("1 layer up to sha256:0101"), "{}", base.title());
    }

    #[test]
    fn tags_of_one_repository_are_no_base_for_each_other() {
        let (bases, of) =
            bases(&[("a:1", &[1, 2], true, None), ("a:2", &[1, 3], true, None), ("b:1", &[], true, None)]);
        assert_eq!((bases, of), (Vec::new(), vec![None, None, None]));
    }
}
