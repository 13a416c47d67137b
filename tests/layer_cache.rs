//! The cache of layer facts, against a registry that counts: what was read once is not moved again, and is never believed
//! where it is not what was written.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::layout;
use fixture::recipe::Recipe;
use fixture::server::{Answer, Server};
use serde_json::Value;

/// An image with a bundle, in a registry.
struct Stage {
    folder: tempfile::TempDir,
    server: Server,
}

impl Stage {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let file = folder.path().join("a.recipe");
        let recipe = format!(
            "include {0}/images/amazon-linux-2023.recipe\nlayer zstd COPY bundle\n\
             file /etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem\n< {0}/bundles/global-2023-03.pem\n{more}",
            data.display()
        );
        fs::write(&file, recipe).unwrap();
        let image = folder.path().join("image");
        layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
        let server = serve(&image);
        Self { folder, server }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Scans the image and gives the report, without what tells how much was read, and the number of requests for blobs.
    fn scan(&self, options: &[&str]) -> (Value, usize) {
        let before = self.server.count("/blobs/");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
        command.args(["scan", &format!("{}/team/app:1", self.server.host()), "--no-config", "--report", "json"]);
        command.args(["--at", "2026-11-24"]).args(options).env("XDG_CACHE_HOME", self.folder.path().join("xdg"));
        let done = command.env_remove("RDSCA_NO_CACHE").env_remove("RDSCA_CACHE_DIR").output().unwrap();
        let mut report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["notScanned"], serde_json::json!([]));
        report["targets"][0]["bytes"].take();
        (report, self.server.count("/blobs/") - before)
    }

    fn cached(&self, options: &[&str]) -> (Value, usize) {
        let cache = self.cache();
        self.scan(&[&["--cache-dir", cache.to_str().unwrap()], options].concat())
    }
}

/// Serves the blobs of a layout as a registry does.
fn serve(image: &Path) -> Server {
    let image = image.to_owned();
    Server::start(move |request| {
        let blob = |hex: &str| fs::read(image.join("blobs/sha256").join(hex)).unwrap();
        let index: Value = serde_json::from_slice(&fs::read(image.join("index.json")).unwrap()).unwrap();
        let root = &index["manifests"][0];
        match request.target.rsplit_once('/').unwrap() {
            (path, "1") if path.ends_with("/manifests") => {
                let (_, hex) = root["digest"].as_str().unwrap().split_once(':').unwrap();
                Answer::new(200, blob(hex)).header("Content-Type", root["mediaType"].as_str().unwrap())
            }
            (_, name) => match name.split_once("sha256:") {
                Some((_, hex)) => Answer::new(200, blob(hex)),
                None => Answer::new(200, ""),
            },
        }
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

#[test]
fn a_second_scan_moves_manifest_and_config_alone() {
    let stage = Stage::new("");
    let (first, blobs) = stage.cached(&[]);
    assert_eq!(blobs, 3, "the config and two layers");
    let (second, blobs) = stage.cached(&[]);
    assert_eq!(blobs, 1, "the config");
    assert_eq!(first, second);
    assert!(first["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "image-bundle-outdated"));
    assert_eq!(files(&stage.cache()).len(), 2);
}

#[test]
fn what_is_judged_anew_is_not_read_anew() {
    let stage = Stage::new("");
    stage.cached(&[]);
    let (report, blobs) = stage.cached(&["--rds-regions", "mx-central-1"]);
    assert_eq!(blobs, 1);
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["level"] == "error"));
}

#[test]
fn without_a_cache_all_is_moved_and_nothing_is_kept() {
    let stage = Stage::new("");
    for _ in 0..2 {
        assert_eq!(stage.scan(&["--no-cache"]).1, 3);
    }
    assert!(files(&stage.folder.path().join("xdg")).is_empty());
}

#[test]
fn the_usual_folder_is_that_of_the_user() {
    let stage = Stage::new("");
    assert_eq!([stage.scan(&[]).1, stage.scan(&[]).1], [3, 1]);
    if cfg!(not(windows)) {
        assert_eq!(files(&stage.folder.path().join("xdg/rdsca/layers")).len(), 2);
    }
}

#[test]
fn what_is_broken_is_read_again() {
    let stage = Stage::new("");
    let (first, _) = stage.cached(&[]);
    let whole: Vec<_> = files(&stage.cache()).into_iter().map(|file| (fs::read(&file).unwrap(), file)).collect();
    for (bytes, file) in &whole {
        let mut spoilt = bytes.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        fs::write(file, spoilt).unwrap();
    }
    assert_eq!(stage.cached(&[]), (first.clone(), 3));
    assert!(whole.iter().all(|(bytes, file)| fs::read(file).unwrap() == *bytes), "they were written again");
    // Files that are whole, but change places.
    fs::rename(&whole[0].1, stage.folder.path().join("aside")).unwrap();
    fs::rename(&whole[1].1, &whole[0].1).unwrap();
    fs::rename(stage.folder.path().join("aside"), &whole[1].1).unwrap();
    assert_eq!(stage.cached(&[]), (first, 3));
}

#[test]
fn facts_of_other_paths_do_not_stand_in() {
    let stage = Stage::new("");
    stage.cached(&[]);
    let other = ["--bundle-path", "/opt/rds.pem"];
    let (fresh, _) = stage.scan(&[&other[..], &["--no-cache"]].concat());
    assert_eq!(stage.cached(&other), (fresh.clone(), 3));
    assert_eq!(stage.cached(&other), (fresh, 1));
}

#[test]
fn a_path_that_a_variable_names_is_looked_at_in_the_first_reading() {
    let stage = Stage::new("env SSL_CERT_FILE=/opt/app/ca.pem\n");
    let (report, blobs) = stage.cached(&[]);
    assert_eq!(blobs, 3);
    assert!(report["findings"].as_array().unwrap().iter().any(|it| it["rule"] == "image-ca-variable-dangling"));
    assert_eq!(stage.cached(&[]), (report, 1));
}

#[test]
fn several_processes_share_a_cache() {
    let stage = Stage::new("");
    let (expected, _) = stage.scan(&["--no-cache"]);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| stage.cached(&[]).0)).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), expected);
        }
    });
    assert_eq!(files(&stage.cache()).len(), 2, "two layers, and nothing unfinished");
}

#[test]
fn a_cache_that_cannot_be_made_is_said_where_it_was_asked_for() {
    let stage = Stage::new("");
    let file = stage.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
    let done = command.args(["scan", "oci:nowhere", "--cache-dir", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("cannot make the cache"), "{done:?}");
}
