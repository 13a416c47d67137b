//! The facts of layers in a folder of this machine, by digest: a layer that was read once is not moved again.
//!
//! A file is `VERSION/DIGEST/WATCH`: the code that read the layer (`build.rs` names it), the layer, and the watch set it was read
//! with; facts that were read with a larger watch set do as well. A file is written under another name and then renamed, so that several processes can share the folder, and it is read
//! only where its own digest is right: what is broken is dropped and read from the layer again. Nothing in it protects from
//! somebody who may write to the folder, which is made for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::digest::Digest;
use crate::image::LayerFacts;
use crate::oci::layer::Watch;

/// The code that reads layers: facts that other code has stored are not those that this one would.
const VERSION: &str = env!("RDSCA_FACTS_VERSION");

/// What a file begins with; the digest of all that follows comes next.
const MAGIC: &[u8] = b"rdsca layer facts 1\n";

/// The most bytes of a file; what can be recorded of one layer is less than a tenth of it, compressed.
const LARGEST_FILE: u64 = 256 << 20;

/// The most bytes that a file decompresses to.
const LARGEST_FACTS: u64 = 1 << 30;

/// Fast, and a fifth of the size of what goes in.
const COMPRESSION: i32 = 3;

/// The most bytes of all files together, those of other versions included; some 10,000 layers as they are.
const LARGEST_CACHE: u64 = 512 << 20;

/// Facts with other watch sets that are looked at, of one layer; there are as many as there are kinds of calls.
const MOST_OTHERS: usize = 8;

/// A file that was used is marked as used no more often than this.
const MARK_AFTER: Duration = Duration::from_secs(60 * 60);

/// Unfinished files that are older were left by a process that is no more.
const UNFINISHED: Duration = Duration::from_secs(60 * 60);

/// Distinguishes the unfinished files of one process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A folder with facts. All that goes wrong with it costs time and nothing else: what is not found is read from the layer.
#[derive(Debug)]
pub struct LayerCache {
    /// All of it.
    root: PathBuf,
    /// With the facts of this very code.
    folder: PathBuf,
    /// With the unfinished files.
    unfinished: PathBuf,
    /// The most bytes of all files together.
    largest: u64,
    /// Bytes that may be written before the files are counted: at once by a process that writes for the first time.
    until_trimmed: AtomicU64,
}

