//! `ADD` and `COPY`: from the context, from other stages and images, from URLs and from heredocs.

use std::sync::Arc;

use crate::shell::{self, Contents, Fetch, Gap, Holding, Machine, Origin, Reach, Source, UNKNOWN};
use crate::text::Span;
use crate::tree::{self, Attributes, Kind, Node, Outcome, TreePath};

use super::base;
use super::context::{Entry, Named};
use super::facts::{Hidden, Os};
use super::instruction::{Arguments, Instruction, Keyword};
use super::material::is_bundle_name;
use super::run::chomped;
use super::stage::{Site, Workshop};

/// Files and directories read for one instruction: a context is a source tree, not a disk.
const MAX_ENTRIES: usize = 20_000;

/// Directories below one another that are read.
const MAX_DEPTH: usize = 64;

/// What an `ADD` or `COPY` says, expanded.
struct Transfer {
    span: Span,
    by: &'static str,
    target: TreePath,
    /// Whether sources go into the target under their own names.
    into: bool,
    mode: Option<String>,
    owner: (u32, u32),
    excluded: Vec<String>,
    /// Keep the directories of the source (`--parents`).
    parents: bool,
}

impl Transfer {
    /// Where a source of that name goes.
    fn destination(&self, name: &str) -> TreePath {
        if self.parents {
            return self.target.resolve(name.trim_start_matches('/'));
        }
        match TreePath::new(name).file_name() {
            Some(name) if self.into => self.target.join(name),
            _ => self.target.clone(),
        }
    }

    /// Owner, mode and maker of everything that is copied.
    fn mark(&self, node: &mut Node<Holding>) {
        let (uid, gid) = self.owner;
        let span = self.span;
        let mode = self.mode.as_deref();
        shell::adopt(node, &|node| {
            (node.attributes.uid, node.attributes.gid) = (uid, gid);
            node.payload.by = Some(span);
            let is_directory = matches!(node.kind, Kind::Directory(_));
            if let Some(mode) = mode.and_then(|mode| shell::changed_mode(mode, node.attributes.mode, is_directory, 0)) {
                node.attributes.mode = mode;
            }
        });
    }

    fn is_excluded(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.excluded.iter().any(|pattern| shell::matches(pattern, path) || shell::matches(pattern, name))
    }
}

impl Workshop {
    /// Carries out an `ADD` or `COPY`.
    pub(super) fn transfer(&mut self, instruction: &Instruction, site: &Site<'_>) {
        let words = match &instruction.arguments {
            Arguments::Words(words) | Arguments::Json(words) => words.as_slice(),
            _ => return,
        };
        let mut words: Vec<String> = words.iter().map(|word| self.expand(&word.text)).collect();
        let Some(destination) = words.pop() else { return };
        let flag = |name: &str| instruction.flags.iter().find(|flag| flag.name == name);
        let value = |name: &str| flag(name).and_then(|flag| flag.value.as_deref()).map(|value| self.expand(value));
        let is_set = |name: &str| flag(name).is_some_and(|flag| flag.value.as_deref() != Some("false"));
        let (mode, owner, from, checksum) = (value("chmod"), value("chown"), value("from"), value("checksum"));
        let (link, parents) = (is_set("link"), is_set("parents"));
        let excluded = instruction
            .flags
            .iter()
            .filter(|flag| flag.name == "exclude")
            .filter_map(|flag| flag.value.clone())
            .collect();
        let target = self.stage.workdir.resolve(&destination);
        let last = destination.rsplit('/').next().unwrap_or_default();
        let slashed = matches!(last, "" | "." | "..");
        let sources = words.len();
        let owner = match owner.as_deref() {
            Some(text) => {
                let (user, group) = text.split_once(':').unwrap_or((text, text));
                (self.machine.accounts.number(user), self.machine.accounts.number(group))
            }
            None => (0, 0),
        };
        self.machine.owner = owner;
        self.machine.umask = 0o022;
        let transfer = Transfer {
            span: instruction.span,
            by: if instruction.keyword == Keyword::Add { "ADD" } else { "COPY" },
            into: slashed || sources > 1 || self.machine.is_directory(&target),
            target,
            mode,
            owner,
            excluded,
            parents,
        };
        if link {
            let directory = if transfer.into { Some(transfer.target.clone()) } else { transfer.target.parent() };
            self.unlink(&directory.unwrap_or_default(), instruction.span);
        }
        if slashed {
            self.machine.make_directory(&transfer.target, instruction.span);
        }
        let mut heredocs = instruction.heredocs.iter();
        for source in &words {
            if source.starts_with("<<") {
                if let Some(heredoc) = heredocs.next() {
                    let body = chomped(heredoc);
                    let body = if heredoc.expand { self.expand_body(&body) } else { body };
                    let mut contents = Contents::bytes(body.as_bytes());
                    contents.open = body.contains(UNKNOWN);
                    self.put(&transfer, &transfer.destination(&heredoc.name), contents, 0o644);
                }
            } else if let Some(from) = &from {
                self.copy_from(&transfer, from, source, site);
            } else if instruction.keyword == Keyword::Add && is_git(source) {
                let to = transfer.target.clone();
                self.machine.make_directory(&to, instruction.span);
                self.machine.make_opaque(to, Origin::Published);
            } else if instruction.keyword == Keyword::Add
                && (is_scheme(source, "https://") || is_scheme(source, "http://"))
            {
                self.add_url(&transfer, source, checksum.is_some());
            } else {
                self.copy_context(&transfer, source, instruction.keyword == Keyword::Add, site);
            }
        }
    }

