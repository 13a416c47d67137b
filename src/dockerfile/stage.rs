//! Builds the stages of a Dockerfile, one instruction after the other, without building anything.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::shell::{Fetch, Gap, Machine, Reach, Scripts, UNKNOWN, Variables, is_unknown};
use crate::text::{SourceFile, Span};
use crate::tree::TreePath;

use super::base;
use super::brought::{self, Brought};
use super::context::{Context, Named};
use super::facts::{Base, BundleState, Facts, Hidden, Need, Os, Stage, Start, User, UserSet};
use super::foundation::{Foundation, point};
use super::instruction::{Arguments, Dockerfile, Escape, Instruction, Keyword, Problem, Word};
use super::need;
use super::options::Options;
use super::word::{self, Expansion, Lookup};

/// Reads the facts of a Dockerfile.
pub fn read(file: Arc<SourceFile>, context: &dyn Context, options: &Options) -> Facts {
    let dockerfile = super::parse(file.text());
    read_parsed(file, dockerfile, context, options)
}

/// The same of one that is parsed already.
pub fn read_parsed(file: Arc<SourceFile>, dockerfile: Dockerfile, context: &dyn Context, options: &Options) -> Facts {
    let (workshops, target, problems) = build(&dockerfile, context, options);
    let stages = workshops.into_iter().map(Workshop::finish).collect();
    let mut facts = Facts { file, dockerfile, stages, target, problems, need: Need::NotLooked };
    if options.look_for_need {
        facts.need = need::look(&facts, context);
    }
    facts
}

/// What images are built upon that name this Dockerfile's image in their `FROM`.
///
/// # Errors
/// Why it does not build, with the line.
pub fn foundation(file: &SourceFile, context: &dyn Context, options: &Options) -> Result<Foundation, String> {
    let dockerfile = super::parse(file.text());
    let (mut workshops, target, problems) = build(&dockerfile, context, options);
    if let Some(problem) = problems.first() {
        let line = file.position(problem.span.start).line;
        return Err(format!("line {line} of {}: {}", file.name(), problem.message));
    }
    match target.filter(|target| *target < workshops.len()) {
        Some(target) => Ok(workshops.swap_remove(target).into_foundation()),
        None => Err(format!("{} builds nothing", file.name())),
    }
}

/// Builds every stage; with the index of the one that ships, and why it does not build.
fn build(
    dockerfile: &Dockerfile,
    context: &dyn Context,
    options: &Options,
) -> (Vec<Workshop>, Option<usize>, Vec<Problem>) {
    let mut problems = dockerfile.problems.clone();
    let mut build = Build {
        context,
        options,
        escape: dockerfile.escape,
        globals: BTreeMap::new(),
        platform: platform(&options.platform),
        scripts: context.scripts(),
        stages: Vec::new(),
    };
    build.run(dockerfile);
    let stages = build.stages;
    let target = match &options.target {
        None => stages.len().checked_sub(1),
        Some(name) => {
            let found = find(&stages, name, stages.len(), |stage| stage.stage.name.as_deref());
            if found.is_none() {
                let message = format!("there is no stage {name:?} to be the target");
                problems.push(Problem { span: Span::default(), message });
            }
            found
        }
    };
    (stages, target, problems)
}

/// The index of a stage by name (the last of that name, as BuildKit's map of names has it), or else by number.
fn find<T>(stages: &[T], name: &str, before: usize, name_of: impl Fn(&T) -> Option<&str>) -> Option<usize> {
    let lower = name.to_ascii_lowercase();
    let earlier = stages.get(..before).unwrap_or(stages);
    let named = earlier.iter().rposition(|stage| name_of(stage) == Some(lower.as_str()));
    named.or_else(|| lower.parse().ok().filter(|index| *index < earlier.len()))
}

/// The arguments that BuildKit defines by itself, from `os/architecture[/variant]`.
fn platform(platform: &str) -> BTreeMap<String, String> {
    let mut parts = platform.split('/');
    let (os, architecture, variant) =
        (parts.next().unwrap_or("linux"), parts.next().unwrap_or("amd64"), parts.next().unwrap_or(""));
    let mut arguments = BTreeMap::new();
    for side in ["TARGET", "BUILD"] {
        for (name, value) in [("PLATFORM", platform), ("OS", os), ("ARCH", architecture), ("VARIANT", variant)] {
            arguments.insert(format!("{side}{name}"), value.to_owned());
        }
    }
    arguments
}

