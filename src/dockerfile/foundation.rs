//! What a stage is built upon when more is known of it than its name: another Dockerfile's image, or one that was read.

use std::sync::Arc;

use crate::shell::{Contents, Fetch, Form, Gap, Holding, Machine, Reach, Source};
use crate::text::Span;
use crate::tree::{Attributes, Kind, Node, TreePath};

use super::base;
use super::brought::{self, Brought};
use super::facts::{Os, User, UserSet};
use super::instruction::Instruction;

/// What an image holds and sets, as far as it bears on those built upon it. Nothing in it points into a Dockerfile.
#[derive(Clone, Debug)]
pub struct Foundation {
    pub(super) os: Os,
    pub(super) brought: Brought,
    /// The words of `SHELL`.
    pub(super) shell: Vec<String>,
    /// Whether it sets variables that are not listed.
    pub(super) open: bool,
    /// What runs where it is built upon; with the places of the file that it was written in.
    pub(super) on_build: Vec<Instruction>,
}

impl Foundation {
    /// An image of that system and nothing else that matters, run as root.
    pub fn new(os: Os) -> Self {
        let image = base::Image { os: os.clone(), published: true, kind: base::Kind::Plain };
        let brought = brought::brought("", &image);
        let shell = ["/bin/sh", "-c"].map(String::from).to_vec();
        Self { os, brought, shell, open: false, on_build: Vec::new() }
    }

    /// With this user; none where its number is not known.
    #[must_use]
    pub fn user(mut self, name: &str, numbers: Option<(u32, u32)>) -> Self {
        let name = if name.is_empty() { "root" } else { name };
        let (uid, gid) = numbers.unzip();
        let set = if numbers.is_some() { UserSet::Base } else { UserSet::Unknown };
        self.brought.user = User { name: name.to_owned(), uid, gid, set };
        self
    }

    /// With a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.brought.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this working directory.
    #[must_use]
    pub fn workdir(mut self, path: TreePath) -> Self {
        self.brought.machine.make_directory(&path, Span::default());
        self.brought.workdir = path;
        self
    }

    /// With RDS certificates in a file of the image `reference`, at a path without links.
    #[must_use]
    pub fn bundle(self, path: &TreePath, reference: &str, attributes: Attributes) -> Self {
        self.holding(path, reference, Form::Plain, attributes)
    }

    /// With RDS certificates in a keystore of the image `reference`, at a path without links.
    #[must_use]
    pub fn keystore(self, path: &TreePath, reference: &str, attributes: Attributes) -> Self {
        self.holding(path, reference, Form::Keystore, attributes)
    }

    fn holding(mut self, path: &TreePath, reference: &str, form: Form, attributes: Attributes) -> Self {
        let source = Source::Image { reference: reference.to_owned(), path: path.to_string() };
        let payload = Holding { contents: Contents { form, ..Contents::of(source) }, ..Holding::default() };
        let node = Node { kind: Kind::File, attributes, payload };
        // The image's own links led here, so nothing that this tree has of it stands in the way.
        let _ = self.brought.machine.tree.place(path, node, &Holding::default());
        self
    }

    /// With an instruction that runs where it is built upon, as an image's config has it.
    #[must_use]
    pub fn on_build(mut self, instruction: &str) -> Self {
        let read = super::parse(&format!("FROM scratch\nONBUILD {instruction}\n"));
        let inner = read.instructions.into_iter().filter_map(|instruction| instruction.onbuild);
        self.on_build.extend(inner.map(|inner| *inner));
        self
    }

    /// With something that could not be told, and what it may bear on.
    #[must_use]
    pub fn gap(mut self, why: impl Into<String>, reach: Reach) -> Self {
        self.brought.machine.gap(Span::default(), why, reach);
        self
    }

    /// The same for whoever takes it up at `span`: everything in it points there, and files point nowhere, as for any base.
    pub(super) fn taken_up(mut self, span: Span) -> Self {
        let machine = &mut self.brought.machine;
        machine.fetches.clear();
        let gaps = std::mem::take(&mut machine.gaps);
        machine.gaps = gaps.into_iter().map(|gap| Gap { span, ..gap }).collect();
        point(machine, None, span);
        if let UserSet::Instruction(_) = self.brought.user.set {
            self.brought.user.set = UserSet::Base;
        }
        self
    }
}

/// Lets every node that somebody made be made `by` that, and every download point at `span`.
pub(super) fn point(machine: &mut Machine, by: Option<Span>, span: Span) {
    let change = |node: &mut Node<Holding>| {
        node.payload.by = node.payload.by.and(by);
        for part in &mut node.payload.contents.parts {
            if let Source::Fetch(fetch) = &mut part.source {
                *fetch = Arc::new(Fetch { span, ..Fetch::clone(fetch) });
            }
        }
        // What is gone from a base is not there; who took it away is the base's affair.
        if let (Kind::Removed, None) = (&node.kind, by) {
            node.payload.contents = Contents::default();
        }
    };
    if let Some(root) = machine.tree.get_mut(&TreePath::ROOT) {
        crate::shell::adopt(root, &change);
    }
}
