//! Random layer stacks: unpacked by the real umoci and compared with the applied view, and mounted by the kernel, each layer
//! unpacked alone, and compared with the overlay view.
//!
//! `RDSCA_STACKS` is how many (40 by default), `RDSCA_SEED` where to begin; a difference is reported with the seed that shows it.
//! `make test-differential` tries some thousands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod stack;

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rdsca::digest::Digest;
use rdsca::image::{Answer, Obstacle, PathFacts};
use serde_json::Value;
use stack::{Blob, facts, write_layout};

/// Paths that entries, links and questions are made of.
const NAMES: &[&str] = &[
    "etc",
    "etc/ssl",
    "etc/ssl/certs",
    "etc/ssl/certs/rds.pem",
    "etc/ssl/rds.pem",
    "pki",
    "pki/certs",
    "pki/certs/rds.pem",
    "pki/rds.pem",
    "opt",
    "opt/rds.pem",
    "opt/certs",
];

/// A small generator (xorshift64*), so that a seed means the same stack for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % bound
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.below(NAMES.len())]
    }

    /// A name for a file, mostly, or for a directory, mostly: else umoci refuses nearly every stack.
    fn name_for(&mut self, file: bool) -> &'static str {
        loop {
            let name = self.name();
            if name.ends_with(".pem") == file || self.below(20) == 0 {
                return name;
            }
        }
    }
}

/// What the stack is made of, to show.
type Recipe = Vec<Vec<String>>;

/// The archives of a stack, the lowest first.
fn stack(seed: u64) -> (Vec<Vec<u8>>, Recipe) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut recipe = Recipe::new();
    let mut layers = Vec::new();
    let mut files = Vec::new();
    for _ in 0..1 + random.below(4) {
        let mut archive = Vec::new();
        let mut entries = Vec::new();
        for serial in 0..1 + random.below(7) {
            entries.push(entry(&mut random, &mut archive, &mut files, serial));
        }
        archive.extend([0; 1024]);
        layers.push(archive);
        recipe.push(entries);
    }
    (layers, recipe)
}

fn entry(random: &mut Random, archive: &mut Vec<u8>, files: &mut Vec<&'static str>, serial: usize) -> String {
    let kind = match random.below(16) {
        0..5 => tar::EntryType::Regular,
        5..7 => tar::EntryType::Directory,
        7..10 => tar::EntryType::Symlink,
        10 if !files.is_empty() => tar::EntryType::Link,
        15 => [tar::EntryType::Char, tar::EntryType::Fifo][random.below(2)],
        // A whiteout: an empty file with a name of its own.
        _ => tar::EntryType::Regular,
    };
    // Which of the two kinds of empty files it is, if any.
    let removes = kind == tar::EntryType::Regular && random.below(3) == 0;
    let name = match kind {
        tar::EntryType::Symlink => random.name(),
        _ if removes => random.name(),
        _ => random.name_for(kind != tar::EntryType::Directory),
    };
    let mut item = Item { name: name.to_owned(), kind, mode: 0o755, ..Item::default() };
    let said = match kind {
        _ if removes && random.below(4) > 0 => {
            let (parent, last) = name.rsplit_once('/').unwrap_or((".", name));
            item.name = format!("{parent}/.wh.{last}");
            format!("whiteout {name}")
        }
        _ if removes => {
            item.name = format!("{name}/.wh..wh..opq");
            format!("opaque {name}")
        }
        tar::EntryType::Directory => {
            item.mode = [0o755, 0o2755, 0o1777][random.below(3)];
            item.restored_opaque = random.below(6) == 0;
            let mark = if item.restored_opaque { " with overlay.opaque" } else { "" };
            format!("directory {name}{mark}")
        }
        tar::EntryType::Symlink => {
            item.link = match random.below(5) {
                0 | 1 => format!("/{}", random.name()),
                2 => format!("../{}", random.name()),
                3 => format!("../../../{}/", random.name()),
                _ => random.name().rsplit('/').next().unwrap().to_owned(),
            };
            format!("{name} -> {}", item.link)
        }
        tar::EntryType::Link => {
            let target = files[random.below(files.len())];
            item.link = [format!("./{target}"), format!("/{target}"), target.to_owned()][random.below(3)].clone();
            format!("{name} => {}", item.link)
        }
        tar::EntryType::Char => format!("whiteout device {name}"),
        tar::EntryType::Fifo => format!("pipe {name}"),
        _ => {
            files.push(name);
            item.body = format!("{name} {serial} {}", random.below(1000)).into_bytes();
            item.mode = [0o755, 0o644, 0o600, 0o4711][random.below(4)];
            format!("file {name}")
        }
    };
    item.name = spelt(random, &item.name);
    item.long_name = [LongName::None, LongName::None, LongName::None, LongName::Gnu, LongName::Pax][random.below(5)];
    if kind == tar::EntryType::Directory && random.below(2) == 0 {
        item.name.push('/');
    }
    item.append(archive);
    let mode = item.mode;
    format!("{said} (as {:?}, {:?}, {mode:o})", item.name, item.long_name)
}

