//! What cannot be checked gives one clear message and exit code 2 or 3: never a pass, and never "missing".

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::Path;
use std::process::Output;

use fixture::layout_builder::{LAYER, LayoutBuilder, MANIFEST, json, tar};
use fixture::program;
use fixture::server::{Answer, Server};
use rdsca::digest::Digest;
use rdsca::oci::manifest::Descriptor;
use serde_json::{Value, json};

fn rdsca(arguments: &[&str]) -> Output {
    let environment = [("DOCKER_CONFIG", "/nonexistent"), ("RDSCA_NO_CACHE", "true")];
    program::rdsca(Path::new(env!("CARGO_MANIFEST_DIR")), &[arguments, &["--no-config"]].concat(), &environment)
}

/// Runs and wants exit code 3, one thing that was not scanned, its reason, and no finding.
fn not_scanned(command: &str, target: &str, reason: &str) {
    let done = rdsca(&[command, target, "--report", "json"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(3), "{target}: {report}");
    assert_eq!(report["findings"], json!([]), "{target}");
    assert_eq!(
        (report["complete"].as_bool(), report["targets"].as_array().unwrap().len()),
        (Some(false), 0),
        "{target}"
    );
    let missed = report["notScanned"].as_array().unwrap();
    assert_eq!(missed.len(), 1, "{target}: {report}");
    let got = missed[0]["reason"].as_str().unwrap();
    assert!(got.contains(reason), "{target}: {got:?} does not say {reason:?}");
    assert!(!got.contains("missing"), "{got}");
    // The same for people, on one line.
    let text = String::from_utf8(rdsca(&[command, target]).stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("not scanned  ")).count(), 1, "{text}");
}

#[test]
fn programs_that_can_not_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    not_scanned("check", folder.path().join("nothing.py").to_str().unwrap(), "no such file or folder");
    not_scanned("check", &write("app.py", b"import psycopg2 # \xff\xfe\n"), "not text in UTF-8");
    not_scanned("check", &write("large.js", &vec![b' '; 5 << 20]), "larger than 4 MiB");
    // What is found below a folder may be anything, and is no reason to fail.
    let done = rdsca(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn a_program_that_connects_to_nothing_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.py");
    fs::write(&path, "print('hello')\n").unwrap();
    let done = rdsca(&["check", path.to_str().unwrap()]);
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.contains("nothing wrong in 1 file that connects to nothing;"), "{text}");
}

/// The folders above the one that is checked may be called anything.
#[test]
fn a_folder_of_tests_is_one_below_what_is_checked() {
    let text = "import psycopg2\npsycopg2.connect(host='a.b.eu-west-1.rds.amazonaws.com', sslmode='require')\n";
    let [program, test] = ["tests/checkout/app/main.py", "tests/checkout/app/tests/main.py"];
    let folder = program::folder(&[(program, text), (test, text)]);
    let levels = |target: &str| {
        let done = rdsca(&["check", target, "--report", "json"]);
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(levels(folder.path().join("tests/checkout").to_str().unwrap()), ["error", "note"]);
    assert_eq!(levels(folder.path().join(program).to_str().unwrap()), ["error"]);
}

#[test]
fn dockerfiles_that_can_not_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    not_scanned("check", folder.path().join("nothing").to_str().unwrap(), "no such file or folder");
    not_scanned("check", &write("Dockerfile", b""), "no instruction");
    not_scanned("check", &write("Dockerfile.binary", b"FROM a\0\x01\xff"), "not text");
    not_scanned("check", &write("Dockerfile.words", b"FROM a\nFETCH b\n"), "line 2: unknown instruction");
    not_scanned("check", &write("Dockerfile.open", b"FROM a\nRUN <<EOF\nx\n"), "unterminated heredoc");

    let empty = folder.path().join("empty");
    fs::create_dir_all(empty.join("Dockerfile")).unwrap();
    for folder in [&empty, &empty.join("Dockerfile")] {
        let done = rdsca(&["check", folder.to_str().unwrap()]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains("there is no Dockerfile in"), "{said}");
    }
}

