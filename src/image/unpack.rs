//! Unpacks a layer's entries: alone, as runtimes on overlayfs do, or onto the layers below, as umoci and native snapshotters do.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bundle::Contents;
use crate::oci::layer::{Entry, FileFacts, Kind};
use crate::tree::{self, Attributes, Directory, Node, Outcome, PlaceReason, Role, Tree, TreePath};

/// What a node of an image's tree carries.
#[derive(Clone, Debug)]
pub struct Item {
    /// Index of the layer that put it there.
    pub layer: usize,
    /// What it does to a directory below.
    pub role: Role,
    /// What it holds, for a regular file.
    pub file: Option<Arc<FileFacts<Contents>>>,
}

impl Item {
    /// Something without contents.
    pub fn new(layer: usize, role: Role) -> Self {
        Self { layer, role, file: None }
    }
}

/// Mode of directories that no entry names.
const IMPLIED: Attributes = Attributes::root(0o755);

/// What unpacking a layer came upon.
#[derive(Debug, Default)]
pub struct Troubles {
    /// Why runtimes of this kind refuse the layer.
    pub refused: Vec<String>,
    /// Paths that unpacking leads to and that may hold something that was not recorded.
    pub unsure: BTreeSet<TreePath>,
}

/// Tells whether the layers may have something at a path that was not recorded.
pub type Unsure<'a> = &'a dyn Fn(&TreePath) -> bool;

/// What the target of a hard link is.
enum Target {
    Found(Node<Item>),
    Directory,
    Absent,
    /// Not known without watching this path.
    Unsure(TreePath),
}

/// How symbolic links, whiteouts and what was there before are dealt with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The tree holds nothing but this layer, and whiteouts stay in it.
    Alone,
    /// The tree holds the layers below, and whiteouts act at once.
    Onto,
}

/// Unpacks one layer into a tree.
pub struct Unpacker<'a> {
    tree: Tree<Item>,
    layer: usize,
    mode: Mode,
    unsure: Unsure<'a>,
    restores: bool,
    /// The merged layers below, where `tree` does not hold them.
    below: Option<&'a Tree<Item>>,
    /// Places this layer has put something at, and the directories above them: its whiteouts leave those alone.
    touched: BTreeSet<TreePath>,
    troubles: Troubles,
}

impl<'a> Unpacker<'a> {
    /// Unpacks into an empty tree; `below` is only asked for the targets of hard links.
    /// `restores` is whether a directory's `trusted.overlay.opaque` is restored.
    pub fn alone(layer: usize, below: &'a Tree<Item>, restores: bool, unsure: Unsure<'a>) -> Self {
        let tree = Tree::new(Item::new(layer, Role::Implied));
        Self { below: Some(below), restores, ..Self::new(tree, layer, Mode::Alone, unsure) }
    }

    /// Unpacks onto the layers below.
    pub fn onto(below: Tree<Item>, layer: usize, unsure: Unsure<'a>) -> Self {
        Self::new(below, layer, Mode::Onto, unsure)
    }

    fn new(tree: Tree<Item>, layer: usize, mode: Mode, unsure: Unsure<'a>) -> Self {
        Self {
            tree,
            layer,
            mode,
            unsure,
            restores: false,
            below: None,
            touched: BTreeSet::new(),
            troubles: Troubles::default(),
        }
    }

    /// Unpacks the entries in their order, whatever trouble there is: what cannot be unpacked is left out.
    pub fn run(mut self, entries: &[Entry<Contents>]) -> (Tree<Item>, Troubles) {
        for entry in entries {
            self.entry(entry);
        }
        (self.tree, self.troubles)
    }

    fn entry(&mut self, entry: &Entry<Contents>) {
        let Entry { path, kind, attributes } = entry;
        match kind {
            Kind::Whiteout => self.whiteout(path),
            Kind::Opaque => self.opaque(path),
            Kind::Implied { by_removal: true } if self.mode == Mode::Onto => {}
            Kind::Implied { .. } => {
                if let Some(place) = self.directory(path) {
                    self.touch(&place);
                }
            }
            Kind::HardLink(target) => self.hard_link(path, target),
            Kind::File(file) => {
                let item = Item { file: Some(Arc::new(file.clone())), ..Item::new(self.layer, Role::Named) };
                self.place(path, Node { kind: tree::Kind::File, attributes: *attributes, payload: item });
            }
            Kind::Directory { overlay_opaque } => {
                let role = if *overlay_opaque && self.restores { Role::Opaque } else { Role::Named };
                let kind = tree::Kind::Directory(Directory::default());
                self.place(path, Node { kind, attributes: *attributes, payload: Item::new(self.layer, role) });
            }
            Kind::Symlink(target) => self.plain(path, tree::Kind::Symlink(target.clone()), *attributes),
            Kind::WhiteoutDevice if self.mode == Mode::Alone => self.plain(path, tree::Kind::Removed, *attributes),
            Kind::WhiteoutDevice | Kind::Device => self.plain(path, tree::Kind::Device, *attributes),
            Kind::Fifo => self.plain(path, tree::Kind::Fifo, *attributes),
        }
    }

