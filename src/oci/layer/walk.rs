//! The walk over a layer's entries, and what is recorded on the way.

use std::collections::BTreeSet;
use std::io::{self, Read};

use crate::digest::{Digest, Hasher};
use crate::oci::tar;
use crate::tree::{Attributes, TreePath};

use super::bounds::{Bounds, LARGEST_TEXT, LONGEST_NAME};
use super::facts::{Alias, Entry, FileFacts, Kind, LayerFacts, Note, Stray};
use super::unwatched::Effect;
use super::{Inspect, Interest, LayerError, Watch, of_tar};

/// Bytes at the beginning of a file that tell whether it is text.
const HEAD: usize = 512;

/// The prefix of the names of whiteouts (OCI image specification, "Whiteouts").
const WHITEOUT: &[u8] = b".wh.";

/// The name of an opaque marker.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// The prefix of the names of AUFS's own files, which runtimes pass over in the root directory.
const AUFS: &[u8] = b".wh..wh.";

/// Where AUFS keeps the targets of hard links: passed over as well, but for the links that lead there.
const AUFS_LINKS: &[u8] = b".wh..wh.plnk";

/// Records the entries of a layer.
pub struct Walk<'a, C> {
    inspect: Inspect<'a, C>,
    bounds: Bounds,
    facts: LayerFacts<C>,
    entries: u64,
    recorded: usize,
    strays: u64,
    noted: usize,
    buffer: Vec<u8>,
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
            inspect,
            bounds,
            facts: LayerFacts::empty(watch.clone()),
            entries: 0,
            recorded: 0,
            strays: 0,
            noted: 0,
            buffer: Vec::new(),
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
    pub fn entry<R: Read>(&mut self, entry: tar::Entry<'_, R>) -> Result<(), LayerError> {
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
        if name.as_bytes().starts_with(AUFS) && name.as_bytes() != OPAQUE && !name.as_bytes().starts_with(AUFS_LINKS) {
            return Ok(());
        }
        self.facts.self_contained = self.facts.self_contained && self.named.has_above(&name);
        if header.kind == tar::Kind::Directory {
            self.named.directories.push(name.clone());
        }
        if let Some((path, kind)) = whiteout(&name)? {
            return self.removal(path, kind, header);
        }
        if self.facts.watch.concerns(&name) {
            let kind = self.kind(&name, entry.header, entry.body)?;
            return self.record(name, kind, header);
        }
        self.pass(name, entry)
    }

    /// An entry outside of the watch set.
    fn pass<R: Read>(&mut self, path: TreePath, entry: tar::Entry<'_, R>) -> Result<(), LayerError> {
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
                if let Some(file) = self.stray(&path, header, body)? {
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

    fn kind<R: Read>(
        &mut self,
        path: &TreePath,
        header: &tar::Header,
        body: tar::Body<'_, R>,
    ) -> Result<Kind<C>, LayerError> {
        Ok(match header.kind {
            tar::Kind::File => Kind::File(self.watched(path, header, body)?),
            tar::Kind::Directory => Kind::Directory { overlay_opaque: header.overlay_opaque },
            tar::Kind::Symlink => Kind::Symlink(header.link.clone()),
            tar::Kind::HardLink => Kind::HardLink(TreePath::new(&header.link)),
            tar::Kind::CharacterDevice { major: 0, minor: 0 } => Kind::WhiteoutDevice,
            tar::Kind::CharacterDevice { .. } | tar::Kind::BlockDevice => Kind::Device,
            tar::Kind::Fifo | tar::Kind::Global | tar::Kind::Other(_) => Kind::Fifo,
        })
    }

    /// Hashes a file that is watched, however large.
    fn watched<R: Read>(
        &mut self,
        path: &TreePath,
        header: &tar::Header,
        mut body: tar::Body<'_, R>,
    ) -> Result<FileFacts<C>, LayerError> {
        let size = header.size;
        if header.sparse && size > self.bounds.sparse {
            let bound = self.bounds.sparse >> 20;
            return Err(LayerError::TooMuch(format!("{bound} MiB in a sparse file that was asked for")));
        }
        if size <= LARGEST_TEXT {
            self.fill(&mut body)?;
            let text = self.facts.watch.keeps_text(path).then(|| self.buffer.clone());
            let contents = (self.inspect.contents)(&self.buffer, Interest::Watched);
            return Ok(FileFacts { sha256: Digest::of(&self.buffer), size, contents, text });
        }
        let mut hasher = Hasher::default();
        self.buffer.resize(tar::BUFFER, 0);
        loop {
            let read = body.read(&mut self.buffer).map_err(of_body)?;
            if read == 0 {
                break;
            }
            hasher.update(self.buffer.get(..read).unwrap_or_default());
        }
        Ok(FileFacts { sha256: hasher.finish(), size, contents: None, text: None })
    }

    /// Searches a file that is not watched for certificates.
    fn stray<R: Read>(
        &mut self,
        path: &TreePath,
        header: &tar::Header,
        mut body: tar::Body<'_, R>,
    ) -> Result<Option<FileFacts<C>>, LayerError> {
        let size = header.size;
        if size > LARGEST_TEXT || size == 0 {
            return Ok(None);
        }
        self.buffer.clear();
        (&mut body).take(HEAD as u64).read_to_end(&mut self.buffer).map_err(of_body)?;
        if !may_hold(&self.buffer) {
            return Ok(None);
        }
        body.read_to_end(&mut self.buffer).map_err(of_body)?;
        self.note_text(path);
        let contents = (self.inspect.contents)(&self.buffer, Interest::Stray);
        Ok(contents.map(|contents| FileFacts {
            sha256: Digest::of(&self.buffer),
            size,
            contents: Some(contents),
            text: None,
        }))
    }

    /// Lets somebody take a note of a text.
    fn note_text(&mut self, path: &TreePath) {
        let Some(text) = (self.inspect.note)(path, &self.buffer) else { return };
        self.noted += path.as_bytes().len() + text.len() + size_of::<Note>();
        if self.noted <= self.bounds.noted {
            self.facts.notes.push(Note { path: path.clone(), text });
        } else {
            self.facts.notes_complete = false;
        }
    }

    fn fill(&mut self, body: &mut impl Read) -> Result<(), LayerError> {
        self.buffer.clear();
        body.read_to_end(&mut self.buffer).map(|_| ()).map_err(of_body)
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

/// A body that ends too early is a truncated archive; anything else comes from below.
fn of_body(error: io::Error) -> LayerError {
    of_tar(error.into())
}

/// Whether what begins like this may hold certificates: text does, and keystores (JKS, JCEKS, and DER for PKCS#12).
fn may_hold(body: &[u8]) -> bool {
    match body {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] | [0x30, 0x80..=0x84, ..] => true,
        _ => !body.get(..HEAD).unwrap_or(body).contains(&0),
    }
}

fn attributes(header: &tar::Header) -> Attributes {
    Attributes { mode: header.mode, uid: header.uid, gid: header.gid }
}

/// What a whiteout's name removes. Its type, its size and its body do not matter.
fn whiteout<C>(name: &TreePath) -> Result<Option<(TreePath, Kind<C>)>, LayerError> {
    // Names in and of AUFS's directory of links are not whiteouts.
    let (Some(last), Some(parent), false) = (name.file_name(), name.parent(), name.as_bytes().starts_with(AUFS_LINKS))
    else {
        return Ok(None);
    };
    if last == OPAQUE {
        return Ok(Some((parent, Kind::Opaque)));
    }
    match last.strip_prefix(WHITEOUT) {
        None => Ok(None),
        Some(b"" | b"." | b"..") => Err(LayerError::Whiteout { path: name.to_string() }),
        Some(removed) => Ok(Some((parent.join(removed), Kind::Whiteout))),
    }
}
