//! A stage that is being built: what each instruction does to it. `RUN`, `COPY` and `ADD` have files of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::shell::{Fetch, Gap, Machine, Reach, UNKNOWN, Variables};
use crate::text::Span;
use crate::tree::TreePath;

use super::brought::Brought;
use super::build::find;
use super::context::{Context, Named};
use super::expansion::expand;
use super::facts::{Base, BundleState, Hidden, Os, Stage, Start, User, UserSet};
use super::foundation::{Foundation, point};
use super::instruction::{Arguments, Escape, Instruction, Keyword, Word};
use super::options::Options;
use super::word::{self, Expansion, Lookup};

/// A stage that is being built.
#[derive(Clone, Debug)]
pub(super) struct Workshop {
    pub(super) stage: Stage,
    pub(super) machine: Machine,
    /// `ARG`s of the stage; none where there is neither default nor value.
    pub(super) arguments: BTreeMap<String, Option<String>>,
    /// The words of `SHELL`.
    pub(super) shell: Vec<String>,
    /// Kept for stages that are built upon this one.
    pub(super) on_build: Vec<Instruction>,
    /// What the base has for whoever builds upon it, where that is an image: its places are those of another text.
    pub(super) brought_on_build: Vec<Instruction>,
    /// Whether the base's environment is not all known.
    pub(super) open: bool,
    /// What the file says escapes a character.
    pub(super) escape: Escape,
    /// See [`Workshop::variables`]; none where what they are made of has changed.
    pub(super) shell_variables: Option<Variables>,
}

/// What an instruction is carried out with, besides its stage.
pub(super) struct Site<'s> {
    pub(super) context: &'s dyn Context,
    pub(super) options: &'s Options,
    /// The stages before this one.
    pub(super) stages: &'s [Workshop],
}

impl Site<'_> {
    /// The named context that `--from` names.
    pub(super) fn named(&self, name: &str) -> Option<Named> {
        named(self.context, name)
    }

    /// The stage that `--from` names.
    pub(super) fn stage(&self, name: &str) -> Option<&Workshop> {
        self.stages.get(find(self.stages, name)?)
    }
}

/// The named context that an image's or stage's name stands for. `debian` is also `docker.io/library/debian:latest`.
pub(super) fn named(context: &dyn Context, name: &str) -> Option<Named> {
    let familiar = || {
        let short = name.strip_prefix("docker.io/").unwrap_or(name);
        let short = short.strip_prefix("library/").unwrap_or(short);
        Some(short.strip_suffix(":latest").unwrap_or(short)).filter(|short| *short != name)
    };
    context.named(name).or_else(|| context.named(familiar()?))
}

impl Workshop {
    /// A stage that has just begun.
    pub(super) fn new(base: Base, os: Os, brought: Brought, escape: Escape, open: bool) -> Self {
        let stage = Stage {
            index: 0,
            name: None,
            from: Span::default(),
            platform: None,
            base,
            os,
            user: brought.user,
            environment: brought.environment.into_iter().collect(),
            workdir: brought.workdir,
            tree: crate::tree::Tree::new(Default::default()),
            accounts: Default::default(),
            fetches: Vec::new(),
            gaps: Vec::new(),
            opaque: Vec::new(),
            volumes: Vec::new(),
            start: [None, None],
            renewals: Vec::new(),
            hidden: Vec::new(),
            materials: Vec::new(),
            bundle: BundleState::Absent,
        };
        let shell = ["/bin/sh", "-c"].map(String::from).to_vec();
        let (machine, arguments) = (brought.machine, BTreeMap::new());
        Self {
            stage,
            machine,
            arguments,
            shell,
            on_build: Vec::new(),
            brought_on_build: Vec::new(),
            open,
            escape,
            shell_variables: None,
        }
    }

