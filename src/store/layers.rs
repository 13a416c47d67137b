//! The facts of layers in a folder of this machine, by digest: a layer that was read once is not moved again.
//!
//! A file is `VERSION/WATCH/DIGEST`: the code that read the layer (`build.rs` names it), the watch set it was read with, and the
//! layer. It is written under another name and then renamed, so that several processes can share the folder, and it is read
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

/// Unfinished files that are older were left by a process that is no more.
const UNFINISHED: Duration = Duration::from_secs(60 * 60);

/// Distinguishes the unfinished files of one process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A folder with facts. All that goes wrong with it costs time and nothing else: what is not found is read from the layer.
#[derive(Debug)]
pub struct LayerCache {
    /// With the facts of this very code.
    folder: PathBuf,
    /// With the unfinished files.
    unfinished: PathBuf,
}

impl LayerCache {
    /// Opens the cache in `folder`, and makes it where it is not there.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let unfinished = folder.join("unfinished");
        make(&unfinished)?;
        sweep(&unfinished);
        Ok(Self { folder: folder.join(VERSION), unfinished })
    }

    /// The facts of a layer, read with this very watch set. A file that is broken is removed.
    pub fn get(&self, layer: &Digest, watch: &Watch) -> Option<LayerFacts> {
        let path = self.path(layer, watch)?;
        let file = File::open(&path).ok()?;
        let facts = read(file).filter(|facts| facts.digest == *layer && facts.watch == *watch);
        if facts.is_none() {
            let _ = fs::remove_file(&path);
        }
        facts
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
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.unfinished.join(format!("{}-{serial}", process::id()));
        let written = write(&unfinished, facts).and_then(|()| fs::rename(&unfinished, &path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn path(&self, layer: &Digest, watch: &Watch) -> Option<PathBuf> {
        let watch = Digest::of(serde_json::to_vec(watch).ok()?).hex();
        Some(self.folder.join(watch).join(layer.hex()))
    }
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

fn write(path: &Path, facts: &LayerFacts) -> io::Result<()> {
    let mut body = zstd::Encoder::new(Vec::new(), COMPRESSION)?;
    serde_json::to_writer(&mut body, facts)?;
    let body = body.finish()?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(MAGIC)?;
    file.write_all(Digest::of(&body).as_bytes())?;
    file.write_all(&body)
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
        fs::write(file.with_file_name(Digest::of("other").hex()), &whole).unwrap();
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
