//! `ADD` and `COPY`: from the context, from other stages and images, from URLs and from heredocs.

mod context;
mod selection;
mod stages;

use crate::shell::{self, Contents, Fetch, Holding, Origin, Source, UNKNOWN};
use crate::text::Span;
use crate::tree::{self, Attributes, Kind, Node, TreePath};

use super::facts::Hidden;
use super::instruction::{Arguments, Instruction, Keyword};
use super::patterns::Patterns;
use super::run::chomped;
use super::stage::{Site, Workshop};

/// What an `ADD` or `COPY` says, expanded.
struct Transfer {
    span: Span,
    by: &'static str,
    target: TreePath,
    /// Whether sources go into the target under their own names.
    into: bool,
    mode: Option<String>,
    owner: (u32, u32),
    /// `--exclude`.
    excluded: Patterns,
    /// Keep the directories of the source (`--parents`).
    parents: bool,
    /// Whether archives are unpacked.
    unpacks: bool,
}

impl Transfer {
    /// Where a file of that name goes.
    fn destination(&self, name: &str) -> TreePath {
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
        let is_add = instruction.keyword == Keyword::Add;
        // BuildKit takes variables for letters here.
        let excluded = instruction.flags.iter().filter(|flag| flag.name == "exclude");
        let excluded = Patterns::new(excluded.filter_map(|flag| flag.value.as_deref()));
        let target = self.stage.workdir.resolve(&destination);
        // As BuildKit says of destinations (`dockerfile2llb`, `dispatchCopy`; `system.NormalizePath`): `..` is what it comes to, and nothing more.
        let last = destination.rsplit('/').next().unwrap_or_default();
        let slashed = matches!(last, "" | ".");
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
            by: if is_add { "ADD" } else { "COPY" },
            into: slashed || sources > 1 || self.machine.is_directory(&target),
            target,
            mode,
            owner,
            excluded,
            parents: is_set("parents"),
            unpacks: if flag("unpack").is_some() { is_set("unpack") } else { is_add },
        };
        if is_set("link") {
            let directory = if transfer.into { Some(transfer.target.clone()) } else { transfer.target.parent() };
            // BuildKit links no files whose mode it changes (`dockerfile2llb`, `dispatchCopy`).
            self.unlink(&directory.unwrap_or_default(), flag("chmod").is_none(), instruction.span);
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
            } else if is_add && is_git(source) {
                let to = transfer.target.clone();
                self.machine.make_directory(&to, instruction.span);
                self.machine.make_opaque(to, Origin::Published);
            } else if is_add && (is_scheme(source, "https://") || is_scheme(source, "http://")) {
                self.add_url(&transfer, source, checksum.is_some());
            } else {
                self.copy_context(&transfer, source, site);
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
    /// Unless `surely`, they are only noted.
    fn unlink(&mut self, directory: &TreePath, surely: bool, span: Span) {
        let mut path = TreePath::ROOT;
        for component in directory.components() {
            path = path.join(component);
            let Some(node) = self.machine.tree.get_mut(&path) else { return };
            if let Kind::Symlink(target) = &node.kind {
                let target = path.parent().unwrap_or_default().resolve(target);
                if surely {
                    *node = tree::directory(Attributes::root(0o755), Holding::by(span));
                }
                self.hide(Hidden { span, surely, path: path.clone(), target });
                if !surely {
                    return;
                }
            }
        }
    }
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
