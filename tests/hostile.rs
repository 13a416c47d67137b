//! Images made to do harm: bombs, nests, lies and names that talk to terminals. Each ends with one reason, in bounded memory, in
//! bounded time, and leaves no file behind. What only the registry client sees is in `registry.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fixture::layout_builder::{CONFIG, INDEX, LayoutBuilder, MANIFEST, json, tar};
use fixture::server::{Answer, Server};
use rdsca::digest::{Digest, Hasher};
use rdsca::oci::manifest::{Descriptor, MAX_CHILDREN, MAX_LAYERS};
use rdsca::oci::source::LARGEST_MANIFEST;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The most resident memory of a run, in KiB. A scan of any image needs some 30 MiB, 128 MiB of which a zstd window may take.
const MOST_MEMORY: u64 = 200 << 10;

/// The most address space that a run may have, in KiB: what is taken beyond it is an error of the allocator, and so of the test.
const MOST_ADDRESS_SPACE: u64 = 1 << 20;

/// No image here may keep a scan for longer, on a slow machine without optimisation.
const LONGEST: Duration = Duration::from_secs(120);

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// What became of a run.
struct Run {
    code: Option<i32>,
    stdout: String,
}

/// Runs the program in an empty folder that is its home, its temporary and its current folder, and watches it.
fn run(arguments: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let mut child = bounded()
        .args(arguments)
        .args(["--no-config", "--at", "2026-11-24", "--jobs", "2"])
        .current_dir(home.path())
        .env_remove("RDSCA_NO_CACHE")
        .env_remove("RDSCA_CACHE_DIR")
        .env("XDG_CACHE_HOME", home.path())
        .envs(["HOME", "TMPDIR", "DOCKER_CONFIG", "LOCALAPPDATA"].map(|name| (name, home.path())))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let output = thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    });
    let mut peak = 0;
    let status = loop {
        peak = peak.max(high_water(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > LONGEST {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(2));
    };
    assert!(begin.elapsed() <= LONGEST, "{arguments:?} takes longer than {LONGEST:?}");
    assert!(peak <= MOST_MEMORY, "{arguments:?} took {} MiB", peak >> 10);
    let left = files(home.path());
    let cache = home.path().join("rdsca/layers");
    let stray: Vec<_> =
        left.iter().filter(|path| !path.starts_with(&cache) || path.starts_with(cache.join("unfinished"))).collect();
    assert!(stray.is_empty(), "{arguments:?} left {stray:?}");
    Run { code: status.code(), stdout: output.join().unwrap() }
}

/// The program, under `ulimit -v` where there is one.
fn bounded() -> Command {
    let program = env!("CARGO_BIN_EXE_rdsca");
    if cfg!(not(unix)) {
        return Command::new(program);
    }
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MOST_ADDRESS_SPACE}; exec \"$0\" \"$@\""), program]);
    command
}

/// The most memory that a process has had resident, in KiB, where the system tells.
fn high_water(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Scans, and wants it not scanned for this reason: never a pass, and never "missing".
fn refused(image: &str, reason: &str) {
    let Run { code, stdout } = run(&["scan", image, "--report", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let said = report["notScanned"][0]["reason"].as_str().unwrap_or_default();
    assert!(said.contains(reason), "{said:?} does not say {reason:?}: {report}");
    assert!(said.len() < 1000, "{} bytes of reason", said.len());
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (Some(3), 0), "{report}");
}

/// A layout of one image whose layers are stored as they are given.
struct Layout {
    folder: TempDir,
    builder: LayoutBuilder,
}

impl Layout {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = LayoutBuilder::new(folder.path());
        Self { folder, builder }
    }

    fn name(&self) -> String {
        format!("oci:{}:t", self.folder.path().display())
    }

    fn manifest(&self, layers: &[(Descriptor, Digest)]) -> Value {
        let diff_ids: Vec<_> = layers.iter().map(|(_, diff_id)| diff_id.to_string()).collect();
        let config = json!({"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": diff_ids}});
        let layers: Vec<_> = layers.iter().map(|(layer, _)| json(layer)).collect();
        let config = json(&self.builder.blob(CONFIG, config.to_string()));
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
    }

    fn list(&mut self, manifest: &Value) {
        let descriptor = self.builder.blob(manifest["mediaType"].as_str().unwrap(), manifest.to_string());
        self.builder.list(&descriptor, Some("t"));
    }

    /// The name of an image of this layer.
    fn of_layer(media_type: &str, layer: &[u8], diff_id: Digest) -> (Self, String) {
        let mut layout = Self::new();
        let layer = layout.builder.blob(media_type, layer);
        let manifest = layout.manifest(&[(layer, diff_id)]);
        layout.list(&manifest);
        let name = layout.name();
        (layout, name)
    }
}

