//! The state that a script changes: files, variables, accounts, downloads, and what was not understood.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use brush_parser::ast;

use crate::text::Span;
use crate::tree::{Kind, Node, Tree, TreePath};

use super::accounts::Accounts;
use super::holding::{Contents, Fetch, Gap, Holding, Reach, Source};
use super::join;
use super::script::Scripts;
use super::variables::Variables;

/// Commands run in one machine before the rest counts as not understood: far above any real Dockerfile, and a bound on loops.
pub const MAX_STEPS: usize = 50_000;

/// Nodes copied before the rest counts as not understood: copies of copies double with every instruction.
pub const MAX_COPIED: usize = 200_000;

/// Nested scripts, functions and compound commands.
pub const MAX_DEPTH: usize = 24;

/// A container's file system and the shell that runs in it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The files, as far as anybody put or named them: what the base brings is only there where it matters.
    pub tree: Tree<Holding>,
    /// The working directory.
    pub directory: TreePath,
    /// The shell's variables.
    pub variables: Variables,
    /// Users and groups.
    pub accounts: Accounts,
    /// Owner and group of what is made.
    pub owner: (u32, u32),
    /// The bits that new files do not get.
    pub umask: u32,
    /// Downloads, in order.
    pub fetches: Vec<Arc<Fetch>>,
    /// What was not understood.
    pub gaps: Vec<Gap>,
    /// Directories of which more may be in than the tree lists.
    pub opaque: Vec<Opaque>,
    /// Package managers that were called, by name: they show the system's kind.
    pub packagers: BTreeSet<String>,
    /// Package commands that may have installed a newer `ca-certificates`, whose script runs `update-ca-trust`.
    pub renewals: Vec<Span>,
    /// `uname -m`.
    pub architecture: String,
    /// Scripts that were read before.
    pub scripts: Rc<Scripts>,
    pub(super) functions: BTreeMap<String, Arc<ast::FunctionBody>>,
    /// What `trap` says for the end of the shell, and where.
    pub(super) at_exit: Option<(String, Span)>,
    /// Whether commands of unknown names come with published packages: those of a package's own script.
    pub(super) published_commands: bool,
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
    /// Above zero where a command's failure does not end the script.
    pub(super) lenient: usize,
    /// How many of those have an answer to the failure: a condition, or `|| exit 1`.
    pub(super) answered: usize,
    pub(super) stack: Vec<TreePath>,
    pub(super) steps: usize,
    pub(super) depth: usize,
    pub(super) made: usize,
    /// Nodes copied so far, here and in the stages that they were copied from.
    pub copied: usize,
}

/// A directory whose files are not all known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// Which.
    pub path: TreePath,
    /// Where its files came from.
    pub from: Origin,
}

/// Where files came from that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The build context, which is not here.
    Context,
    /// Somebody else's published archive or repository.
    Published,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Exit code 0.
    Success,
    /// Another one.
    Failure,
    /// It could not be told.
    Unknown,
}

impl Status {
    /// Success where `yes`.
    pub const fn of(yes: bool) -> Self {
        if yes { Status::Success } else { Status::Failure }
    }

    /// As `!` makes it.
    #[must_use]
    pub const fn inverted(self) -> Self {
        match self {
            Status::Success => Status::Failure,
            Status::Failure => Status::Success,
            Status::Unknown => Status::Unknown,
        }
    }
}

/// What happens after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    On(Status),
    /// Out of so many loops.
    Break(usize),
    /// The next round of a loop.
    Continue(usize),
    /// Out of a function or sourced script.
    Return(Status),
    /// The end of the script.
    Exit(Status),
}

/// What a command did besides changing the machine.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it went on.
    pub flow: Flow,
    /// What it wrote to its standard output.
    pub output: Contents,
}

impl Outcome {
    /// Ended so, without output.
    pub fn silent(status: Status) -> Self {
        Self { flow: Flow::On(status), output: Contents::default() }
    }

    /// Success with output.
    pub fn output(output: Contents) -> Self {
        Self { flow: Flow::On(Status::Success), output }
    }

    /// Success, with an output nobody needs to know.
    pub fn chatter() -> Self {
        Self::output(Contents::other())
    }

    /// Success with a line of text.
    pub fn line(text: &str) -> Self {
        Self::output(Contents::bytes(format!("{text}\n").into_bytes()))
    }
}