/// One of the ways to write a name, which all mean the same.
fn spelt(random: &mut Random, name: &str) -> String {
    match random.below(12) {
        0 => format!("./{name}"),
        1 => format!("/{name}"),
        2 => format!("../{name}"),
        3 => format!("opt/../{name}"),
        4 => name.replacen('/', "//", 1),
        5 => name.replacen('/', "/./", 1),
        _ => name.to_owned(),
    }
}

/// How a name gets into an archive.
#[derive(Clone, Copy, Debug, Default)]
enum LongName {
    /// By the header alone.
    #[default]
    None,
    /// By an entry of GNU's before it.
    Gnu,
    /// By a PAX record, over another name in the header.
    Pax,
}

/// An entry, written byte by byte: no crate writes what should not be.
struct Item {
    name: String,
    kind: tar::EntryType,
    mode: u32,
    link: String,
    body: Vec<u8>,
    long_name: LongName,
    /// Whether it carries the attribute by which overlayfs knows an opaque directory.
    restored_opaque: bool,
}

impl Default for Item {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: tar::EntryType::Regular,
            mode: 0o644,
            link: String::new(),
            body: Vec::new(),
            long_name: LongName::None,
            restored_opaque: false,
        }
    }
}

impl Item {
    fn append(&self, archive: &mut Vec<u8>) {
        let mut records = Vec::new();
        if self.restored_opaque {
            let space = ["trusted", "user"][self.name.len() % 2];
            records.push(record(&format!("SCHILY.xattr.{space}.overlay.opaque"), "y"));
        }
        let mut name = self.name.as_str();
        match self.long_name {
            LongName::None => {}
            LongName::Gnu => {
                let body = [name.as_bytes(), b"\0"].concat();
                push(archive, "././@LongLink", tar::EntryType::GNULongName, 0o644, "", &body);
                name = "cut";
            }
            LongName::Pax => {
                // Of two the last counts.
                records.extend([record("path", "etc/other"), record("path", name)]);
                name = "cut";
            }
        }
        if !records.is_empty() {
            push(archive, "pax", tar::EntryType::XHeader, 0o644, "", records.concat().as_bytes());
        }
        push(archive, name, self.kind, self.mode, &self.link, &self.body);
    }
}

/// A PAX record.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let length = (1..).find(|length: &usize| length.to_string().len() + rest.len() == *length).unwrap();
    format!("{length}{rest}")
}

/// Adds a header with these very names, and a body.
fn push(archive: &mut Vec<u8>, name: &str, kind: tar::EntryType, mode: u32, link: &str, body: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    if kind == tar::EntryType::Char {
        header.set_device_major(0).unwrap();
        header.set_device_minor(0).unwrap();
    }
    header.set_size(body.len() as u64);
    header.set_cksum();
    archive.extend(header.as_bytes());
    archive.extend(body);
    archive.resize(archive.len().next_multiple_of(512), 0);
}