    fn plain(&mut self, path: &TreePath, kind: tree::Kind<Item>, attributes: Attributes) {
        self.place(path, Node { kind, attributes, payload: Item::new(self.layer, Role::Named) });
    }

    /// Puts a node at a path.
    fn place(&mut self, path: &TreePath, mut node: Node<Item>) {
        let Some(name) = path.file_name() else {
            if !matches!(node.kind, tree::Kind::Directory(_)) {
                return self.refuse("the root directory is replaced by something else".to_owned());
            }
            // The root's children stay: this only sets its mode and owner.
            let _ = self.tree.place(path, node, &Item::new(self.layer, Role::Implied));
            return;
        };
        let Some(directory) = self.directory(&path.parent().unwrap_or_default()) else { return };
        let place = directory.join(name);
        // An opaque directory stays opaque when it is named after its marker.
        if let (Some(old), tree::Kind::Directory(_)) = (self.tree.get(&place), &node.kind)
            && old.payload.role == Role::Opaque
            && old.payload.layer == self.layer
            && matches!(old.kind, tree::Kind::Directory(_))
        {
            node.payload.role = Role::Opaque;
        }
        if let Err(error) = self.tree.place(&place, node, &Item::new(self.layer, Role::Implied)) {
            return self.refuse(error.to_string());
        }
        self.touch(&place);
    }

    /// The place of a directory, made where it is missing, links followed.
    fn directory(&mut self, path: &TreePath) -> Option<TreePath> {
        self.ask(path);
        if self.mode == Mode::Alone {
            let walk = self.tree.lookup(path);
            if let Outcome::Removed(_) = walk.outcome {
                let gone = walk.path;
                self.refuse(format!("{path} is to hold something, and the same layer removes {gone}"));
                // Those who unpack it all the same have the whiteout act on the layers below alone.
                self.set_role(&gone, Role::Opaque);
            }
        }
        match self.tree.make_directory(path, &Item::new(self.layer, Role::Implied)) {
            Ok(place) => Some(place),
            Err(error) => {
                if error.reason == PlaceReason::Unknown {
                    self.troubles.unsure.insert(error.path);
                } else {
                    self.refuse(format!("{path} cannot be made: {error}"));
                }
                None
            }
        }
    }

    /// Makes sure that what is missing on the way to a path is known to be missing.
    fn ask(&mut self, path: &TreePath) {
        let walk = self.tree.lookup(path);
        if matches!(walk.outcome, Outcome::Absent) && (self.unsure)(&walk.path) {
            self.troubles.unsure.insert(walk.path.resolve(walk.rest.as_bytes()));
        }
    }

    /// Gives the directory at `place` a role, and makes it a directory if it is a tombstone.
    fn set_role(&mut self, place: &TreePath, role: Role) {
        let layer = self.layer;
        if let Some(node) = self.tree.get_mut(place) {
            if !matches!(node.kind, tree::Kind::Directory(_)) {
                *node = tree::directory(IMPLIED, Item::new(layer, role));
            }
            node.payload.role = role;
            node.payload.layer = layer;
        }
    }

    fn whiteout(&mut self, path: &TreePath) {
        let Some(name) = path.file_name() else { return };
        let parent = path.parent().unwrap_or_default();
        match self.mode {
            Mode::Alone => {
                let Some(directory) = self.directory(&parent) else { return };
                let place = directory.join(name);
                match self.tree.get(&place).map(|node| matches!(node.kind, tree::Kind::Directory(_))) {
                    None => self.plain(&place, tree::Kind::Removed, Attributes::root(0)),
                    Some(is_directory) => {
                        self.refuse(format!("{path} is removed after the same layer has put it there"));
                        if is_directory {
                            self.set_role(&place, Role::Opaque);
                        }
                    }
                }
            }
            Mode::Onto => {
                self.ask(&parent);
                let walk = self.tree.lookup(&parent);
                if let (Outcome::Found(_), directory) = (walk.outcome, walk.path) {
                    self.clear(&directory.join(name));
                }
            }
        }
    }