impl Machine {
    /// A machine with an empty disk.
    pub fn new() -> Self {
        Self {
            tree: Tree::new(Holding::default()),
            directory: TreePath::ROOT,
            variables: Variables::default(),
            accounts: Accounts::default(),
            owner: (0, 0),
            umask: 0o022,
            fetches: Vec::new(),
            gaps: Vec::new(),
            opaque: Vec::new(),
            packagers: BTreeSet::new(),
            renewals: Vec::new(),
            architecture: "x86_64".to_owned(),
            scripts: Rc::default(),
            functions: BTreeMap::new(),
            at_exit: None,
            published_commands: false,
            errexit: false,
            pipefail: false,
            lenient: 0,
            answered: 0,
            stack: Vec::new(),
            steps: 0,
            depth: 0,
            made: 0,
            copied: 0,
        }
    }

    /// A new shell on the same disk.
    pub fn start_shell(&mut self, directory: TreePath, variables: Variables, owner: (u32, u32)) {
        self.directory = directory;
        self.variables = variables;
        self.owner = owner;
        self.umask = 0o022;
        self.functions.clear();
        self.at_exit = None;
        (self.errexit, self.pipefail) = (false, false);
        (self.lenient, self.answered) = (0, 0);
        self.stack.clear();
        self.depth = 0;
    }

    /// Whether a node, with all below it, may still be copied; says so where it may not.
    pub fn may_copy(&mut self, node: &Node<Holding>, span: Span) -> bool {
        let mut todo = vec![node];
        while let Some(node) = todo.pop() {
            self.copied += 1;
            if self.copied > MAX_COPIED {
                self.gap(span, "more files are copied than can be followed", Reach::Anywhere);
                return false;
            }
            if let Kind::Directory(names) = &node.kind {
                todo.extend(names.iter().map(|(_, child)| child));
            }
        }
        true
    }

    /// Sets the options of the shell's own command line (`bash -euo pipefail -c`).
    pub fn set_shell_options(&mut self, words: &[String]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) {
                super::command::set_options(self, letters, true, &mut words);
            }
        }
    }

    /// Says that something was not understood.
    pub fn gap(&mut self, span: Span, why: impl Into<String>, reach: Reach) {
        let gap = Gap { span, why: why.into(), reach };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Notes a download.
    pub fn fetched(&mut self, fetch: Fetch) -> Arc<Fetch> {
        let fetch = Arc::new(fetch);
        self.fetches.push(Arc::clone(&fetch));
        fetch
    }

    /// Notes more about the downloads that a file is made of, where they were made in this stage.
    pub(super) fn amend_fetches(&mut self, path: &TreePath, change: impl Fn(&mut Fetch)) {
        let parts = self.read(path).map(|contents| contents.parts.clone()).unwrap_or_default();
        for part in parts {
            let Source::Fetch(amended) = part.source else { continue };
            for fetch in self.fetches.iter_mut().filter(|fetch| fetch.is_same_request(&amended)) {
                change(Arc::make_mut(fetch));
            }
        }
    }

    /// The origin of what is not listed at a path: of the innermost opaque directory that it lies in, the later one where
    /// there are two.
    pub fn origin(&self, path: &TreePath) -> Option<Origin> {
        let around = self.opaque.iter().filter(|opaque| path.starts_with(&opaque.path));
        around.max_by_key(|opaque| opaque.path.components().count()).map(|opaque| opaque.from)
    }

    /// Says that more than is listed is in a directory.
    pub fn make_opaque(&mut self, path: TreePath, from: Origin) {
        let opaque = Opaque { path, from };
        self.opaque.retain(|other| *other != opaque);
        self.opaque.push(opaque);
    }

    /// After two ways that could not be told apart: this one and `other`.
    pub fn join(&mut self, other: Machine) {
        join::join(&mut self.tree, &other.tree);
        self.variables.join(&other.variables);
        for fetch in other.fetches {
            match self.fetches.iter_mut().find(|same| same.is_same_request(&fetch)) {
                // What was looked at on one way only was not surely looked at.
                Some(same) if *same != fetch => {
                    let same = Arc::make_mut(same);
                    same.failure_ignored |= fetch.failure_ignored;
                    same.content_checked &= fetch.content_checked;
                    same.pinned &= fetch.pinned;
                }
                Some(_) => {}
                None => self.fetches.push(fetch),
            }
        }
        for gap in other.gaps {
            self.gap(gap.span, gap.why, gap.reach);
        }
        for opaque in other.opaque {
            self.make_opaque(opaque.path, opaque.from);
        }
        self.packagers.extend(other.packagers);
        for renewal in other.renewals {
            if !self.renewals.contains(&renewal) {
                self.renewals.push(renewal);
            }
        }
        self.functions.extend(other.functions);
        self.steps = self.steps.max(other.steps);
        self.made = self.made.max(other.made);
        self.copied = self.copied.max(other.copied);
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}
