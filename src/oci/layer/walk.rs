//! The walk over a layer's entries, and what is recorded on the way.

use std::collections::BTreeSet;

use crate::oci::tar;
use crate::tree::{Attributes, TreePath};

use super::bodies::Bodies;
use super::bounds::{Bounds, LONGEST_NAME};
use super::facts::{Alias, Entry, FileFacts, Kind, LayerFacts, Note, Stray};
use super::unwatched::Effect;
use super::{Inspect, LayerError, Watch, whiteout};

/// Records the entries of a layer.
pub struct Walk<'a, C> {
    bodies: Bodies<'a, C>,
    bounds: Bounds,
    facts: LayerFacts<C>,
    entries: u64,
    recorded: usize,
    strays: u64,
    noted: usize,
    last_parent: Option<TreePath>,
    named: Named,
    /// Directories above what is watched of which it is recorded that they are made, and whether by a whiteout, since
    /// anything but a directory was recorded.
    made: BTreeSet<(TreePath, bool)>,
}

impl<'a, C> Walk<'a, C> {
    pub fn new(watch: &Watch, inspect: Inspect<'a, C>) -> Self {
        Self::within(watch, inspect, Bounds::default())
    }

    /// The same within other bounds.
    pub fn within(watch: &Watch, inspect: Inspect<'a, C>, bounds: Bounds) -> Self {
        Self {
            bodies: Bodies::new(inspect),
            bounds,
            facts: LayerFacts::empty(watch.clone()),
            entries: 0,
            recorded: 0,
            strays: 0,
            noted: 0,
            last_parent: None,
            named: Named::default(),
            made: BTreeSet::new(),
        }
    }

    /// Everything recorded; what only the end of the stream tells is left to the caller.
    pub fn finish(mut self) -> LayerFacts<C> {
        self.facts.unwatched.seal();
        self.facts
    }