/// One run over a Dockerfile.
struct Build<'b> {
    context: &'b dyn Context,
    options: &'b Options,
    escape: Escape,
    /// `ARG`s before the first `FROM`; none where there is neither default nor value.
    globals: BTreeMap<String, Option<String>>,
    platform: BTreeMap<String, String>,
    scripts: Rc<Scripts>,
    stages: Vec<Workshop>,
}

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
    on_build: Vec<Instruction>,
    /// What the base has for whoever builds upon it, where that is an image: its places are those of another text.
    brought_on_build: Vec<Instruction>,
    /// Whether the base's environment is not all known.
    open: bool,
    /// What the file says escapes a character.
    pub(super) escape: Escape,
    /// See [`Workshop::variables`]; none where what they are made of has changed.
    shell_variables: Option<Variables>,
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
        let index = find(self.stages, name, self.stages.len(), |stage| stage.stage.name.as_deref())?;
        self.stages.get(index)
    }
}

impl Build<'_> {
    fn run(&mut self, dockerfile: &Dockerfile) {
        let mut current: Option<Workshop> = None;
        for instruction in &dockerfile.instructions {
            match (instruction.keyword, &mut current) {
                (Keyword::From, _) => {
                    self.stages.extend(current.take());
                    current = Some(self.begin(instruction));
                }
                (Keyword::Arg, None) => self.global(instruction),
                (_, Some(workshop)) => self.carry_out(workshop, instruction),
                (_, None) => {}
            }
        }
        self.stages.extend(current);
    }

    fn carry_out(&self, workshop: &mut Workshop, instruction: &Instruction) {
        let site = Site { context: self.context, options: self.options, stages: &self.stages };
        if instruction.keyword == Keyword::Arg {
            self.argument(workshop, instruction);
        } else {
            workshop.carry_out(instruction, &site);
        }
    }

    /// An `ARG` before the first `FROM`.
    fn global(&mut self, instruction: &Instruction) {
        for (name, default) in declared(instruction) {
            let expanded = default.map(|default| self.expand_global(&default).0);
            let value = self.options.build_args.get(&name).cloned().or(expanded);
            self.globals.insert(name, value);
        }
    }

    /// Expands a word of a `FROM` or a global `ARG`; with the names that had no value.
    fn expand_global(&self, text: &str) -> (String, Vec<String>) {
        let lookup =
            |name: &str| self.globals.get(name).cloned().flatten().or_else(|| self.platform.get(name).cloned());
        expand(&|lookup| word::expand(text, self.escape, lookup), &lookup, &|_| true)
    }

    /// An `ARG` in a stage.
    fn argument(&self, workshop: &mut Workshop, instruction: &Instruction) {
        for (name, default) in declared(instruction) {
            let default = default.map(|default| workshop.expand(&default));
            let given = self.options.build_args.get(&name).cloned();
            let global = || self.globals.get(&name).cloned().flatten().or_else(|| self.platform.get(&name).cloned());
            let value = given.or(default).or_else(global);
            workshop.arguments.insert(name, value);
            workshop.shell_variables = None;
        }
    }

    fn begin(&self, instruction: &Instruction) -> Workshop {
        let words = match &instruction.arguments {
            Arguments::Words(words) | Arguments::Json(words) => words.as_slice(),
            _ => &[],
        };
        let (reference, unresolved) = words.first().map(|word| self.expand_global(&word.text)).unwrap_or_default();
        let name = match words {
            [_, keyword, name, ..] if keyword.text.eq_ignore_ascii_case("as") => Some(name.text.to_ascii_lowercase()),
            _ => None,
        };
        let flag = instruction.flags.iter().find(|flag| flag.name == "platform");
        let platform = flag.and_then(|flag| flag.value.as_deref()).map(|value| self.expand_global(value).0);
        let span = instruction.span;
        let named = named(self.context, &reference);
        let parent = find(&self.stages, &reference, self.stages.len(), |stage| stage.stage.name.as_deref())
            // A number is an image's name here: only COPY --from takes stages by number.
            .filter(|_| reference.parse::<usize>().is_err());
        let mut workshop = match parent.and_then(|index| Some((index, self.stages.get(index)?))) {
            _ if named.is_some() => self.named_workshop(&reference, named, span),
            Some((index, parent)) => {
                let mut workshop = parent.clone();
                workshop.stage.base = Base::Stage(index);
                workshop.arguments.clear();
                workshop.shell_variables = None;
                workshop.machine.fetches.clear();
                workshop.stage.hidden.clear();
                workshop
            }
            None => self.image_workshop(&reference, &unresolved, span),
        };
        workshop.machine.scripts = Rc::clone(&self.scripts);
        workshop.stage.index = self.stages.len();
        workshop.stage.name = name;
        workshop.stage.from = span;
        if platform.is_some() {
            workshop.stage.platform = platform;
        }
        let architecture = workshop.stage.platform.as_deref().unwrap_or(&self.options.platform);
        let arm = architecture.contains("arm64") || architecture.contains("aarch64");
        workshop.machine.architecture = if arm { "aarch64" } else { "x86_64" }.to_owned();
        let brought = std::mem::take(&mut workshop.brought_on_build);
        for kept in &brought {
            self.carry_out(&mut workshop, kept);
        }
        if !brought.is_empty() {
            workshop.point(span);
        }
        for kept in std::mem::take(&mut workshop.on_build) {
            self.carry_out(&mut workshop, &kept);
        }
        workshop
    }

    /// A stage that is built upon a named context.
    fn named_workshop(&self, reference: &str, named: Option<Named>, span: Span) -> Workshop {
        let foundation = match named {
            Some(Named::Image(image)) => return self.image_workshop(&image, &[], span),
            Some(Named::Built(foundation)) => foundation,
            // BuildKit wants an image here and takes a folder for one's root file system.
            Some(Named::Folder(_)) | None => Err("it is a folder, given as a named context".to_owned()),
        };
        match foundation {
            Ok(foundation) => self.upon(*foundation, Base::Image(reference.to_owned()), span),
            Err(why) => {
                let gap = format!("the base image is not known: {why}");
                let foundation = Foundation::new(Os::Unknown).user("", None).gap(gap, Reach::Anywhere);
                self.upon(foundation, Base::Unresolved { reference: reference.to_owned(), why }, span)
            }
        }
    }

    /// A stage that is built upon an image of which more is known than its name.
    fn upon(&self, foundation: Foundation, base: Base, span: Span) -> Workshop {
        let Foundation { os, brought, shell, open, on_build } = foundation.taken_up(span);
        let mut workshop = Workshop::new(base, os, brought, self.escape, open);
        workshop.shell = shell;
        workshop.brought_on_build = on_build;
        workshop
    }

    fn image_workshop(&self, reference: &str, unresolved: &[String], span: Span) -> Workshop {
        if reference == "scratch" {
            let machine = Machine::new();
            let user = brought::root(UserSet::Default);
            let brought = Brought { machine, environment: Vec::new(), workdir: TreePath::ROOT, user };
            return Workshop::new(Base::Scratch, Os::Other, brought, self.escape, false);
        }
        let known = !is_unknown(reference) || !base::Reference::new(reference).name.contains(UNKNOWN);
        let mut image = if known {
            base::image(reference, self.options.at)
        } else {
            base::Image { os: Os::Unknown, published: false, kind: base::Kind::Plain }
        };
        // What the user declares needs no looking up.
        let declared = self.options.bases.iter().find(|declared| declared.image.is_match(reference));
        if let Some(os) = declared.and_then(|declared| declared.os.clone()) {
            image.os = os;
        }
        let said = declared.and_then(|declared| declared.bundle);
        let failed = match said.is_none().then(|| self.context.image(reference)).flatten() {
            Some(Ok(foundation)) => return self.upon(foundation, Base::Image(reference.to_owned()), span),
            Some(Err(why)) => Some(why),
            None => None,
        };
        let unresolved = (!unresolved.is_empty() || is_unknown(reference)).then(|| without_value(unresolved));
        let base = match failed.clone().or(unresolved) {
            Some(why) if !known || image.os == Os::Unknown => Base::Unresolved { reference: reference.to_owned(), why },
            _ => Base::Image(reference.to_owned()),
        };
        let mut brought = brought::brought(reference, &image);
        if said == Some(true) {
            brought::bring_bundle(&mut brought.machine, &self.options.bundle_path);
        }
        if !image.published && said.is_none() {
            let why = match (&base, failed) {
                (Base::Unresolved { why, .. }, _) => format!("the base image is not known: {why}"),
                (_, Some(why)) => why,
                (_, None) => "nothing but the base image's name is known".to_owned(),
            };
            brought.machine.gap(span, why, Reach::Anywhere);
        }
        let open = brought.machine.variables.open;
        let mut workshop = Workshop::new(base, image.os, brought, self.escape, open);
        if image.kind == base::Kind::Windows {
            workshop.shell = ["cmd", "/S", "/C"].map(String::from).to_vec();
        }
        workshop
    }
}

