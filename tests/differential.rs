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
        let mut builder = tar::Builder::new(Vec::new());
        let mut entries = Vec::new();
        for serial in 0..1 + random.below(7) {
            entries.push(entry(&mut random, &mut builder, &mut files, serial));
        }
        layers.push(builder.into_inner().unwrap());
        recipe.push(entries);
    }
    (layers, recipe)
}

fn entry(
    random: &mut Random,
    builder: &mut tar::Builder<Vec<u8>>,
    files: &mut Vec<&'static str>,
    serial: usize,
) -> String {
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o755);
    match random.below(12) {
        0..4 => {
            let name = random.name_for(true);
            files.push(name);
            let body = format!("{name} {serial} {}", random.below(1000));
            header.set_size(body.len() as u64);
            header.set_mode([0o755, 0o644, 0o600][random.below(3)]);
            builder.append_data(&mut header, name, body.as_bytes()).unwrap();
            format!("file {name}")
        }
        4..6 => {
            let name = random.name_for(false);
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, format!("{name}/"), &b""[..]).unwrap();
            format!("directory {name}")
        }
        6..8 => {
            let name = random.name();
            let target = match random.below(3) {
                0 => format!("/{}", random.name()),
                1 => format!("../{}", random.name()),
                _ => random.name().rsplit('/').next().unwrap().to_owned(),
            };
            header.set_entry_type(tar::EntryType::Symlink);
            builder.append_link(&mut header, name, &target).unwrap();
            format!("{name} -> {target}")
        }
        8 if !files.is_empty() => {
            let name = random.name_for(true);
            let target = files[random.below(files.len())];
            header.set_entry_type(tar::EntryType::Link);
            builder.append_link(&mut header, name, target).unwrap();
            format!("{name} => {target}")
        }
        8..11 => {
            let name = random.name();
            let (parent, last) = name.rsplit_once('/').unwrap_or((".", name));
            builder.append_data(&mut header, format!("{parent}/.wh.{last}"), &b""[..]).unwrap();
            format!("whiteout {name}")
        }
        _ => {
            let name = random.name_for(false);
            builder.append_data(&mut header, format!("{name}/.wh..wh..opq"), &b""[..]).unwrap();
            format!("opaque {name}")
        }
    }
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
            if real != ours {
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
            "" | "." => continue,
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
            }
        }
    }
    println!("{compared} of {} stacks compared; containerd refuses the others", seeds.len());
    assert!(wrong.is_empty(), "{} differences, the first: {}", wrong.len(), wrong[0]);
    assert!(compared > 0, "containerd refused all stacks");
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
