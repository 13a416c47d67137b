//! Files of the build context, and of a folder that is a named context.

use std::sync::Arc;

use crate::dockerfile::context::{Context, Entry};
use crate::dockerfile::material::is_bundle_name;
use crate::dockerfile::stage::{Site, Workshop};
use crate::shell::{self, Contents, Gap, Origin, Reach, Source as Origins, UNKNOWN};
use crate::text::Span;
use crate::tree::TreePath;

use super::Transfer;
use super::selection::{Selection, Source, fixed_part, joined};

/// Files and directories read for one instruction: a context is a source tree, not a disk.
const MAX_ENTRIES: usize = 20_000;

/// Directories below one another that are read.
const MAX_DEPTH: usize = 64;

/// One walk over a directory of the context.
struct Walk<'w> {
    transfer: &'w Transfer,
    context: &'w dyn Context,
    /// The place that is copied; the paths of the walk are relative to it.
    place: &'w str,
    selection: &'w Selection<'w>,
    /// Entries that may still be read.
    budget: usize,
}

impl Workshop {
    /// `RUN --mount=type=bind` from the context.
    pub(in crate::dockerfile) fn bind_context(&mut self, source: &str, target: &TreePath, span: Span, site: &Site<'_>) {
        let transfer = Transfer {
            span,
            by: "RUN --mount",
            target: target.clone(),
            into: false,
            mode: None,
            owner: (0, 0),
            excluded: Default::default(),
            parents: false,
            unpacks: false,
        };
        self.copy_context(&transfer, source, site);
    }

    pub(super) fn copy_context(&mut self, transfer: &Transfer, written: &str, site: &Site<'_>) {
        let source = Source::new(written, transfer.parents);
        let selection = Selection::new(source.below, &transfer.excluded);
        let path = TreePath::new(source.place).to_string();
        let path = path.trim_start_matches('/');
        let is_pattern = shell::is_pattern(path) || path.contains(UNKNOWN);
        let places = if is_pattern { expand_pattern(path, site) } else { vec![path.to_owned()] };
        for place in &places {
            match source.below {
                Some(below) => self.copy_below(transfer, place, below, &selection, site),
                None => self.copy_entry(transfer, place, if is_pattern { place } else { written }, &selection, site),
            }
        }
        // The context is not here, or has nothing of that name: a pattern that names bundles may have found one.
        if places.is_empty() {
            self.absent_from_context(transfer, path, written);
        }
    }

    /// A source with `--parents`: what `below` names below a place, under all of its own path.
    fn copy_below(
        &mut self,
        transfer: &Transfer,
        place: &str,
        below: &str,
        selection: &Selection<'_>,
        site: &Site<'_>,
    ) {
        let start = fixed_part(below);
        let path = joined(place, &start);
        match site.context.read(&path) {
            Entry::File { bytes, mode } if selection.takes(&start) => {
                self.put(transfer, &transfer.target.resolve(&start), contents(bytes, &path), mode & 0o777);
            }
            Entry::TooLarge if selection.takes(&start) => {
                self.put(transfer, &transfer.target.resolve(&start), Contents::other(), 0o644);
            }
            Entry::Directory(names) => {
                let mut walk = Walk { transfer, context: site.context, place, selection, budget: MAX_ENTRIES };
                self.copy_directory(&mut walk, &start, names);
            }
            Entry::Missing => self.absent_from_context(transfer, &path, below),
            Entry::File { .. } | Entry::TooLarge | Entry::Ignored => {}
        }
    }