    /// The stage as it is when nothing more comes.
    pub(super) fn finish(mut self) -> Stage {
        let packagers = &self.machine.packagers;
        let shown = |name: &str| packagers.contains(name);
        // Only Amazon Linux 2 has `amazon-linux-extras`, and only later ones have dnf.
        match &mut self.stage.os {
            Os::Amazon { version: version @ None } if shown("amazon-linux-extras") => *version = Some("2".to_owned()),
            Os::Amazon { version: version @ None } if shown("dnf") || shown("microdnf") => {
                *version = Some("2023".to_owned())
            }
            os @ Os::Unknown if shown("amazon-linux-extras") => *os = Os::Amazon { version: Some("2".to_owned()) },
            _ => {}
        }
        if let UserSet::Instruction(_) = self.stage.user.set {
            // An account may have been made with its number after it was named.
            self.stage.user.uid = self.machine.accounts.get(&self.stage.user.name);
        }
        self.stage.tree = self.machine.tree;
        self.stage.accounts = self.machine.accounts;
        self.stage.fetches = self.machine.fetches;
        self.stage.gaps = self.machine.gaps;
        self.stage.opaque = self.machine.opaque.into_iter().map(|opaque| opaque.path).collect();
        self.stage.renewals = self.machine.renewals;
        self.stage.take_stock();
        self.stage
    }

    /// What others are built upon that name this stage's image.
    pub(super) fn into_foundation(self) -> Foundation {
        let (shell, open, on_build) = (self.shell.clone(), self.open, self.on_build.clone());
        let machine = self.machine.clone();
        let stage = self.finish();
        let environment = stage.environment.into_iter().collect();
        let brought = Brought { machine, environment, workdir: stage.workdir, user: stage.user };
        Foundation { os: stage.os, brought, shell, open, on_build }
    }

    /// Lets all that was done so far point at one place: it was done by instructions of another text.
    pub(super) fn point(&mut self, span: Span) {
        point(&mut self.machine, Some(span), span);
        for fetch in &mut self.machine.fetches {
            *fetch = Arc::new(Fetch { span, ..Fetch::clone(fetch) });
        }
        let gaps = std::mem::take(&mut self.machine.gaps);
        self.machine.gaps = gaps.into_iter().map(|gap| Gap { span, ..gap }).collect();
        self.machine.renewals.iter_mut().for_each(|renewal| *renewal = span);
        self.stage.hidden.iter_mut().for_each(|hidden| hidden.span = span);
        self.stage.start.iter_mut().flatten().for_each(|start| start.span = span);
        if let UserSet::Instruction(by) = &mut self.stage.user.set {
            *by = span;
        }
    }

    /// Expands a word as BuildKit does: the environment before the arguments.
    pub(super) fn expand(&self, text: &str) -> String {
        self.expand_with(&|lookup| word::expand(text, self.escape, lookup))
    }

    /// Expands the body of a heredoc of `COPY` or `ADD`, whose quotes are its own.
    pub(super) fn expand_body(&self, body: &str) -> String {
        self.expand_with(&|lookup| word::expand_body(body, lookup))
    }