/// The header of a tar entry for a file of this size.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

// --- compression

/// An archive with a file of zeros of this many pieces of 16 MiB, each compressed on its own.
fn bomb(name: &str, pieces: usize, compress: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let start = header(name, pieces as u64 * (16 << 20));
    let piece = compress(&vec![0; 16 << 20]);
    [compress(&start), piece.repeat(pieces), compress(&[0; 1024])].concat()
}

#[test]
fn bombs_are_left_when_they_are_known_for_what_they_are() {
    let zstd: fn(&[u8]) -> Vec<u8> = |bytes| zstd::encode_all(bytes, 3).unwrap();
    for (media_type, compress) in [(GZIP, gzip as fn(&[u8]) -> Vec<u8>), (ZSTD, zstd)] {
        // In a file that is passed over, and in one that is hashed.
        for name in ["srv/data", "etc/ssl/certs/rds-ca.pem"] {
            let layer = bomb(name, 4096, compress);
            let (_layout, image) = Layout::of_layer(media_type, &layer, Digest::of("never computed"));
            // That it ends within `LONGEST` shows that 64 GiB are not unpacked to see it.
            refused(&image, "decompresses to more than 200 times its size");
        }
    }
}

#[test]
fn a_large_window_is_not_made_room_for() {
    let archive = tar(&[("a", b"b")]);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(30).unwrap();
    encoder.write_all(&archive).unwrap();
    let layer = encoder.finish().unwrap();
    let (_layout, image) = Layout::of_layer(ZSTD, &layer, Digest::of(&archive));
    refused(&image, "requires too much memory");
}

#[test]
fn much_of_little_is_read_in_little_memory() {
    // A quarter of a gigabyte of zeros in one file is no bomb: an image may hold an empty database.
    let pieces = 16;
    let layer = bomb("var/lib/empty.db", pieces, gzip);
    let mut hasher = Hasher::default();
    hasher.update(&header("var/lib/empty.db", pieces as u64 * (16 << 20)));
    (0..pieces).for_each(|_| hasher.update(&vec![0; 16 << 20]));
    hasher.update(&[0; 1024]);
    let (_layout, image) = Layout::of_layer(GZIP, &layer, hasher.finish());
    assert_eq!(run(&["scan", &image]).code, Some(0));
}

// --- archives