impl LayerCache {
    /// Opens the cache in `folder`, and makes it where it is not there.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Self::bounded(folder, LARGEST_CACHE)
    }

    /// The same with another bound on the bytes of all files together.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn bounded(folder: &Path, largest: u64) -> io::Result<Self> {
        let unfinished = folder.join("unfinished");
        make(&unfinished)?;
        sweep(&unfinished);
        let (root, folder) = (folder.to_owned(), folder.join(VERSION));
        Ok(Self { root, folder, unfinished, largest, until_trimmed: AtomicU64::new(0) })
    }

    /// The facts of a layer, read with this watch set or a larger one. A file that is broken is removed.
    pub fn get(&self, layer: &Digest, watch: &Watch) -> Option<LayerFacts> {
        let exact = self.path(layer, watch)?;
        let of_layer = |path: &Path| load(path).filter(|facts| facts.digest == *layer);
        if let Some(facts) = checked(&exact, |path| of_layer(path).filter(|facts| facts.watch == *watch)) {
            return Some(facts);
        }
        let mut others: Vec<_> = fs::read_dir(exact.parent()?).ok()?.flatten().map(|entry| entry.path()).collect();
        others.sort();
        let others = others.into_iter().filter(|path| *path != exact).take(MOST_OTHERS);
        others.filter_map(|path| checked(&path, of_layer)).find(|facts| facts.watch.includes(watch))
    }

    /// Keeps the facts of a layer.
    ///
    /// # Errors
    /// Where the file cannot be written; none is left behind then.
    pub fn put(&self, facts: &LayerFacts) -> io::Result<()> {
        let path = self
            .path(&facts.digest, &facts.watch)
            .ok_or_else(|| io::Error::other("the watch set cannot be written down"))?;
        if path.exists() {
            return Ok(());
        }
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.unfinished.join(format!("{}-{serial}", process::id()));
        let written = write(&unfinished, facts).and_then(|size| place(&unfinished, &path).map(|()| size));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        self.trim(written?);
        Ok(())
    }

    /// Counts what was written, and when that is much removes the files that were not used for the longest, those of other
    /// versions too, until three quarters of the bound are left. What another process removes meanwhile is as well removed.
    fn trim(&self, written: u64) {
        let take = |left: u64| left.checked_sub(written);
        if self.until_trimmed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            return;
        }
        self.until_trimmed.store(self.largest / 16, Ordering::Relaxed);
        let mut files = Vec::new();
        for version in folders(&self.root).into_iter().filter(|folder| *folder != self.unfinished) {
            for layer in folders(&version) {
                files.extend(used(&layer));
            }
        }
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        if total <= self.largest {
            return;
        }
        files.sort();
        for (_, size, path) in files {
            if total <= self.largest / 4 * 3 {
                break;
            }
            if fs::remove_file(&path).is_ok() {
                total = total.saturating_sub(size);
            }
            // Only folders without anything in them can be removed so.
            for folder in path.ancestors().skip(1).take(2) {
                let _ = fs::remove_dir(folder);
            }
        }
    }

    fn path(&self, layer: &Digest, watch: &Watch) -> Option<PathBuf> {
        let watch = Digest::of(serde_json::to_vec(watch).ok()?).hex();
        Some(self.folder.join(layer.hex()).join(watch))
    }
}

/// What is believed of a file; one that is there and not believed is removed, and one that is believed is marked as used.
fn checked(path: &Path, believed: impl Fn(&Path) -> Option<LayerFacts>) -> Option<LayerFacts> {
    let facts = believed(path);
    if facts.is_none() {
        let _ = fs::remove_file(path);
    } else {
        mark(path);
    }
    facts
}

/// Marks a file as used now.
fn mark(path: &Path) {
    let Ok(file) = OpenOptions::new().append(true).open(path) else { return };
    let now = SystemTime::now();
    let used = file.metadata().and_then(|metadata| metadata.modified());
    if used.is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age > MARK_AFTER)) {
        let _ = file.set_modified(now);
    }
}

/// The folders in a folder; none where it cannot be read.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// The files in a folder, with their sizes and when they were used last.
fn used(folder: &Path) -> Vec<(SystemTime, u64, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let file = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), entry.path()))
    };
    entries.filter_map(file).collect()
}

/// Moves a finished file to its place, whose folder another process may be removing.
fn place(finished: &Path, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    make(folder)?;
    fs::rename(finished, path).or_else(|_| make(folder).and_then(|()| fs::rename(finished, path)))
}

fn load(path: &Path) -> Option<LayerFacts> {
    read(File::open(path).ok()?)
}