    fn expand_with(&self, read: &dyn Fn(Lookup<'_>) -> Expansion) -> String {
        let lookup = |name: &str| {
            let set = self.stage.environment.get(name).cloned();
            set.or_else(|| self.arguments.get(name).cloned().flatten())
        };
        // Declared without a value, or perhaps set by a base whose environment is not listed: it may be anything.
        let open = |name: &str| self.open || self.arguments.contains_key(name);
        expand(read, &lookup, &open).0
    }

    /// The variables that a RUN has.
    pub(super) fn variables(&mut self) -> Variables {
        if let Some(variables) = &self.shell_variables {
            return variables.clone();
        }
        let mut variables = Variables::default();
        variables.open = self.open;
        for (name, value) in &self.arguments {
            variables.set(name, value.clone().unwrap_or(UNKNOWN.to_string()));
        }
        for (name, value) in &self.stage.environment {
            variables.set(name, value.clone());
        }
        if let (UserSet::Instruction(_), false) = (self.stage.user.set, self.stage.environment.contains_key("HOME")) {
            variables.set("HOME", self.machine.accounts.home(&self.stage.user.name));
        }
        self.shell_variables = Some(variables.clone());
        variables
    }

    /// Owner and group of what the stage's user makes.
    pub(super) fn owner(&mut self) -> (u32, u32) {
        // Lambda's own user is there when a function runs, not when the image is built.
        if self.stage.user.set == UserSet::Lambda {
            return (0, 0);
        }
        let uid = self.stage.user.uid.unwrap_or_else(|| self.machine.accounts.number(&self.stage.user.name));
        (uid, self.stage.user.gid.unwrap_or(uid))
    }

    /// Says that something was not understood.
    pub(super) fn gap(&mut self, gap: Gap) {
        self.machine.gap(gap.span, gap.why, gap.reach);
    }

    /// Notes a link that is hidden.
    pub(super) fn hide(&mut self, hidden: Hidden) {
        self.stage.hidden.push(hidden);
    }

    pub(super) fn carry_out(&mut self, instruction: &Instruction, site: &Site<'_>) {
        match instruction.keyword {
            Keyword::Env => self.environment(instruction),
            Keyword::Workdir => {
                let path = self.expand(&line(instruction));
                self.stage.workdir = self.stage.workdir.resolve(path);
                let workdir = self.stage.workdir.clone();
                self.machine.owner = (0, 0);
                self.machine.make_directory(&workdir, instruction.span);
            }
            Keyword::User => self.user(instruction),
            Keyword::Volume => {
                let words: Vec<String> = match &instruction.arguments {
                    Arguments::Json(words) | Arguments::Words(words) => {
                        words.iter().map(|word| word.text.clone()).collect()
                    }
                    _ => line(instruction).split_whitespace().map(ToOwned::to_owned).collect(),
                };
                let volumes: Vec<_> = words.iter().map(|word| TreePath::new(self.expand(word))).collect();
                self.stage.volumes.extend(volumes);
            }
            Keyword::Shell => {
                if let Arguments::Json(words) = &instruction.arguments {
                    self.shell = words.iter().map(|word| word.text.clone()).collect();
                }
            }
            Keyword::Onbuild => self.on_build.extend(instruction.onbuild.as_deref().cloned()),
            Keyword::Add | Keyword::Copy => self.transfer(instruction, site),
            Keyword::Run => self.run(instruction, site),
            Keyword::Entrypoint | Keyword::Cmd => {
                let words = match &instruction.arguments {
                    Arguments::Json(words) => words.iter().map(|word| word.text.clone()).collect(),
                    _ => line(instruction).split_whitespace().map(ToOwned::to_owned).collect(),
                };
                let [entrypoint, command] = &mut self.stage.start;
                let which = if instruction.keyword == Keyword::Cmd { command } else { entrypoint };
                *which = Some(Start { span: instruction.span, words });
            }
            Keyword::Unknown => self.gap(Gap {
                span: instruction.span,
                why: "this is no instruction of a Dockerfile".to_owned(),
                reach: Reach::Anywhere,
            }),
            _ => {}
        }
    }

    fn environment(&mut self, instruction: &Instruction) {
        let pairs = match &instruction.arguments {
            Arguments::Pairs(pairs) => pairs.clone(),
            _ => Vec::new(),
        };
        // All values of one ENV are expanded with what was set before it.
        let expanded: Vec<_> =
            pairs.iter().map(|(name, value)| (self.expand(&name.text), self.expand(&value.text))).collect();
        self.stage.environment.extend(expanded);
        self.shell_variables = None;
    }

    fn user(&mut self, instruction: &Instruction) {
        // Lambda runs a function as its own user whatever is said here.
        if self.stage.user.set == UserSet::Lambda {
            return;
        }
        let text = self.expand(&line(instruction));
        let (name, group) = text.split_once(':').map_or((text.as_str(), None), |(name, group)| (name, Some(group)));
        let uid = self.machine.accounts.get(name);
        let gid = match group {
            Some(group) => self.machine.accounts.get(group),
            None => uid,
        };
        self.stage.user = User { name: name.to_owned(), uid, gid, set: UserSet::Instruction(instruction.span) };
        self.shell_variables = None;
    }
}

/// The text of an instruction that has one.
fn line(instruction: &Instruction) -> String {
    let joined = |words: &[Word]| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    match &instruction.arguments {
        Arguments::Line(line) => line.text.trim().to_owned(),
        Arguments::Words(words) | Arguments::Json(words) => joined(words),
        Arguments::Pairs(_) => String::new(),
    }
}