    fn opaque(&mut self, path: &TreePath) {
        match self.mode {
            Mode::Alone => {
                if let Some(directory) = self.directory(path) {
                    self.set_role(&directory, Role::Opaque);
                }
            }
            Mode::Onto => {
                self.ask(path);
                let walk = self.tree.lookup(path);
                if let (Outcome::Found(_), directory) = (walk.outcome, walk.path) {
                    self.clear_below(&directory);
                }
            }
        }
    }

    /// Removes what is at `place` and was not put there by this layer.
    fn clear(&mut self, place: &TreePath) {
        if self.touched.contains(place) {
            self.clear_below(place);
        } else {
            self.tree.remove(place, Item::new(self.layer, Role::Named));
        }
    }

    fn clear_below(&mut self, directory: &TreePath) {
        let names: Vec<Vec<u8>> = match self.tree.get(directory).map(|node| &node.kind) {
            Some(tree::Kind::Directory(names)) => names.iter().map(|(name, _)| name.to_vec()).collect(),
            _ => return,
        };
        for name in names {
            self.clear(&directory.join(name));
        }
    }

    fn hard_link(&mut self, path: &TreePath, target: &TreePath) {
        if path == target {
            return self.refuse(format!("{path} is a hard link to itself"));
        }
        if self.makes_room_from(path, target) {
            self.refuse(format!("{path} is a hard link to {target}, which is removed to make room for it"));
        }
        match self.target(target) {
            Ok(mut node) => {
                node.payload.layer = self.layer;
                self.place(path, node);
            }
            Err(Some(why)) => self.refuse(format!("{path} is a hard link to {target}, {why}")),
            Err(None) => {}
        }
    }

    /// Whether what is put at `path` takes the place of `target`, or of a directory above it: runtimes remove that first, and then
    /// find nothing to link to.
    fn makes_room_from(&self, path: &TreePath, target: &TreePath) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
        let parent = self.tree.lookup(&parent);
        let target = self.tree.lookup_link(target);
        let are_there = matches!((parent.outcome, target.outcome), (Outcome::Found(_), Outcome::Found(_)));
        are_there && target.path.starts_with(&parent.path.join(name))
    }

    /// What a hard link leads to: a link as the last component is itself linked to. The error says why it cannot be, or that
    /// it is not known.
    fn target(&mut self, target: &TreePath) -> Result<Node<Item>, Option<String>> {
        match self.find(&self.tree, target) {
            Target::Found(node) => return Ok(node),
            Target::Directory => return Err(Some("which is a directory".to_owned())),
            Target::Unsure(path) => {
                self.troubles.unsure.insert(path);
                return Err(None);
            }
            Target::Absent => {}
        }
        match self.below.map(|below| self.find(below, target)) {
            Some(Target::Found(node)) => {
                self.refuse(format!("there is a hard link to {target}, which only a lower layer has"));
                Ok(node)
            }
            _ => Err(Some("which is not there".to_owned())),
        }
    }

    fn find(&self, tree: &Tree<Item>, target: &TreePath) -> Target {
        let walk = tree.lookup_link(target);
        match walk.outcome {
            Outcome::Found(Node { kind: tree::Kind::Directory(_), .. }) => Target::Directory,
            Outcome::Found(node) => Target::Found(node.clone()),
            // Unpacked alone, a whiteout is a device like any other, and can be linked to.
            Outcome::Removed(node) if self.mode == Mode::Alone && walk.rest.is_root() => Target::Found(node.clone()),
            Outcome::Absent if (self.unsure)(&walk.path) => Target::Unsure(walk.path.resolve(walk.rest.as_bytes())),
            _ => Target::Absent,
        }
    }

    fn touch(&mut self, place: &TreePath) {
        let mut at = Some(place.clone());
        while let Some(path) = at {
            at = path.parent();
            if !self.touched.insert(path) {
                break;
            }
        }
    }

    fn refuse(&mut self, why: String) {
        self.troubles.refused.push(why);
    }
}