/// How many stacks are tried, from which seed on.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (first, count) = (number("RDSCA_SEED", 1u64), number("RDSCA_STACKS", 40u64));
    first..first + count
}

/// Our answers for every name.
fn ours(layers: &[Vec<u8>]) -> Vec<PathFacts> {
    let paths: Vec<_> = NAMES.iter().map(|name| format!("/{name}")).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let blobs: Vec<_> = layers.iter().map(|layer| Blob::gzip(layer)).collect();
    facts(&blobs, "", &paths).unwrap().paths
}

#[test]
fn the_applied_view_is_what_umoci_unpacks() {
    if Command::new("umoci").arg("--version").output().is_err() {
        println!("skipped: umoci is not installed (apt-get install umoci)");
        return;
    }
    let (mut compared, mut wrong) = (0, Vec::new());
    for seed in seeds() {
        let (layers, recipe) = stack(seed);
        let folder = tempfile::tempdir().unwrap();
        let blobs: Vec<_> = layers.iter().map(|layer| Blob::gzip(layer)).collect();
        let Some(root) = unpack(&blobs, folder.path()) else { continue };
        compared += 1;
        for path in ours(&layers) {
            let (real, ours) = (real(&root, &path.path.to_string()), word(&path.applied));
            // Without the rights of root umoci makes an empty file of a device.
            let is_faked = ours == "Device" && real == Digest::of("").to_string();
            if real != ours && !is_faked {
                wrong.push(format!("seed {seed}, {}: umoci has {real}, we say {ours}: {recipe:#?}", path.path));
            }
        }
    }
    println!("{compared} of {} stacks compared; umoci refuses the others", seeds().count());
    assert!(wrong.is_empty(), "{} differences, the first: {}", wrong.len(), wrong[0]);
    assert!(compared > 0, "umoci refused all stacks");
}

/// Unpacks with umoci; none where it refuses.
fn unpack(layers: &[Blob], folder: &Path) -> Option<PathBuf> {
    let layout = folder.join("layout");
    write_layout(layers, &layout);
    let bundle = folder.join("bundle");
    let done = Command::new("umoci")
        .args(["unpack", "--rootless", "--image"])
        .arg(format!("{}:t", layout.display()))
        .arg(&bundle)
        .output()
        .unwrap();
    done.status.success().then(|| bundle.join("rootfs"))
}

fn word(answer: &Answer) -> String {
    match answer {
        Answer::Present(file) => file.sha256.to_string(),
        Answer::Removed { .. } | Answer::Absent => "nothing".to_owned(),
        Answer::Unusable { obstacle: Obstacle::DanglingLink, .. } => "nothing".to_owned(),
        Answer::Unusable { obstacle, .. } => format!("{obstacle:?}"),
        Answer::Unknown { why } => why.clone(),
    }
}

/// What is at a path of an unpacked tree, walked as in a chroot by a walk of this test's own.
fn real(root: &Path, path: &str) -> String {
    let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut at: Vec<String> = Vec::new();
    let mut links = 0;
    let place = |at: &[String]| at.iter().fold(root.to_owned(), |path, name| path.join(name));
    while let Some(name) = todo.pop() {
        match name.as_str() {
            // Behind a slash there has to be a directory.
            "" | "." if place(&at).is_dir() => continue,
            "" | "." => return "nothing".to_owned(),
            ".." => {
                at.pop();
                continue;
            }
            _ => {}
        }
        if !place(&at).symlink_metadata().is_ok_and(|here| here.is_dir()) {
            return "nothing".to_owned();
        }
        at.push(name);
        if let Ok(target) = fs::read_link(place(&at)) {
            links += 1;
            if links > 40 {
                return "LinkLoop".to_owned();
            }
            at.pop();
            let target = target.to_str().unwrap();
            if target.starts_with('/') {
                at.clear();
            }
            todo.extend(target.split('/').rev().map(str::to_owned));
        }
    }
    match place(&at).symlink_metadata() {
        Err(_) => "nothing".to_owned(),
        Ok(found) if found.is_dir() => "Directory".to_owned(),
        Ok(found) if found.file_type().is_fifo() => "Fifo".to_owned(),
        Ok(found) if !found.is_file() => "Device".to_owned(),
        Ok(_) => Digest::of(fs::read(place(&at)).unwrap()).to_string(),
    }
}