/// An archive of one entry whose PAX header gives it this path.
fn with_long_name(path: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", path.as_bytes())]).unwrap();
    let mut entry = tar::Header::new_ustar();
    entry.set_path("short").unwrap();
    entry.set_size(0);
    entry.set_mode(0o644);
    entry.set_cksum();
    builder.append(&entry, &[][..]).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn names_that_no_system_takes_are_refused() {
    for (path, reason) in [
        ("a/".repeat(400_000), "more than 4,096 bytes in the name"),
        (format!("{}{}", "a".repeat(200_000), "/b/..".repeat(150_000)), "more than 4,096 bytes in the name"),
        ("a/".repeat(700_000), "an extended header has more than 1 MiB"),
    ] {
        let archive = with_long_name(&path);
        let (_layout, image) = Layout::of_layer(GZIP, &gzip(&archive), Digest::of(&archive));
        refused(&image, reason);
    }
}

#[test]
fn a_sparse_map_of_a_million_holes_is_left() {
    let records = [("major", "1"), ("minor", "0"), ("name", "etc/ssl/certs/rds-ca.pem"), ("realsize", "9999999")];
    let records: Vec<_> =
        records.iter().map(|(key, value)| (format!("GNU.sparse.{key}"), value.as_bytes().to_vec())).collect();
    let fragments = 300_000;
    let mut map = format!("{fragments}\n");
    (0..fragments).for_each(|at| map += &format!("{at}\n0\n"));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions(records.iter().map(|(key, value)| (key.as_str(), value.as_slice()))).unwrap();
    let mut archive = builder.into_inner().unwrap();
    archive.truncate(archive.len() - 1024);
    archive.extend(header("x", map.len() as u64));
    archive.extend(map.as_bytes());
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    let (_layout, image) = Layout::of_layer(GZIP, &gzip(&archive), Digest::of(&archive));
    refused(&image, "its sparse map is malformed");
}

#[test]
fn deep_names_do_not_take_longer_than_their_bytes() {
    // As deep as can be, each in a directory of its own: 20,000 names of 2,000 directories.
    let mut archive = Vec::new();
    let deep = "a/".repeat(1990);
    for number in 0..20_000 {
        let mut bytes = with_long_name(&format!("{number}/{deep}x"));
        bytes.truncate(bytes.len() - 1024);
        archive.append(&mut bytes);
    }
    let (_layout, image) = Layout::of_layer(ZSTD, &zstd::encode_all(&archive[..], 3).unwrap(), Digest::of(&archive));
    assert_eq!(run(&["scan", &image]).code, Some(0));
}

#[test]
fn more_than_is_kept_of_one_layer_is_refused() {
    // Names below the places for certificates are kept, and there are no certificates of 32 MiB of names.
    let mut archive = Vec::new();
    for number in 0..300_000 {
        archive.extend(header(&format!("etc/ssl/certs/{number:0>80}"), 0));
    }
    let (_layout, image) = Layout::of_layer(ZSTD, &zstd::encode_all(&archive[..], 3).unwrap(), Digest::of(&archive));
    refused(&image, "more than 32 MiB to record");
}

#[test]
fn keystores_that_want_hours_of_hashing_are_left() {
    let mut keystore = include_bytes!("../testdata/keystores/other-password.p12").to_vec();
    // 32,767 rounds instead of 10,000; none of the passwords that are tried is the right one.
    let rounds = keystore.windows(4).position(|window| window == [2, 2, 0x27, 0x10]).unwrap();
    keystore[rounds + 2..rounds + 4].copy_from_slice(&[0x7f, 0xff]);
    let names: Vec<_> = (0..2000).map(|number| format!("srv/{number}.p12")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), keystore.as_slice())).collect();
    let archive = tar(&[&[("etc/os-release", &b"ID=amzn\n"[..])], files.as_slice()].concat());
    let (_layout, image) = Layout::of_layer(GZIP, &gzip(&archive), Digest::of(&archive));
    // What is in them can't be told, and does not hide that there is no bundle.
    let Run { code, stdout } = run(&["scan", &image]);
    assert!(code == Some(1) && stdout.contains("1999 more hold can't be told"), "{stdout}");
}

#[test]
fn files_in_the_image_lead_nowhere_on_this_machine() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("rds-ca.pem");
    fs::write(&secret, include_bytes!("../testdata/bundles/global-2025-08.pem")).unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "etc/ssl/certs/rds-ca.pem", &secret).unwrap();
    let climbing = format!("../../../../../../../..{}", outside.path().join("written").display());
    let mut archive = builder.into_inner().unwrap();
    archive.truncate(archive.len() - 1024);
    archive.extend(with_long_name(&climbing));
    let mut release = tar(&[("etc/os-release", b"ID=amzn\nVERSION_ID=2023\n")]);
    release.truncate(release.len() - 1024);
    let archive = [release, archive].concat();
    let (_layout, image) = Layout::of_layer(GZIP, &gzip(&archive), Digest::of(&archive));
    let Run { code, stdout } = run(&["scan", &image, "--report", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, report["findings"][0]["rule"].as_str()), (Some(1), Some("image-bundle-missing")), "{report}");
    assert!(!outside.path().join("written").exists());
}

/// Scans a stream, and wants it not scanned for this reason.
fn refused_stream(archive: &Path, reason: &str) {
    let done = bounded()
        .args(["scan", "-", "--no-config", "--no-cache", "--report", "json"])
        .stdin(fs::File::open(archive).unwrap())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let said = report["notScanned"][0]["reason"].as_str().unwrap_or_default();
    assert!(done.status.code() == Some(3) && said.contains(reason), "{said:?} does not say {reason:?}");
}

#[test]
fn an_archive_of_very_many_files_is_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar");
    let mut file = std::io::BufWriter::new(fs::File::create(&archive).unwrap());
    (0..200_001).for_each(|number| file.write_all(&header(&number.to_string(), 0)).unwrap());
    file.write_all(&[0; 1024]).unwrap();
    drop(file);
    refused(archive.to_str().unwrap(), "more than 200000 files");
    refused_stream(&archive, "more than 200000 files");
}

#[test]
fn a_stream_of_documents_without_end_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar");
    let document = [b"{".as_slice(), &vec![b' '; LARGEST_MANIFEST - 512], b"}"].concat();
    let names: Vec<_> = (0..17).map(|number| format!("{number}.json")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), document.as_slice())).collect();
    fs::write(&archive, tar(&files)).unwrap();
    refused_stream(&archive, "more than 67108864 bytes of documents");
}

// --- documents

