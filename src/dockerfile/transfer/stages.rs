//! `COPY --from`: files of other stages, of images and of named contexts.

use crate::dockerfile::base;
use crate::dockerfile::context::Named;
use crate::dockerfile::facts::{Base, Os};
use crate::dockerfile::material::is_bundle_name;
use crate::dockerfile::stage::{Site, Workshop};
use crate::shell::{self, Contents, Gap, Machine, Reach, Source as Origins};
use crate::tree::{Kind, Outcome, TreePath};

use super::Transfer;
use super::selection::{Selection, Source, fixed_part};

/// One path of another file system that is copied.
struct Wanted<'w> {
    path: TreePath,
    /// Its path below the place that it is copied from, which it keeps (`--parents`).
    below: Option<&'w str>,
    selection: &'w Selection<'w>,
    /// The source as written.
    written: &'w str,
}

impl Workshop {
    /// `COPY --from`.
    pub(super) fn copy_from(&mut self, transfer: &Transfer, from: &str, source: &str, site: &Site<'_>) {
        match site.named(from) {
            Some(Named::Folder(folder)) => {
                let site = Site { context: folder.as_ref(), ..*site };
                self.copy_context(transfer, source, &site);
            }
            Some(Named::Image(image)) => self.copy_from_image(transfer, &image, source, site),
            Some(Named::Built(Ok(built))) => {
                self.copy_from_files(transfer, &built.taken_up(transfer.span).brought.machine, source);
            }
            Some(Named::Built(Err(why))) => self.copy_unknown(transfer, from, Some(&why), source),
            None => match site.stage(from) {
                Some(other) => {
                    // A stage that begins with nothing and takes all of another is the same system in fewer layers.
                    let is_whole = TreePath::new(source).is_root() && transfer.target.is_root();
                    if is_whole && self.stage.base == Base::Scratch {
                        self.stage.os = other.stage.os.clone();
                    }
                    self.copy_from_files(transfer, &other.machine, source);
                }
                None => self.copy_from_image(transfer, from, source, site),
            },
        }
    }

    fn copy_from_files(&mut self, transfer: &Transfer, other: &Machine, written: &str) {
        let source = Source::new(written, transfer.parents);
        let selection = Selection::new(source.below, &transfer.excluded);
        let place = TreePath::new(source.place);
        let places: Vec<TreePath> = match shell::is_pattern(source.place) {
            true => other.glob_with_hidden(&place.to_string()).iter().map(TreePath::new).collect(),
            false => vec![place.clone()],
        };
        let below = source.below.map(fixed_part);
        for place in &places {
            let path = below.as_ref().map_or_else(|| place.clone(), |below| place.resolve(below));
            let wanted = Wanted { path, below: below.as_deref(), selection: &selection, written };
            self.copy_path(transfer, other, &wanted);
        }
        if places.is_empty() {
            self.inherit(transfer, other, &place.parent().unwrap_or_default(), written);
        }
    }

    fn copy_path(&mut self, transfer: &Transfer, other: &Machine, wanted: &Wanted<'_>) {
        let path = &wanted.path;
        let name = path.file_name().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let as_file = || match wanted.below {
            Some(below) => transfer.target.resolve(below),
            None => transfer.destination(&path.to_string()),
        };
        let walk = other.tree.lookup(path);
        self.machine.copied = self.machine.copied.max(other.copied);
        if let Outcome::Found(node) = walk.outcome
            && !self.machine.may_copy(node, transfer.span)
        {
            return;
        }
        match walk.outcome {
            Outcome::Found(node) if !matches!(node.kind, Kind::Directory(_)) => {
                if let Some(mut node) = wanted.selection.of(node, wanted.below.unwrap_or(&name)) {
                    transfer.mark(&mut node);
                    self.machine.place(&as_file(), node, transfer.span);
                }
            }
            Outcome::Found(node) => {
                let below = wanted.below.unwrap_or_default();
                let Some(mut node) = wanted.selection.of(node, below) else { return };
                transfer.mark(&mut node);
                let resolved = walk.path;
                // What the directory's own entries are goes into the target; the target's own attributes stay.
                let target = transfer.target.resolve(below);
                if let Some(old) = self.machine.node_mut(&target) {
                    node.attributes = old.attributes;
                }
                self.machine.make_directory(&target, transfer.span);
                let target = self.machine.tree.lookup(&target).path;
                if let (true, Kind::Directory(names)) = (target.is_root(), &node.kind) {
                    // The root is always there: what is in the other one goes into it.
                    for (name, child) in names.iter() {
                        self.machine.place(&target.join(name), child.clone(), transfer.span);
                    }
                } else {
                    self.machine.place(&target, node, transfer.span);
                }
                for opaque in other.opaque.clone() {
                    if let Some(rest) = opaque.path.strip_prefix(&resolved) {
                        self.machine.make_opaque(target.resolve(rest), opaque.from);
                    }
                }
                self.inherit(transfer, other, &resolved, wanted.written);
            }
            // Removed there: the build would fail.
            Outcome::Removed(_) => {}
            // Were it not there, the build would fail: whoever wrote this knows that it is.
            _ if is_bundle_name(&name) => {
                let contents = Contents { open: true, ..Contents::of(Origins::Named(path.to_string())) };
                self.put(transfer, &as_file(), contents, 0o644);
            }
            _ => {
                if let Some(origin) = other.origin(path) {
                    self.machine.make_opaque(transfer.target.clone(), origin);
                }
                self.inherit(transfer, other, path, wanted.written);
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
                Contents { open: true, ..Contents::of(Origins::Named(format!("{from}:{path}"))) },
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
