//! Layers that are not needed are not pulled, and the answer is the one that all layers give: random stacks, and a registry that
//! counts what is asked of it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;
mod stack;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use fixture::layout;
use fixture::recipe::Recipe;
use fixture::server::{Answer, Server};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use rdsca::image::PathFacts;
use serde_json::Value;
use stack::{Blob, facts, facts_of_fewest, layer};

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "f"])
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 1..4).prop_map(|names| names.join("/"))
}

/// An entry that a build would hardly make.
fn wild() -> impl Strategy<Value = String> {
    let target =
        (prop::sample::select(vec!["", "/", "../"]), path()).prop_map(|(start, path)| format!("{start}{path}"));
    prop_oneof![
        (path(), prop::sample::select(vec!["A", "B"])).prop_map(|(path, text)| format!("{path}={text}")),
        path().prop_map(|path| format!("0700 {path}/")),
        (path(), target).prop_map(|(path, target)| format!("{path}->{target}")),
        (path(), path()).prop_map(|(path, target)| format!("{path}=>{target}")),
        (path(), name()).prop_map(|(path, name)| format!("{path}/.wh.{name}")),
        path().prop_map(|path| format!("{path}/.wh..wh..opq")),
    ]
}

/// A layer as builds make them: files, with every directory above them named first.
fn tame() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(path(), 1..3).prop_map(|files| {
        let mut named = BTreeSet::new();
        let mut entries = Vec::new();
        for file in files {
            for (end, _) in file.match_indices('/') {
                if named.insert(file[..end].to_owned()) {
                    entries.push(format!("{}/", &file[..end]));
                }
            }
            entries.push(format!("{file}=T"));
        }
        entries
    })
}

fn layers() -> impl Strategy<Value = Vec<Vec<String>>> {
    let any = prop_oneof![2 => tame(), 1 => prop::collection::vec(wild(), 1..4)];
    (prop::collection::vec(any, 1..4), tame(), prop::collection::vec(wild(), 0..2)).prop_map(
        |(mut layers, top, more)| {
            layers.push([top, more].concat());
            layers
        },
    )
}

fn said(path: &PathFacts) -> String {
    format!("{:?} {:?} {}", path.overlay, path.applied, path.runtime_dependent)
}

#[test]
fn the_topmost_layers_say_what_all_say() {
    let config = Config { failure_persistence: None, cases: 3000, rng_seed: RngSeed::Fixed(4), ..Config::default() };
    let settled = std::cell::Cell::new(0);
    let checked = TestRunner::new(config).run(&(layers(), path()), |(layers, path)| {
        let blobs: Vec<Blob> = layers.iter().map(|entries| layer(entries)).collect();
        let path = format!("/{path}");
        if let Some((fewest, needed)) = facts_of_fewest(&blobs, "", &[&path]) {
            settled.set(settled.get() + 1);
            let all = facts(&blobs, "", &[&path]).map_err(TestCaseError::fail)?;
            prop_assert_eq!(said(&fewest.paths[0]), said(&all.paths[0]), "{} of {:?}", needed, layers);
        }
        Ok(())
    });
    checked.unwrap();
    assert!(settled.get() > 200, "only {} stacks were settled from above", settled.get());
}

#[test]
fn whoever_runs_it_must_be_known_to_read_it() {
    let blobs = [layer(&["0700 opt/", "opt/old"]), layer(&["opt/", "opt/rds.pem"])];
    assert_eq!(facts_of_fewest(&blobs, "", &["/opt/rds.pem"]).unwrap().1, 1);
    assert!(facts_of_fewest(&blobs, "1000", &["/opt/rds.pem"]).is_none());
}

#[test]
fn what_may_go_through_a_link_below_or_hide_one_is_not_settled() {
    let settles = |top: &[&str], path: &str| {
        let blobs = [layer(&["srv/"]), layer(top)];
        facts_of_fewest(&blobs, "", &[path]).is_some()
    };
    assert!(settles(&["opt/", "opt/rds/", "opt/rds/a.pem"], "/opt/rds/a.pem"));
    for (top, path) in [
        (&["opt/rds/a.pem"][..], "/opt/rds/a.pem"),
        (&["opt/rds/", "opt/rds/a.pem"], "/opt/rds/a.pem"),
        (&["opt/", "opt/a.pem", "srv/x"], "/opt/a.pem"),
        (&["opt/", "opt/a.pem", "srv/.wh.x"], "/opt/a.pem"),
        (&["opt/", "opt/a.pem->b.pem", "opt/b.pem"], "/opt/a.pem"),
        (&["opt/", "opt/b.pem", "opt/a.pem=>opt/b.pem"], "/opt/a.pem"),
        (&["opt/", "opt/a.pem", "opt/.wh..wh..opq"], "/opt/a.pem"),
        (&["opt/", "opt/a.pem", "opt/a.pem"], "/opt/a.pem"),
        (&["opt/", "opt/a.pem"], "/opt"),
        (&["opt/", "opt/a.pem"], "/opt/b.pem"),
        (&["etc/", "etc/ssl/", "etc/ssl/certs/", "etc/ssl/certs/a.pem"], "/etc/ssl/certs/a.pem"),
    ] {
        assert!(!settles(top, path), "{top:?}");
    }
}