#[test]
fn one_that_can_not_be_checked_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM amazonlinux:2023\n").unwrap();
    fs::write(folder.path().join("Dockerfile.broken"), "FROM a\nFETCH b\n").unwrap();
    let done = rdsca(&["check", folder.path().to_str().unwrap(), "--report", "json"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(done.status.code(), Some(1), "findings count for more than what was not scanned");
    assert_eq!((report["summary"]["findings"].as_u64(), report["summary"]["notScanned"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn inputs_that_are_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("binary.tar"), [0x7f, b'E', b'L', b'F', 0, 1, 2, 3]).unwrap();
    fs::write(path("empty.tar"), "").unwrap();
    fs::create_dir(path("folder")).unwrap();
    not_scanned("scan", &path("gone.tar"), "no such file");
    not_scanned("scan", &format!("oci:{}", path("gone")), "no such");
    not_scanned("scan", &path("binary.tar"), "is not a tar archive");
    not_scanned("scan", &path("empty.tar"), "empty");
    not_scanned("scan", &path("folder"), "not an OCI layout");
    not_scanned("scan", "docker-daemon:x:1", "docker save");
    let done = rdsca(&["scan"]);
    assert_eq!(done.status.code(), Some(2));
}

/// A layout whose one layer is announced as `layer` and stored as `stored`.
fn layout(folder: &Path, layer: &[u8], stored: &[u8]) -> String {
    let mut layout = LayoutBuilder::new(folder);
    let image = layout.image("amd64", &[layer]);
    layout.list(&image, Some("t"));
    fs::write(folder.join("blobs/sha256").join(Digest::of(layer).hex()), stored).unwrap();
    format!("oci:{}:t", folder.display())
}

#[test]
fn layers_that_are_not_what_they_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let layer = tar(&[("etc/os-release", b"ID=amzn\nVERSION_ID=2023\n")]);
    let mut other = layer.clone();
    other[600] ^= 1;
    not_scanned("scan", &layout(&folder.path().join("digest"), &layer, &other), "digest");
    not_scanned(
        "scan",
        &layout(&folder.path().join("short"), &layer, &layer[..700]),
        "cut off after 700 of 2048 bytes",
    );
    not_scanned(
        "scan",
        &layout(&folder.path().join("long"), &layer, &[&layer[..], b"more"].concat()),
        "more than the 2048 bytes",
    );
    // The bytes are those that were announced, and end in the middle of a file.
    not_scanned(
        "scan",
        &layout(&folder.path().join("cut"), &layer[..520], &layer[..520]),
        "ends at byte 520, inside an entry",
    );
}

#[test]
fn a_manifest_with_a_key_twice_is_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let mut layout = LayoutBuilder::new(folder.path());
    let image = layout.image("amd64", &[tar(&[("a", b"b")])]);
    let manifest = fs::read_to_string(folder.path().join("blobs/sha256").join(image.digest.hex())).unwrap();
    let twice = manifest.replacen('{', "{\"Layers\": [],", 1);
    let image = layout.blob(MANIFEST, twice);
    layout.list(&image, Some("twice"));
    not_scanned("scan", &format!("oci:{}:twice", folder.path().display()), "twice");
}

/// A registry with one image, whose layer is answered by `layer`.
fn registry(layer: impl Fn(&[u8]) -> Answer + Send + Sync + 'static) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let bytes = tar(&[("etc/os-release", &[b'#'; 200_000])]);
    let layout = LayoutBuilder::new(folder.path());
    let image: Descriptor = layout.image("amd64", &[&bytes]);
    assert_eq!(json(&layout.blob(LAYER, &bytes))["digest"], Digest::of(&bytes).to_string());
    Server::start(move |request| {
        let name = request.target.rsplit('/').next().unwrap_or_default();
        if request.target == "/v2/" {
            return Answer::new(200, "{}");
        }
        if name == "1" {
            let manifest = fs::read(folder.path().join("blobs/sha256").join(image.digest.hex())).unwrap();
            return Answer::new(200, manifest).header("Content-Type", MANIFEST);
        }
        if name == Digest::of(&bytes).to_string() {
            return layer(&bytes[request.from()..]);
        }
        match fs::read(folder.path().join("blobs/sha256").join(name.trim_start_matches("sha256:"))) {
            Ok(blob) => Answer::new(200, blob),
            Err(_) => Answer::new(404, "{}"),
        }
    })
}

#[test]
fn registries_that_fail() {
    let refusing = Server::start(|_| Answer::challenge("Basic realm=\"here\""));
    not_scanned("scan", &format!("{}/app:1", refusing.host()), "docker login");
    let without =
        Server::start(|request| if request.target == "/v2/" { Answer::new(200, "{}") } else { Answer::new(404, "{}") });
    not_scanned("scan", &format!("{}/app:1", without.host()), "are name and tag right?");
    let wrong = registry(|bytes| Answer::new(200, vec![0; bytes.len()]));
    not_scanned("scan", &format!("{}/app:1", wrong.host()), "digest");
    // A connection that is cut, and cut again however often it is taken up, where the rest is asked for.
    let cut = registry(|bytes| Answer::new(200, &bytes[..0]).announcing(bytes.len()));
    not_scanned("scan", &format!("{}/app:1", cut.host()), "broke");
    let good = registry(|bytes| Answer::new(200, bytes));
    let done = rdsca(&["scan", &format!("{}/app:1", good.host())]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    // Nobody listens there.
    not_scanned("scan", "127.0.0.1:1/app:1", "127.0.0.1:1");
}

#[test]
fn usage_errors_name_what_is_known() {
    for (arguments, said) in [
        (&["check", "--report", "xml", "."][..], "there are text"),
        (&["check", "--report", "text", "--report", "json", "."], "only one report can go to stdout"),
        (&["check", "--at", "tomorrow", "."], "YYYY-MM-DD"),
        (&["check", "--bundle", "/nonexistent.pem", "."], "/nonexistent.pem"),
        (&["explain", "bundle"], "did you mean"),
        (&["explain", "no-such-rule"], "rdsca rules"),
        (&["frobnicate"], "unrecognized subcommand"),
    ] {
        let done = program::rdsca(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, &[]);
        let text = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
        assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    }
}