    /// Puts one file.
    fn put(&mut self, transfer: &Transfer, path: &TreePath, contents: Contents, mode: u32) {
        let attributes = Attributes::root(mode);
        let mut node = Node { kind: Kind::File, attributes, payload: Holding::file(contents, transfer.span) };
        transfer.mark(&mut node);
        self.machine.place(path, node, transfer.span);
    }

    /// `ADD url`: mode 0600 (Dockerfile reference, "Adding files from a URL"), a failure fails the build.
    fn add_url(&mut self, transfer: &Transfer, url: &str, pinned: bool) {
        let fetch = self.machine.fetched(Fetch {
            url: url.to_owned(),
            by: transfer.by.to_owned(),
            span: transfer.span,
            certificate_checked: true,
            fails_on_http_error: true,
            failure_ignored: false,
            content_checked: false,
            pinned,
        });
        let name = url.split(['?', '#']).next().unwrap_or(url).rsplit('/').next().unwrap_or_default();
        let path = if transfer.into { transfer.target.join(name) } else { transfer.target.clone() };
        self.put(transfer, &path, Contents::of(Source::Fetch(fetch)), 0o600);
        if let Some(holding) = self.machine.holding_mut(&path) {
            holding.pinned = pinned;
        }
    }

    /// Replaces links on the way to a directory by real directories, as `--link` does: its layer knows nothing of those below it.
    fn unlink(&mut self, directory: &TreePath, span: Span) {
        let mut path = TreePath::ROOT;
        for component in directory.components() {
            path = path.join(component);
            let Some(node) = self.machine.tree.get_mut(&path) else { return };
            if let Kind::Symlink(target) = &node.kind {
                let target = path.parent().unwrap_or_default().resolve(target);
                *node = tree::directory(Attributes::root(0o755), Holding::by(span));
                self.hide(Hidden { span, path: path.clone(), target });
            }
        }
    }

    /// `RUN --mount=type=bind` from the context.
    pub(super) fn bind_context(&mut self, source: &str, target: &TreePath, span: Span, site: &Site<'_>) {
        let transfer = Transfer {
            span,
            by: "RUN --mount",
            target: target.clone(),
            into: false,
            mode: None,
            owner: (0, 0),
            excluded: Vec::new(),
            parents: false,
        };
        self.copy_context(&transfer, source, false, site);
    }