/// Why a reference is not whole.
fn without_value(names: &[String]) -> String {
    if names.is_empty() {
        return "a part of it comes from outside and has no value here".to_owned();
    }
    let have = if names.len() == 1 { "has" } else { "have" };
    let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("{names} {have} no default and no value was given by --build-arg")
}

/// The named context that an image's or stage's name stands for. `debian` is also `docker.io/library/debian:latest`.
fn named(context: &dyn Context, name: &str) -> Option<Named> {
    let familiar = || {
        let short = name.strip_prefix("docker.io/").unwrap_or(name);
        let short = short.strip_prefix("library/").unwrap_or(short);
        Some(short.strip_suffix(":latest").unwrap_or(short)).filter(|short| *short != name)
    };
    context.named(name).or_else(|| context.named(familiar()?))
}

/// The names that an `ARG` declares, with their defaults as written.
fn declared(instruction: &Instruction) -> Vec<(String, Option<String>)> {
    let split = |text: &str| match text.split_once('=') {
        Some((name, default)) => (name.to_owned(), Some(default.to_owned())),
        None => (text.to_owned(), None),
    };
    match &instruction.arguments {
        Arguments::Words(words) | Arguments::Json(words) => words.iter().map(|word| split(&word.text)).collect(),
        Arguments::Pairs(pairs) => {
            pairs.iter().map(|(name, value)| (name.text.clone(), Some(value.text.clone()))).collect()
        }
        Arguments::Line(line) => line.text.split_whitespace().map(split).collect(),
    }
}