/// Stacks that are mounted by one process: so many lie on the disk at once.
const AT_ONCE: usize = 200;

#[test]
fn the_overlay_view_is_what_the_kernel_mounts() {
    let seeds: Vec<u64> = seeds().collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for seeds in seeds.chunks(AT_ONCE) {
        let Some(mounted) = mounted(seeds) else { return };
        assert_eq!(mounted.len(), seeds.len(), "every stack is answered for");
        for said in &mounted {
            let seed: u64 = said["stack"].as_str().unwrap().parse().unwrap();
            let (layers, recipe) = stack(seed);
            let paths = ours(&layers);
            if let Some(why) = said["refused"].as_str() {
                if paths.iter().any(|path| path.portable) {
                    wrong
                        .push(format!("seed {seed}: containerd refuses it ({why}), and we do not say so: {recipe:#?}"));
                }
                continue;
            }
            compared += 1;
            for path in &paths {
                let real = &said["answers"][path.path.to_string()];
                let ours = in_full(&path.overlay);
                if *real != ours {
                    wrong
                        .push(format!("seed {seed}, {}: the kernel has {real}, we say {ours}: {recipe:#?}", path.path));
                }
                // Docker and Podman restore the attributes of directories.
                let restored = &said["restored"][path.path.to_string()];
                if restored[0] != real[0] && !path.runtime_dependent {
                    wrong.push(format!(
                        "seed {seed}, {}: with attributes it is {restored}, which is not said: {recipe:#?}",
                        path.path
                    ));
                }
            }
        }
    }
    println!("{compared} of {} stacks compared; containerd refuses the others", seeds.len());
    assert!(wrong.is_empty(), "{} differences, the first: {}", wrong.len(), wrong[0]);
    // One seed alone may be one that is refused.
    assert!(compared > 0 || seeds.len() < 20, "containerd refused all stacks");
}

/// What the kernel makes of stacks; none where it mounts no overlays for us.
fn mounted(seeds: &[u64]) -> Option<Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    for seed in seeds {
        let here = folder.path().join(seed.to_string());
        fs::create_dir(&here).unwrap();
        for (index, layer) in stack(*seed).0.iter().enumerate() {
            fs::write(here.join(format!("{index}.tar")), layer).unwrap();
        }
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/overlay_mount.py");
    let mut command = Command::new("unshare");
    command.args(["-Urm", "python3"]).arg(script).arg(folder.path());
    command.args(NAMES.iter().map(|name| format!("/{name}")));
    let Ok(done) = command.output() else {
        println!("skipped: there is no unshare here (util-linux)");
        return None;
    };
    let said = String::from_utf8(done.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&done.stderr);
    let is_forbidden = done.status.code() == Some(77) || complaint.contains("unshare failed");
    if is_forbidden || complaint.contains("python3") && said.is_empty() {
        println!("skipped: {}", complaint.trim());
        return None;
    }
    assert!(done.status.success(), "{complaint}");
    Some(said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// An answer in the words of `overlay_mount.py`.
fn in_full(answer: &Answer) -> Value {
    match answer {
        Answer::Present(file) => {
            serde_json::json!([file.sha256.to_string(), file.attributes.mode, file.resolved.to_string()])
        }
        other => serde_json::json!([word(other), null, null]),
    }
}