    fn copy_context(&mut self, transfer: &Transfer, source: &str, add: bool, site: &Site<'_>) {
        let path = TreePath::new(source).to_string();
        let path = path.trim_start_matches('/');
        if !shell::is_pattern(path) && !path.contains(UNKNOWN) {
            return self.copy_entry(transfer, path, source, add, site);
        }
        let found = expand_pattern(path, site);
        for name in &found {
            self.copy_entry(transfer, name, name, add, site);
        }
        // The context is not here, or has nothing of that name: a pattern that names bundles may have found one.
        if found.is_empty() {
            self.absent_from_context(transfer, path, source);
        }
    }

    fn copy_entry(&mut self, transfer: &Transfer, path: &str, written: &str, add: bool, site: &Site<'_>) {
        match site.context.read(path) {
            Entry::File { bytes, mode } => {
                let archive = add && is_archive(path);
                let to = transfer.destination(if transfer.parents { written } else { path });
                if archive {
                    self.machine.make_opaque(transfer.target.clone(), Origin::Context);
                } else if !transfer.is_excluded(path) {
                    self.put(transfer, &to, contents(bytes, path), mode & 0o777);
                }
            }
            Entry::Directory(names) => {
                if path.is_empty() && names.iter().all(|name| is_build_file(name)) {
                    // There is nothing here to build: the context is somewhere else.
                    self.machine.make_opaque(transfer.target.clone(), Origin::Context);
                }
                let target = if transfer.parents { transfer.destination(written) } else { transfer.target.clone() };
                self.machine.make_directory(&target, transfer.span);
                let mut budget = MAX_ENTRIES;
                self.copy_directory(transfer, path, names, &target, site, &mut budget, 0);
            }
            Entry::TooLarge => {
                let to = transfer.destination(path);
                self.put(transfer, &to, Contents::other(), 0o644);
            }
            Entry::Missing if is_archive(path) && add => {
                self.machine.make_opaque(transfer.target.clone(), Origin::Context)
            }
            Entry::Missing => self.absent_from_context(transfer, path, written),
            Entry::Ignored => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one recursive walk, whose state these are")]
    fn copy_directory(
        &mut self,
        transfer: &Transfer,
        path: &str,
        names: Vec<String>,
        to: &TreePath,
        site: &Site<'_>,
        budget: &mut usize,
        depth: usize,
    ) {
        for name in names {
            if *budget == 0 || depth > MAX_DEPTH {
                let why = "the build context has more files than are read".to_owned();
                return self.gap(Gap { span: transfer.span, why, reach: Reach::Below(transfer.target.clone()) });
            }
            *budget -= 1;
            let child = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if transfer.is_excluded(&child) {
                continue;
            }
            let place = to.join(&name);
            match site.context.read(&child) {
                Entry::File { bytes, mode } => self.put(transfer, &place, contents(bytes, &child), mode & 0o777),
                Entry::Directory(names) => {
                    self.machine.make_directory(&place, transfer.span);
                    self.copy_directory(transfer, &child, names, &place, site, budget, depth + 1);
                }
                Entry::TooLarge => self.put(transfer, &place, Contents::other(), 0o644),
                Entry::Missing | Entry::Ignored => {}
            }
        }
    }

    /// A source that the context does not have, so that the context is somewhere else. A file's name is all that is known of it;
    /// of a directory, that there may be more in it.
    fn absent_from_context(&mut self, transfer: &Transfer, path: &str, written: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_file = name.trim_start_matches('.').contains('.') && !written.ends_with('/') && !name.is_empty();
        if is_bundle_name(name) || (is_file && !shell::is_pattern(name)) {
            let to = transfer.destination(&path.replace(['*', '?'], ""));
            self.put(transfer, &to, Contents { open: true, ..Contents::of(Source::Named(path.to_owned())) }, 0o644);
        } else {
            self.machine.make_directory(&transfer.target, transfer.span);
            self.machine.make_opaque(transfer.target.clone(), Origin::Context);
        }
    }

    /// `COPY --from`.
    fn copy_from(&mut self, transfer: &Transfer, from: &str, source: &str, site: &Site<'_>) {
        match site.named(from) {
            Some(Named::Folder(folder)) => {
                let site = Site { context: folder.as_ref(), ..*site };
                self.copy_context(transfer, source, false, &site);
            }
            Some(Named::Image(image)) => self.copy_from_image(transfer, &image, source, site),
            Some(Named::Built(Ok(built))) => {
                self.copy_from_files(transfer, &built.taken_up(transfer.span).brought.machine, source);
            }
            Some(Named::Built(Err(why))) => self.copy_unknown(transfer, from, Some(&why), source),
            None => match site.stage(from) {
                Some(stage) => self.copy_from_files(transfer, &stage.machine, source),
                None => self.copy_from_image(transfer, from, source, site),
            },
        }
    }

    fn copy_from_files(&mut self, transfer: &Transfer, other: &Machine, source: &str) {
        let path = TreePath::new(source);
        let names: Vec<TreePath> = match shell::is_pattern(source) {
            true => other.glob(&path.to_string()).iter().map(TreePath::new).collect(),
            false => vec![path.clone()],
        };
        for name in &names {
            self.copy_path(transfer, other, name, source);
        }
        if names.is_empty() && shell::is_pattern(source) {
            self.inherit(transfer, other, &path.parent().unwrap_or_default(), source);
        }
    }

    fn copy_path(&mut self, transfer: &Transfer, other: &Machine, path: &TreePath, written: &str) {
        let walk = other.tree.lookup(path);
        self.machine.copied = self.machine.copied.max(other.copied);
        if let Outcome::Found(node) = walk.outcome
            && !self.machine.may_copy(node, transfer.span)
        {
            return;
        }
        match walk.outcome {
            Outcome::Found(node) if !matches!(node.kind, Kind::Directory(_)) => {
                let mut node = node.clone();
                transfer.mark(&mut node);
                let to = transfer.destination(&path.to_string());
                self.machine.place(&to, node, transfer.span);
            }
            Outcome::Found(node) => {
                let mut node = shell::living(node);
                transfer.mark(&mut node);
                let resolved = walk.path;
                // What the directory's own entries are goes into the target; the target's own attributes stay.
                let target =
                    if transfer.parents { transfer.destination(&path.to_string()) } else { transfer.target.clone() };
                if let Some(old) = self.machine.node_mut(&target) {
                    node.attributes = old.attributes;
                }
                self.machine.make_directory(&target, transfer.span);
                let target = self.machine.tree.lookup(&target).path;
                self.machine.place(&target, node, transfer.span);
                for opaque in other.opaque.clone() {
                    if let Some(rest) = opaque.path.strip_prefix(&resolved) {
                        self.machine.make_opaque(target.resolve(rest), opaque.from);
                    }
                }
                self.inherit(transfer, other, &resolved, written);
            }
            // Removed there: the build would fail.
            Outcome::Removed(_) => {}
            _ => {
                let name = path.file_name().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                // Were it not there, the build would fail: whoever wrote this knows that it is.
                if is_bundle_name(&name) {
                    let to = transfer.destination(&path.to_string());
                    let contents = Contents { open: true, ..Contents::of(Source::Named(path.to_string())) };
                    self.put(transfer, &to, contents, 0o644);
                } else {
                    if let Some(origin) = other.origin(path) {
                        self.machine.make_opaque(transfer.target.clone(), origin);
                    }
                    self.inherit(transfer, other, path, written);
                }
            }
        }
    }

    /// What was not understood in another stage bears on what is copied from there, where a bundle could be in it.
    fn inherit(&mut self, transfer: &Transfer, other: &Machine, path: &TreePath, written: &str) {
        if !could_hold_bundle(path, written) {
            return;
        }
        for gap in other.gaps.clone() {
            let bears = match &gap.reach {
                Reach::Anywhere => true,
                Reach::Below(place) => place.starts_with(path) || path.starts_with(place),
            };
            if bears {
                self.gap(Gap { reach: Reach::Below(transfer.target.clone()), ..gap });
            }
        }
    }

    fn copy_from_image(&mut self, transfer: &Transfer, from: &str, source: &str, site: &Site<'_>) {
        let path = TreePath::new(source);
        let name = path.file_name().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let image = base::image(from, site.options.at);
        let why = match site.context.image(from) {
            Some(Ok(known)) => {
                return self.copy_from_files(transfer, &known.taken_up(transfer.span).brought.machine, source);
            }
            Some(Err(why)) => Some(why),
            None => None,
        };
        if is_bundle_name(&name) {
            let to = transfer.destination(&path.to_string());
            self.put(
                transfer,
                &to,
                Contents { open: true, ..Contents::of(Source::Named(format!("{from}:{path}"))) },
                0o644,
            );
        } else if !image.published && image.os == Os::Unknown {
            self.copy_unknown(transfer, &format!("the image {from}"), why.as_deref(), source);
        }
    }

    /// A copy from something that could not be looked into.
    fn copy_unknown(&mut self, transfer: &Transfer, from: &str, why: Option<&str>, source: &str) {
        if could_hold_bundle(&TreePath::new(source), source) {
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let why = format!("what {from} holds is not known{why}");
            self.gap(Gap { span: transfer.span, why, reach: Reach::Below(transfer.target.clone()) });
        }
    }
}

/// Whether a file of the context only says how to build.
fn is_build_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("dockerfile") || name.contains("containerfile") || name == ".dockerignore"
}

/// Directories of programs, headers and libraries.
const PROGRAM_DIRECTORIES: &[&str] = &[
    "bin",
    "sbin",
    "lib",
    "lib64",
    "libexec",
    "include",
    "node_modules",
    "site-packages",
    "dist-packages",
    "extensions",
];

/// Endings of files that hold no certificates a database client would be pointed at.
const PROGRAM_ENDINGS: &[&str] = &[
    "jar", "war", "whl", "js", "json", "py", "sh", "so", "exe", "txt", "toml", "lock", "yaml", "yml", "html", "css",
    "zip", "conf", "md", "apk", "deb", "rpm", "gem", "go", "dll",
];

/// Whether what is copied from a place that is not known could be a bundle, or hold one.
fn could_hold_bundle(path: &TreePath, written: &str) -> bool {
    let names: Vec<String> = path.components().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let program = names
        .iter()
        .rev()
        .take(2)
        .any(|name| PROGRAM_DIRECTORIES.contains(&name.as_str()) || name.starts_with("python3"));
    let ending = written.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    !program && !ending.is_some_and(|ending| PROGRAM_ENDINGS.contains(&ending.as_str()))
}

fn is_scheme(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// Whether `ADD` takes a source for a git repository (BuildKit, `util/gitutil`).
fn is_git(source: &str) -> bool {
    let path = source.split('#').next().unwrap_or(source);
    source.starts_with("git@")
        || source.starts_with("git://")
        || source.starts_with("ssh://")
        || (source.contains("://") && path.ends_with(".git"))
}

/// Whether `ADD` unpacks a file of the context.
fn is_archive(path: &str) -> bool {
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// The contents of a file of the context, with the path it was read from.
fn contents(bytes: Arc<[u8]>, path: &str) -> Contents {
    Contents::of(Source::Bytes { bytes, path: Some(path.to_owned()) })
}

/// The paths of the context that a pattern names.
fn expand_pattern(pattern: &str, site: &Site<'_>) -> Vec<String> {
    let mut found = vec![String::new()];
    for component in pattern.split('/').filter(|component| !component.is_empty()) {
        let component = component.replace(UNKNOWN, "*");
        let mut next = Vec::new();
        for directory in found {
            let Entry::Directory(names) = site.context.read(&directory) else { continue };
            for name in names {
                if next.len() < MAX_ENTRIES && shell::matches(&component, &name) {
                    next.push(if directory.is_empty() { name } else { format!("{directory}/{name}") });
                }
            }
        }
        found = next;
    }
    found
}