    /// Looks at one entry.
    pub fn entry<R: tar::Blocks>(&mut self, entry: tar::Entry<'_, R>) -> Result<(), LayerError> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            return Err(LayerError::TooMuch(format!("{} entries", self.bounds.entries)));
        }
        let header = entry.header;
        if header.path.len().max(header.link.len()) > LONGEST_NAME {
            return Err(LayerError::TooMuch(
                "4,096 bytes in the name or the link of an entry, the most that Linux takes".to_owned(),
            ));
        }
        let name = TreePath::new(&header.path);
        match header.kind {
            tar::Kind::Global => return Ok(()),
            tar::Kind::Other(flag) => {
                return Err(LayerError::Type { path: name.to_string(), flag: char::from(flag) });
            }
            _ => {}
        }
        if whiteout::is_passed_over(&name) {
            return Ok(());
        }
        self.facts.overlay_attributes |= header.overlay_other;
        self.facts.self_contained = self.facts.self_contained && self.named.has_above(&name);
        if header.kind == tar::Kind::Directory {
            self.named.directories.push(name.clone());
        }
        if let Some((path, kind)) = whiteout::removed(&name)? {
            return self.removal(path, kind, header);
        }
        if self.facts.watch.concerns(&name) {
            let kind = self.kind(&name, entry.header, entry.body)?;
            return self.record(name, kind, header);
        }
        self.pass(name, entry)
    }

    /// An entry outside of the watch set.
    fn pass<R: tar::Blocks>(&mut self, path: TreePath, entry: tar::Entry<'_, R>) -> Result<(), LayerError> {
        let tar::Entry { header, body } = entry;
        match header.kind {
            tar::Kind::Directory => self.note(&path, Effect::Merges, false)?,
            _ => self.note(&path, Effect::Covers, false)?,
        }
        match header.kind {
            tar::Kind::Symlink => {
                let target = path.parent().unwrap_or_default().resolve(&header.link);
                self.facts.unwatched.add_target(&target);
                if self.facts.watch.concerns(&target) {
                    self.count(path.as_bytes().len() + target.as_bytes().len())?;
                    self.facts.aliases.push(Alias { path, target });
                }
            }
            tar::Kind::File => {
                let (note, file) = self.bodies.stray(&path, header, body)?;
                self.take_note(&path, note);
                if let Some(file) = file {
                    // What is kept of a file is no larger than the file.
                    self.strays += file.size + (path.as_bytes().len() + size_of::<Stray<C>>()) as u64;
                    if self.strays <= self.bounds.strays {
                        self.facts.strays.push(Stray { path, attributes: attributes(header), file });
                    } else {
                        self.facts.strays_complete = false;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Leaves prints of the path, and of the directories above it, which an unpacker makes where they are missing. The first
    /// of them that lies above something watched is recorded.
    fn note(&mut self, path: &TreePath, effect: Effect, by_removal: bool) -> Result<(), LayerError> {
        self.facts.unwatched.add(path, effect);
        let Some(parent) = path.parent() else { return Ok(()) };
        if self.last_parent.as_ref() == Some(&parent) {
            return Ok(());
        }
        // Where a directory concerns nothing that is watched, none below it does.
        let mut above = TreePath::ROOT;
        for name in parent.components() {
            let next = above.join(name);
            if !self.facts.watch.concerns(&next) {
                break;
            }
            above = next;
        }
        self.facts.unwatched.add_directories(&parent, &above);
        self.imply(above, by_removal)?;
        if !by_removal {
            self.last_parent = Some(parent);
        }
        Ok(())
    }

    /// Records that a directory is made, where that is not known yet.
    fn imply(&mut self, directory: TreePath, by_removal: bool) -> Result<(), LayerError> {
        let is_known = |made: &BTreeSet<_>, by_removal| made.contains(&(directory.clone(), by_removal));
        if directory.is_root() || is_known(&self.made, false) || by_removal && is_known(&self.made, true) {
            return Ok(());
        }
        self.count(directory.as_bytes().len())?;
        self.made.insert((directory.clone(), by_removal));
        self.facts.entries.push(Entry {
            path: directory,
            kind: Kind::Implied { by_removal },
            attributes: Attributes::root(0o755),
        });
        Ok(())
    }

    fn removal(&mut self, path: TreePath, kind: Kind<C>, header: &tar::Header) -> Result<(), LayerError> {
        if self.facts.watch.concerns(&path) {
            return self.record(path, kind, header);
        }
        self.note(&path, Effect::Covers, true)
    }

    fn record(&mut self, path: TreePath, kind: Kind<C>, header: &tar::Header) -> Result<(), LayerError> {
        let extra = match &kind {
            Kind::File(FileFacts { text: Some(text), .. }) | Kind::Symlink(text) => text.len(),
            Kind::HardLink(target) => target.as_bytes().len(),
            _ => 0,
        };
        self.count(path.as_bytes().len() + extra)?;
        if matches!(kind, Kind::Directory { .. }) {
            self.made.insert((path.clone(), false));
        } else {
            // It may stand where a directory was, or lead one elsewhere.
            self.made.clear();
            self.last_parent = None;
        }
        self.facts.entries.push(Entry { path, kind, attributes: attributes(header) });
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), LayerError> {
        self.recorded += bytes + size_of::<Entry<C>>();
        if self.recorded > self.bounds.recorded {
            let bound = self.bounds.recorded >> 20;
            return Err(LayerError::TooMuch(format!("{bound} MiB to record where certificates are kept")));
        }
        Ok(())
    }

    fn take_note(&mut self, path: &TreePath, note: Option<String>) {
        let Some(text) = note else { return };
        self.noted += path.as_bytes().len() + text.len() + size_of::<Note>();
        if self.noted <= self.bounds.noted {
            self.facts.notes.push(Note { path: path.clone(), text });
        } else {
            self.facts.notes_complete = false;
        }
    }

    fn kind<R: tar::Blocks>(
        &mut self,
        path: &TreePath,
        header: &tar::Header,
        body: tar::Body<'_, R>,
    ) -> Result<Kind<C>, LayerError> {
        Ok(match header.kind {
            tar::Kind::File => {
                let bound = self.bounds.sparse;
                if header.sparse && header.size > bound {
                    let bound = bound >> 20;
                    return Err(LayerError::TooMuch(format!("{bound} MiB in a sparse file that was asked for")));
                }
                let keeps_text = self.facts.watch.keeps_text(path);
                Kind::File(self.bodies.watched(header, body, keeps_text)?)
            }
            tar::Kind::Directory => Kind::Directory { overlay_opaque: header.overlay_opaque },
            tar::Kind::Symlink => Kind::Symlink(header.link.clone()),
            tar::Kind::HardLink => Kind::HardLink(TreePath::new(&header.link)),
            tar::Kind::CharacterDevice { major: 0, minor: 0 } => Kind::WhiteoutDevice,
            tar::Kind::CharacterDevice { .. } | tar::Kind::BlockDevice => Kind::Device,
            tar::Kind::Fifo | tar::Kind::Global | tar::Kind::Other(_) => Kind::Fifo,
        })
    }
}

/// The directories that an archive has named on the way to where it stands, in the order of a walk from the top: an archive in
/// another order is not followed.
#[derive(Default)]
struct Named {
    directories: Vec<TreePath>,
}

impl Named {
    /// Whether the directory that holds `path` was named; what is named after it has to lie in that, or above.
    fn has_above(&mut self, path: &TreePath) -> bool {
        let parent = path.parent().unwrap_or_default();
        while self.directories.last().is_some_and(|directory| *directory != parent) {
            self.directories.pop();
        }
        parent.is_root() || !self.directories.is_empty()
    }
}

fn attributes(header: &tar::Header) -> Attributes {
    Attributes { mode: header.mode, uid: header.uid, gid: header.gid }
}
