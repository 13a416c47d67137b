//! The facts about a Dockerfile: its stages, what each one's tree holds, and what could not be told.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::shell::{Accounts, Contents, Fetch, Gap, Holding};
use crate::text::{Place, SourceFile, Span};
use crate::tree::{Attributes, Tree, TreePath};

use super::instruction::{Dockerfile, Problem};

/// Everything known about one Dockerfile.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its text.
    pub file: Arc<SourceFile>,
    /// Its instructions.
    pub dockerfile: Dockerfile,
    /// Its stages, in the order of the file.
    pub stages: Vec<Stage>,
    /// Index of the stage that ships: the one asked for by `--target`, else the last. None where there is no stage.
    pub target: Option<usize>,
    /// Why it does not build, or not as asked for.
    pub problems: Vec<Problem>,
    /// Whether anything shows that it talks to RDS.
    pub need: Need,
}

/// Whether anything shows that an image talks to RDS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nobody wanted to know ([`super::Options::look_for_need`]).
    NotLooked,
    /// Something does; for people: "psycopg2 is in requirements.txt".
    Shown(String),
    /// Nothing that was looked at does.
    NotShown,
}

impl Facts {
    /// A part of its text.
    pub fn place(&self, span: Span) -> Place {
        Place { file: Arc::clone(&self.file), span }
    }

    /// Whether it builds, as far as its words go.
    ///
    /// # Errors
    /// Why it does not, with the line, for people.
    pub fn buildable(&self) -> Result<(), String> {
        match self.problems.first() {
            None => Ok(()),
            Some(problem) => {
                let line = self.file.position(problem.span.start).line;
                Err(format!("it does not build: line {line}: {}", problem.message))
            }
        }
    }

    /// Lets go of the file systems, which are most of it: what was asked of them is known by now (see [`Stage::bundle`]), and a
    /// report over ten thousand Dockerfiles needs no file of any.
    pub fn release_trees(&mut self) {
        for stage in &mut self.stages {
            stage.tree = Tree::new(Holding::default());
        }
    }

    /// The stage that ships.
    pub fn shipped(&self) -> Option<&Stage> {
        self.stages.get(self.target?)
    }

    /// The index of the stage, and what it holds of RDS, for every stage but the one that ships and the ones it is built
    /// upon (what those hold, it holds): what is `left in the builder` when the shipped stage holds nothing.
    pub fn left_behind(&self) -> Vec<(usize, Presence)> {
        let Some(target) = self.target else { return Vec::new() };
        let lineage = self.lineage(target);
        let mut left = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            if !lineage.contains(&index) {
                left.extend(stage.materials().iter().map(|presence| (index, presence.clone())));
            }
        }
        left
    }

    /// The stage and those it is built upon, itself first.
    pub fn lineage(&self, stage: usize) -> Vec<usize> {
        let mut lineage = vec![stage];
        let mut at = stage;
        while let Some(Stage { base: Base::Stage(parent), .. }) = self.stages.get(at) {
            // A stage only builds upon earlier ones, so this ends.
            if *parent >= at {
                break;
            }
            lineage.push(*parent);
            at = *parent;
        }
        lineage
    }
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its index in the file.
    pub index: usize,
    /// Its name (`AS name`), in lower case as BuildKit keeps it.
    pub name: Option<String>,
    /// Its `FROM` instruction.
    pub from: Span,
    /// Its platform (`--platform`), expanded.
    pub platform: Option<String>,
    /// What it is built upon.
    pub base: Base,
    /// The operating system: of its base, or as its commands show.
    pub os: Os,
    /// Whom its last `USER` names, or its base.
    pub user: User,
    /// Its environment as the image keeps it.
    pub environment: BTreeMap<String, String>,
    /// Its working directory.
    pub workdir: TreePath,
    /// Its file system.
    pub tree: Tree<Holding>,
    /// Users and groups known in it.
    pub accounts: Accounts,
    /// What was downloaded in it (not in the stages it is built upon), RDS material and anything else.
    pub fetches: Vec<Arc<Fetch>>,
    /// What was not understood, in it and in what it took over from other stages and images.
    pub gaps: Vec<Gap>,
    /// Its directories whose files are not all known.
    pub opaque: Vec<TreePath>,
    /// Its `VOLUME`s, over which something may be mounted when it runs.
    pub volumes: Vec<TreePath>,
    /// What its containers start with: `ENTRYPOINT`, and `CMD`.
    pub start: [Option<Start>; 2],
    /// Package commands that may have installed a newer `ca-certificates`, here or in the stages it is built upon: its script runs
    /// `update-ca-trust`.
    pub renewals: Vec<Span>,
    /// `--link` copies that made a real directory where the base has a link, and so hid what the link led to.
    pub hidden: Vec<Hidden>,
    /// See [`Stage::materials`].
    pub(super) materials: Vec<Presence>,
    /// See [`Stage::bundle`].
    pub(super) bundle: BundleState,
}