/// An image with a base that is cut, in a registry that counts.
struct Stage {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(top: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let file = folder.path().join("a.recipe");
        let bundle = data.join("bundles/global-2025-08.pem");
        let recipe = format!(
            "layer gzip FROM base\ndir /etc\nfile /etc/os-release\n| ID=amzn\n{}layer gzip COPY\n{top}< {}\n",
            // Larger than what is read before anything else is known.
            "noise /usr 1 12000000 1\n",
            bundle.display()
        );
        fs::write(&file, recipe).unwrap();
        let image = folder.path().join("image");
        layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
        let server = serve(&image);
        Self { server, _folder: folder }
    }

    /// The exit code, the report, and how many blobs were asked for.
    fn scan(&self, options: &[&str]) -> (Option<i32>, Value, usize) {
        let before = self.server.count("/blobs/");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
        command.args(["scan", &format!("{}/team/app:1", self.server.host()), "--no-config", "--no-cache"]);
        command.args(["--report", "json", "--at", "2025-09-01", "--bundle-path", "/opt/rds/a.pem"]);
        command.args(["--no-clients"]).args(options);
        let done = command.env_remove("RDSCA_READ_ALL").env_remove("RDSCA_CACHE_DIR").output().unwrap();
        (done.status.code(), serde_json::from_slice(&done.stdout).unwrap(), self.server.count("/blobs/") - before)
    }
}

/// Serves a layout as a registry does, but cuts the lowest layer.
fn serve(image: &Path) -> Server {
    let image = image.to_owned();
    Server::start(move |request| {
        let blob = |hex: &str| fs::read(image.join("blobs/sha256").join(hex)).unwrap();
        let json = |hex: &str| serde_json::from_slice::<Value>(&blob(hex)).unwrap();
        let hex = |value: &Value| value["digest"].as_str().unwrap().split_once(':').unwrap().1.to_owned();
        let index: Value = serde_json::from_slice(&fs::read(image.join("index.json")).unwrap()).unwrap();
        let root = &index["manifests"][0];
        let base = hex(&json(&hex(root))["layers"][0]);
        match request.target.rsplit_once('/').unwrap() {
            (path, "1") if path.ends_with("/manifests") => {
                Answer::new(200, blob(&hex(root))).header("Content-Type", root["mediaType"].as_str().unwrap())
            }
            (_, name) => match name.split_once("sha256:") {
                // Of the right size, but other bytes.
                Some((_, hex)) if hex == base => Answer::new(200, vec![0; blob(hex).len()]),
                Some((_, hex)) => Answer::new(200, blob(hex)),
                None => Answer::new(200, ""),
            },
        }
    })
}

#[test]
fn a_spoilt_layer_below_is_not_pulled_where_it_does_not_matter_and_that_is_said() {
    let stage = Stage::new("dir /opt\ndir /opt/rds\nfile /opt/rds/a.pem\n");
    let (code, report, blobs) = stage.scan(&[]);
    assert_eq!(blobs, 2, "the config and the layer on top");
    let target = &report["targets"][0];
    assert_eq!(target["bundle"]["state"], "present");
    assert_eq!(target["layers"], serde_json::json!({ "total": 2, "notLookedAt": 1 }));
    assert!(target["bytes"]["read"].as_u64().unwrap() < target["bytes"]["compressed"].as_u64().unwrap() / 10);
    assert_eq!(target["os"], Value::Null, "nothing is said of what was not read");
    assert_eq!((code, &report["notScanned"]), (Some(0), &serde_json::json!([])));

    let (code, report, _) = stage.scan(&["--read-all"]);
    assert_eq!(code, Some(3), "all layers are wanted, and one cannot be read");
    assert!(report["notScanned"][0]["reason"].as_str().unwrap().contains("layer 1 of 2"));
}

#[test]
fn a_spoilt_layer_below_is_pulled_where_it_matters() {
    let stage = Stage::new("file /opt/rds/a.pem\n");
    let (code, report, blobs) = stage.scan(&[]);
    assert_eq!((code, report["targets"].as_array().unwrap().len()), (Some(3), 0));
    assert!(blobs >= 3);
}