fn read(file: File) -> Option<LayerFacts> {
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
    let (digest, body) = bytes.strip_prefix(MAGIC)?.split_at_checked(Digest::of([]).as_bytes().len())?;
    if Digest::of(body).as_bytes() != digest {
        return None;
    }
    let mut text = Vec::new();
    zstd::Decoder::with_buffer(body).ok()?.take(LARGEST_FACTS).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Writes a file, and gives its size in bytes.
fn write(path: &Path, facts: &LayerFacts) -> io::Result<u64> {
    let mut body = zstd::Encoder::new(Vec::new(), COMPRESSION)?;
    serde_json::to_writer(&mut body, facts)?;
    let body = body.finish()?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(MAGIC)?;
    file.write_all(Digest::of(&body).as_bytes())?;
    file.write_all(&body)?;
    Ok((MAGIC.len() + body.len()) as u64)
}

/// Makes a folder and those above it, for its owner alone.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what a process that was killed left unfinished.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let age = changed.ok().and_then(|changed| SystemTime::now().duration_since(changed).ok());
        if age.is_some_and(|age| age > UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image;
    use crate::oci::layer::Expected;
    use crate::tree::TreePath;

    /// The facts of a layer with a bundle, a text, a name that is not UTF-8, links, a whiteout and names that are not watched.
    fn facts(watch: &Watch) -> LayerFacts {
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |name: &[u8], kind, link: &str, body: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name);
            header.set_entry_type(kind);
            header.set_size(body.len() as u64);
            header.set_mode(0o644);
            if !link.is_empty() {
                header.set_link_name(link).unwrap();
            }
            header.set_cksum();
            builder.append(&header, body).unwrap();
        };
        use tar::EntryType::{Directory, Link, Regular, Symlink};
        add(b"etc/ssl/certs", Directory, "", b"");
        add(b"etc/ssl/certs/rds-ca.pem", Regular, "", crate::bundle::BUILTIN_PEM);
        add(b"etc/ssl/\xff", Symlink, "certs", b"");
        add(b"etc/ssl/two", Link, "etc/ssl/certs/rds-ca.pem", b"");
        add(b"etc/ssl/.wh.gone", Regular, "", b"");
        add(b"etc/os-release", Regular, "", b"ID=amzn\xff\n");
        add(b"srv/copy.pem", Regular, "", crate::bundle::BUILTIN_PEM);
        add(b"srv/alias", Symlink, "/etc/ssl", b"");
        for number in 0..500 {
            add(format!("usr/lib/{number}").as_bytes(), Regular, "", b"x");
        }
        let bytes = builder.into_inner().unwrap();
        let expected = Expected { size: bytes.len() as u64, digest: None, diff_id: None };
        image::read_layer(bytes.as_slice(), expected, watch).unwrap()
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn what_is_kept_comes_back_whole_and_takes_little_room() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path()).unwrap();
        let watch = Watch::default();
        let facts = facts(&watch);
        assert!(facts.strays.len() == 1 && facts.aliases.len() == 1 && facts.entries.len() > 5);
        assert_eq!(cache.get(&facts.digest, &watch), None);
        cache.put(&facts).unwrap();
        assert_eq!(LayerCache::open(folder.path()).unwrap().get(&facts.digest, &watch), Some(facts.clone()));
        let files = files(folder.path());
        assert_eq!(files.len(), 1);
        assert!(fs::metadata(&files[0]).unwrap().len() < 30_000);
        // Neither another layer nor another watch set.
        assert_eq!(cache.get(&Digest::of("x"), &watch), None);
        assert_eq!(cache.get(&facts.digest, &Watch::new([TreePath::new("/srv")])), None);
    }

    #[test]
    fn what_is_broken_is_dropped_whatever_byte_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path()).unwrap();
        let watch = Watch::default();
        let facts = facts(&watch);
        cache.put(&facts).unwrap();
        let file = files(folder.path()).remove(0);
        let whole = fs::read(&file).unwrap();
        let spoilt = (0..whole.len()).step_by(97).chain([0, MAGIC.len(), whole.len() - 1]).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        });
        let cut =
            [0, 1, MAGIC.len(), MAGIC.len() + 32, whole.len() / 2, whole.len() - 1].map(|end| whole[..end].to_vec());
        for bytes in spoilt.chain(cut).chain([[whole.as_slice(), b"x"].concat()]) {
            fs::write(&file, &bytes).unwrap();
            assert_eq!(cache.get(&facts.digest, &watch), None);
            assert!(!file.exists());
        }
        // Whole, and of another layer than its name says.
        let other = file.ancestors().nth(2).unwrap().join(Digest::of("other").hex());
        fs::create_dir(&other).unwrap();
        fs::write(other.join(file.file_name().unwrap()), &whole).unwrap();
        assert_eq!(cache.get(&Digest::of("other"), &watch), None);
        cache.put(&facts).unwrap();
        assert_eq!(cache.get(&facts.digest, &watch), Some(facts));
    }

    #[test]
    fn facts_of_another_shape_are_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path()).unwrap();
        let watch = Watch::default();
        let facts = facts(&watch);
        cache.put(&facts).unwrap();
        let file = files(folder.path()).remove(0);
        let mut value = serde_json::to_value(&facts).unwrap();
        value["verdict"] = serde_json::json!("good");
        let body = zstd::encode_all(value.to_string().as_bytes(), 1).unwrap();
        fs::write(&file, [MAGIC, Digest::of(&body).as_bytes(), &body].concat()).unwrap();
        assert_eq!(cache.get(&facts.digest, &watch), None);
    }

    #[test]
    fn what_was_read_of_more_does_for_less() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path()).unwrap();
        let (small, large) = (Watch::default(), Watch::new([TreePath::new("/srv")]));
        let facts = facts(&large);
        cache.put(&facts).unwrap();
        assert_eq!(cache.get(&facts.digest, &small), Some(facts.clone()));
        assert_eq!(cache.get(&facts.digest, &Watch::new([TreePath::new("/opt")])), None);
        // Neither was asked for in vain: the file is still there.
        assert_eq!(cache.get(&facts.digest, &large), Some(facts));
    }

    #[test]
    fn what_was_not_used_for_the_longest_goes_when_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let watch = Watch::default();
        let facts = facts(&watch);
        LayerCache::open(folder.path()).unwrap().put(&facts).unwrap();
        let size = fs::metadata(&files(folder.path())[0]).unwrap().len();
        // Of eight layers, the third was used just now and the others longer and longer ago; one is of another version.
        let digest = |number: u8| Digest::of([number]);
        for number in 0..8 {
            LayerCache::open(folder.path())
                .unwrap()
                .put(&LayerFacts { digest: digest(number), ..facts.clone() })
                .unwrap();
            let path = LayerCache::open(folder.path()).unwrap().path(&digest(number), &watch).unwrap();
            let age = if number == 2 { 0 } else { 60 * u64::from(number + 1) };
            let used = SystemTime::now() - MARK_AFTER * 2 - Duration::from_secs(age);
            File::options().append(true).open(&path).unwrap().set_modified(used).unwrap();
        }
        let old = folder.path().join("0123456789abcdef/layer/watch");
        fs::create_dir_all(old.parent().unwrap()).unwrap();
        fs::write(&old, vec![0; 100]).unwrap();
        File::options().append(true).open(&old).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let cache = LayerCache::bounded(folder.path(), size * 8 + 400).unwrap();
        assert!(cache.get(&digest(7), &watch).is_some(), "and so it is used");
        cache.put(&LayerFacts { digest: digest(8), ..facts.clone() }).unwrap();
        let kept: Vec<_> = (0..9).filter(|number| cache.path(&digest(*number), &watch).unwrap().exists()).collect();
        assert_eq!(kept, [0, 1, 2, 7, 8], "6 of 8 may stay, the first of all among them");
        assert!(!old.exists() && !folder.path().join("0123456789abcdef").exists());
        let total: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(total <= size * 6 + 300, "{total}");
    }

    #[test]
    fn what_was_left_unfinished_is_swept_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        LayerCache::open(folder.path()).unwrap();
        let (old, new) = (folder.path().join("unfinished/1-0"), folder.path().join("unfinished/2-0"));
        fs::write(&old, "x").unwrap();
        fs::write(&new, "x").unwrap();
        let long_ago = SystemTime::now() - UNFINISHED * 2;
        File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        LayerCache::open(folder.path()).unwrap();
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn many_at_once_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let watch = Watch::default();
        let facts = facts(&watch);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let cache = LayerCache::open(folder.path()).unwrap();
                    for _ in 0..10 {
                        cache.put(&facts).unwrap();
                        assert_eq!(cache.get(&facts.digest, &watch).as_ref(), Some(&facts));
                    }
                });
            }
        });
        assert_eq!(files(folder.path()).len(), 1);
    }
}