/// An `ENTRYPOINT` or a `CMD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The instruction.
    pub span: Span,
    /// Its words; of a line for the shell, those between blanks.
    pub words: Vec<String>,
}

/// A directory that `COPY --link` or `ADD --link` put in place of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The instruction.
    pub span: Span,
    /// Whether BuildKit does so: beside `--chmod` it passes `--link` over and copies as without it, so that the link stays.
    pub surely: bool,
    /// The link that is gone.
    pub path: TreePath,
    /// What it led to.
    pub target: TreePath,
}

/// What a stage is built upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An image; its reference as expanded.
    Image(String),
    /// Nothing.
    Scratch,
    /// Another stage, by index.
    Stage(usize),
    /// It could not be told which image.
    Unresolved {
        /// The reference as far as it could be expanded.
        reference: String,
        /// Why: "`BASE` has no default and is not given by --build-arg".
        why: String,
    },
}

/// An operating system, as far as the Dockerfile tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Os {
    /// Amazon Linux; its generation as in os-release's `VERSION_ID` (`2`, `2023`, `2018.03`) where it can be told.
    Amazon {
        /// The generation.
        version: Option<String>,
    },
    /// Known not to be Amazon Linux.
    Other,
    /// Not known.
    Unknown,
}

impl Os {
    /// Whether it is Amazon Linux.
    pub const fn is_amazon(&self) -> bool {
        matches!(self, Os::Amazon { .. })
    }
}

/// The user a container runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// As written, a name or digits, without the group; `root` where nobody says otherwise.
    pub name: String,
    /// Its number, where it is known.
    pub uid: Option<u32>,
    /// Its group's number, where it is known.
    pub gid: Option<u32>,
    /// Who says so.
    pub set: UserSet,
}

/// Who chose the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSet {
    /// Nobody: root.
    Default,
    /// The base image.
    Base,
    /// A `USER` instruction.
    Instruction(Span),
    /// AWS Lambda, which runs every function as a user of its own whatever the image says.
    Lambda,
    /// A base that is not known: it may be anybody.
    Unknown,
}

/// Whether the RDS bundle is in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleState {
    /// It is, in these places; the most useful one first (readable, whole, a file).
    Present(Vec<Presence>),
    /// It was, until something removed it.
    Removed {
        /// Where it was.
        path: TreePath,
        /// What removed it.
        by: Span,
    },
    /// It is not.
    Absent,
    /// It could not be told.
    Unknown {
        /// Why; never empty.
        because: Vec<Gap>,
    },
}

/// RDS certificates in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The path as a program would name it.
    pub path: TreePath,
    /// The path without links.
    pub resolved: TreePath,
    /// What kind of place it is.
    pub home: Home,
    /// What put it there; none where the base brought it.
    pub by: Option<Span>,
    /// What it is made of.
    pub contents: Contents,
    /// Mode and owner.
    pub attributes: Attributes,
    /// Whether the stage's user can read it, through every directory above it; none where it cannot be told.
    pub readable: Option<bool>,
    /// Whether its bytes were compared with a digest that stands in the Dockerfile.
    pub pinned: bool,
}

/// What kind of place holds certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// A file of its own.
    File,
    /// A Java or PKCS#12 keystore.
    Keystore,
    /// The certificates that the whole system trusts.
    SystemStore,
}

impl Home {
    /// As in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Home::File => "file",
            Home::Keystore => "keystore",
            Home::SystemStore => "system-store",
        }
    }
}