#[test]
fn a_thousand_layers_are_scanned_and_one_more_is_not() {
    for (count, reason) in [(MAX_LAYERS, None), (MAX_LAYERS + 1, Some("more than the 1000"))] {
        let mut layout = Layout::new();
        let layers: Vec<_> = (0..count)
            .map(|number| {
                let archive = tar(&[(&format!("etc/ssl/certs/{}", number % 50), b"x")]);
                (layout.builder.blob(GZIP, gzip(&archive)), Digest::of(&archive))
            })
            .collect();
        let manifest = layout.manifest(&layers);
        layout.list(&manifest);
        match reason {
            None => assert_eq!(run(&["scan", &layout.name()]).code, Some(0)),
            Some(reason) => refused(&layout.name(), reason),
        }
    }
}

#[test]
fn documents_that_are_too_large_are_not_read() {
    let mut layout = Layout::new();
    let mut manifest = layout.manifest(&[]);
    manifest["annotations"] = json!({"a": "x".repeat(LARGEST_MANIFEST)});
    layout.list(&manifest);
    refused(&layout.name(), "more than any image has there");

    let mut layout = Layout::new();
    let mut manifest = layout.manifest(&[]);
    let config = json!({"config": {"Labels": {"a": "x".repeat(LARGEST_MANIFEST)}}}).to_string();
    manifest["config"] = json(&layout.builder.blob(CONFIG, config));
    layout.list(&manifest);
    refused(&layout.name(), "more than the 4194304 that are read");

    // Nested deeper than any document is.
    let mut layout = Layout::new();
    let nest = [b"[".repeat(1 << 20), b"]".repeat(1 << 20)].concat();
    let descriptor = layout.builder.blob(MANIFEST, nest);
    layout.builder.list(&descriptor, Some("t"));
    refused(&layout.name(), "recursion limit");
}

fn index(layout: &Layout, children: &[Descriptor]) -> Descriptor {
    let children: Vec<_> = children.iter().map(json).collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children});
    layout.builder.blob(INDEX, index.to_string())
}

#[test]
fn nests_of_indexes_end() {
    let mut layout = Layout::new();
    let mut inner = layout.builder.image("amd64", &[tar(&[("a", b"b")])]);
    for _ in 0..6 {
        inner = index(&layout, &[inner]);
    }
    layout.builder.list(&inner, Some("t"));
    refused(&layout.name(), "more than 4 deep");
}

#[test]
fn an_index_that_spreads_out_is_left() {
    // 50 indexes of 50 images each: neither is many by itself.
    let mut layout = Layout::new();
    let indexes: Vec<_> = (0..50)
        .map(|number| {
            let images: Vec<_> = (0..50)
                .map(|image| {
                    let mut manifest = layout.manifest(&[]);
                    manifest["annotations"] = json!({"number": format!("{number}-{image}")});
                    layout.builder.blob(MANIFEST, manifest.to_string())
                })
                .collect();
            index(&layout, &images)
        })
        .collect();
    let root = index(&layout, &indexes);
    layout.builder.list(&root, Some("t"));
    refused(&layout.name(), "more than 2000 manifests");
}

#[test]
fn an_index_of_large_manifests_is_left() {
    // 17 manifests of nearly 4 MiB: together more than 64 MiB.
    let mut layout = Layout::new();
    let images: Vec<_> = (0..17)
        .map(|number| {
            let mut manifest = layout.manifest(&[]);
            manifest["annotations"] = json!({"padding": format!("{number}{}", "x".repeat(LARGEST_MANIFEST - 1000))});
            layout.builder.blob(MANIFEST, manifest.to_string())
        })
        .collect();
    let root = index(&layout, &images);
    layout.builder.list(&root, Some("t"));
    refused(&layout.name(), "or 64 MiB of them");
}