/// Bytes that the variables of one word give at most.
const MAX_EXPANSION: usize = 64 * 1024;

/// Expands a text with `read`. A variable without a value is unknown where `open` says that it may have one, and else empty, as
/// in a build; the names of all of them come along.
fn expand(
    read: &dyn Fn(Lookup<'_>) -> Expansion,
    lookup: Lookup<'_>,
    open: &dyn Fn(&str) -> bool,
) -> (String, Vec<String>) {
    // An `ENV` that names itself twice doubles with every line: what is taken in is bounded.
    let left = Cell::new(MAX_EXPANSION);
    let lookup = |name: &str| {
        let value = lookup(name)?;
        match left.get().checked_sub(value.len()) {
            Some(rest) => {
                left.set(rest);
                Some(value)
            }
            None => Some(UNKNOWN.to_string()),
        }
    };
    let first = read(&lookup);
    if first.unresolved.is_empty() {
        return (first.text, Vec::new());
    }
    let unresolved: BTreeSet<&str> = first.unresolved.iter().map(String::as_str).filter(|name| open(name)).collect();
    let again = |name: &str| lookup(name).or_else(|| unresolved.contains(name).then(|| UNKNOWN.to_string()));
    (read(&again).text, first.unresolved.clone())
}

impl Workshop {
    fn new(base: Base, os: Os, brought: Brought, escape: Escape, open: bool) -> Self {
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
    fn finish(mut self) -> Stage {
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
    fn into_foundation(self) -> Foundation {
        let (shell, open, on_build) = (self.shell.clone(), self.open, self.on_build.clone());
        let machine = self.machine.clone();
        let stage = self.finish();
        let environment = stage.environment.into_iter().collect();
        let brought = Brought { machine, environment, workdir: stage.workdir, user: stage.user };
        Foundation { os: stage.os, brought, shell, open, on_build }
    }

    /// Lets all that was done so far point at one place: it was done by instructions of another text.
    fn point(&mut self, span: Span) {
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

    fn carry_out(&mut self, instruction: &Instruction, site: &Site<'_>) {
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