    /// A file or directory of the context that is a source itself.
    fn copy_entry(
        &mut self,
        transfer: &Transfer,
        path: &str,
        written: &str,
        selection: &Selection<'_>,
        site: &Site<'_>,
    ) {
        let name = path.rsplit('/').next().unwrap_or(path);
        match site.context.read(path) {
            Entry::File { .. } if transfer.unpacks && is_archive(path) => {
                self.machine.make_opaque(transfer.target.clone(), Origin::Context);
            }
            Entry::File { bytes, mode } if selection.takes(name) => {
                self.put(transfer, &transfer.destination(path), contents(bytes, path), mode & 0o777);
            }
            Entry::TooLarge if selection.takes(name) => {
                self.put(transfer, &transfer.destination(path), Contents::other(), 0o644);
            }
            Entry::Directory(names) => {
                if path.is_empty() && names.iter().all(|name| is_build_file(name)) {
                    // There is nothing here to build: the context is somewhere else.
                    self.machine.make_opaque(transfer.target.clone(), Origin::Context);
                }
                self.machine.make_directory(&transfer.target, transfer.span);
                let mut walk = Walk { transfer, context: site.context, place: path, selection, budget: MAX_ENTRIES };
                self.copy_directory(&mut walk, "", names);
            }
            Entry::Missing if is_archive(path) && transfer.unpacks => {
                self.machine.make_opaque(transfer.target.clone(), Origin::Context)
            }
            Entry::Missing => self.absent_from_context(transfer, path, written),
            Entry::File { .. } | Entry::TooLarge | Entry::Ignored => {}
        }
    }

    /// What is in a directory of the context, given by its path below the place that is copied.
    fn copy_directory(&mut self, walk: &mut Walk<'_>, directory: &str, names: Vec<String>) {
        let transfer = walk.transfer;
        for name in names {
            let below = joined(directory, &name);
            if walk.budget == 0 || below.matches('/').count() >= MAX_DEPTH {
                let why = "the build context has more files than are read".to_owned();
                return self.gap(Gap { span: transfer.span, why, reach: Reach::Below(transfer.target.clone()) });
            }
            walk.budget -= 1;
            if walk.selection.prunes(&below) {
                continue;
            }
            let path = joined(walk.place, &below);
            let target = transfer.target.resolve(&below);
            match walk.context.read(&path) {
                Entry::File { bytes, mode } if walk.selection.takes(&below) => {
                    self.put(transfer, &target, contents(bytes, &path), mode & 0o777);
                }
                Entry::Directory(names) => {
                    if walk.selection.makes(&below) {
                        self.machine.make_directory(&target, transfer.span);
                    }
                    self.copy_directory(walk, &below, names);
                }
                Entry::TooLarge if walk.selection.takes(&below) => {
                    self.put(transfer, &target, Contents::other(), 0o644);
                }
                Entry::File { .. } | Entry::TooLarge | Entry::Missing | Entry::Ignored => {}
            }
        }
    }

    /// A source that the context does not have, so that the context is somewhere else. A file's name is all that is known of it;
    /// of a directory, that there may be more in it.
    fn absent_from_context(&mut self, transfer: &Transfer, path: &str, written: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_file = name.trim_start_matches('.').contains('.') && !written.ends_with('/') && !name.is_empty();
        if is_bundle_name(name) || (is_file && !shell::is_pattern(name)) {
            let path = path.replace(['*', '?'], "");
            let to = match transfer.parents {
                true => transfer.target.resolve(&path),
                false => transfer.destination(&path),
            };
            self.put(transfer, &to, Contents { open: true, ..Contents::of(Origins::Named(path)) }, 0o644);
        } else {
            self.machine.make_directory(&transfer.target, transfer.span);
            self.machine.make_opaque(transfer.target.clone(), Origin::Context);
        }
    }
}

/// Whether a file of the context only says how to build.
fn is_build_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("dockerfile") || name.contains("containerfile") || name == ".dockerignore"
}

/// Whether `ADD` unpacks a file of the context.
fn is_archive(path: &str) -> bool {
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// The contents of a file of the context, with the path it was read from.
fn contents(bytes: Arc<[u8]>, path: &str) -> Contents {
    Contents::of(Origins::Bytes { bytes, path: Some(path.to_owned()) })
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