#[test]
fn an_index_of_a_thousand_is_read_and_of_one_more_is_not() {
    let mut layout = Layout::new();
    let image = layout.builder.image("amd64", &[tar(&[("a", b"b")])]);
    for (children, tag) in [(MAX_CHILDREN, "t"), (MAX_CHILDREN + 1, "u")] {
        let root = index(&layout, &vec![image.clone(); children]);
        layout.builder.list(&root, Some(tag));
    }
    let Run { code, stdout } = run(&["scan", &layout.name(), "--report", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    // All of them are one and the same.
    assert_eq!((code, report["summary"]["targets"].as_u64()), (Some(0), Some(1)));
    refused(&layout.name().replace(":t", ":u"), "more than the 1000");
}

/// A registry whose tag is an index of as many children as this, all of them one and the same, answered by `child` from the index and the image.
fn repeating(children: usize, child: impl Fn(&[u8], &[u8]) -> Vec<u8> + Send + Sync + 'static) -> Server {
    let layout = Layout::new();
    let image = layout.builder.image("amd64", &[tar(&[("a", b"b")])]);
    let root = index(&layout, &vec![image.clone(); children]);
    let blob = move |digest: &str| {
        let hex = digest.trim_start_matches("sha256:");
        fs::read(layout.folder.path().join("blobs/sha256").join(hex)).unwrap_or_default()
    };
    Server::start(move |request| {
        let index = blob(&root.digest.to_string());
        match request.target.rsplit('/').next().unwrap() {
            "1" => Answer::new(200, index).header("Content-Type", INDEX),
            name if name == image.digest.to_string() => {
                Answer::new(200, child(&index, &blob(name))).header("Content-Type", MANIFEST)
            }
            name => Answer::new(200, blob(name)),
        }
    })
}

#[test]
fn a_child_that_is_named_often_is_asked_for_once() {
    let server = repeating(1000, |_, image| image.to_vec());
    assert_eq!(run(&["scan", &format!("{}/app:1", server.host())]).code, Some(0));
    assert_eq!(server.count("/manifests/sha256:"), 1);
}

#[test]
fn an_index_that_says_it_is_its_own_child_is_not_believed() {
    let server = repeating(1, |index, _| index.to_vec());
    refused(&format!("{}/app:1", server.host()), "bytes came");
    assert_eq!(server.count("/manifests/"), 2);
}

#[test]
fn a_body_without_end_is_left() {
    let layout = Layout::new();
    let manifest = layout.manifest(&[(layout.builder.blob(GZIP, gzip(b"x")), Digest::of("x"))]);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    let server = Server::start(move |request| match request.target.rsplit('/').next().unwrap() {
        "1" => Answer::new(200, manifest.to_string()).header("Content-Type", MANIFEST),
        name if name == layer => Answer::endless(),
        name => {
            let hex = name.trim_start_matches("sha256:");
            Answer::new(200, fs::read(layout.folder.path().join("blobs/sha256").join(hex)).unwrap_or_default())
        }
    });
    refused(&format!("{}/app:1", server.host()), "more than the");
}

// --- words

#[test]
fn what_strangers_write_does_not_reach_the_terminal_as_it_is() {
    const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{202e}\u{9b}31m";
    let mut layout = Layout::new();
    let archive = {
        let release = format!("ID=amzn\nVERSION_ID=\"{EVIL}\"\n");
        let mut archive = tar(&[("etc/os-release", release.as_bytes())]);
        archive.truncate(archive.len() - 1024);
        let bundle: &[u8] = include_bytes!("../testdata/bundles/global-2025-08.pem");
        archive.extend(tar(&[(&format!("srv/{EVIL}.pem"), bundle)]));
        archive
    };
    let layer = layout.builder.blob(GZIP, gzip(&archive));
    let mut manifest = layout.manifest(&[(layer, Digest::of(&archive))]);
    let config = json!({
        "architecture": EVIL, "os": "linux",
        "config": {
            "User": EVIL, "Labels": {EVIL: EVIL},
            "Env": [format!("SSL_CERT_FILE=/{EVIL}"), format!("AWS_CA_BUNDLE=${EVIL}")],
        },
        "history": [{"created_by": EVIL}], "rootfs": {"diff_ids": [Digest::of(&archive).to_string()]},
    });
    manifest["config"] = json(&layout.builder.blob(CONFIG, config.to_string()));
    layout.list(&manifest);
    let report = run(&["scan", &layout.name(), "--color", "never"]).stdout;
    assert!(
        report.contains("owned") && report.contains("SSL_CERT_FILE") && report.contains("AWS_CA_BUNDLE"),
        "{report}"
    );
    let unsafe_ones: Vec<_> = report
        .chars()
        .filter(|character| character.is_control() && *character != '\n' || *character == '\u{202e}')
        .collect();
    assert!(unsafe_ones.is_empty(), "{unsafe_ones:?} in {report:?}");

    // An index may name a platform as it likes, and a registry may say what it likes.
    let server = Server::start(|_| Answer::new(404, json!({"errors": [{"code": EVIL, "message": EVIL}]}).to_string()));
    let report = run(&["scan", &format!("{}/app:1", server.host()), "--color", "never"]).stdout;
    assert!(report.contains("owned"), "{report}");
    assert!(!report.chars().any(|character| character.is_control() && character != '\n'), "{report:?}");
}
