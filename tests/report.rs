//! The JSON report against its published schema, and the two formats against each other.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fixture::layout;
use fixture::layout_builder::{INDEX, LayoutBuilder, MANIFEST, json, tar};
use fixture::program;
use fixture::recipe::Recipe;
use fixture::schema::Validator;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rdsca(arguments: &[&str]) -> Output {
    let always = ["--no-config", "--at", "2026-11-24"];
    program::rdsca(&root(), &[arguments, &always].concat(), &[("RDSCA_NO_CACHE", "true")])
}

/// A report that was saved, once more.
fn rdsca_report(saved: &Path, format: &str) -> Output {
    program::rdsca(&root(), &["report", saved.to_str().unwrap(), "--report", format], &[])
}

/// The sample image of the demo, as an input.
fn image(folder: &Path) -> String {
    let recipe = Recipe::read(&root().join("testdata/images/demo.recipe")).unwrap();
    layout::write(&[recipe], &folder.join("image")).unwrap();
    format!("oci:{}", folder.join("image").display())
}

#[test]
fn reports_are_what_the_schema_says() {
    let Some(validator) = Validator::find() else { return };
    let images = tempfile::tempdir().unwrap();
    let validate = |report: &[u8]| validator.complaints("report.schema.json", report);
    let scanned = image(images.path());
    for arguments in [
        &["check", "testdata/demo", "--report", "json"][..],
        &["check", "testdata/rules", "--report", "json"],
        &["check", "/nonexistent", "--report", "json"],
        &[
            "scan",
            &scanned,
            "/nonexistent.tar",
            "--report",
            "json",
            "--bundle-path",
            "/etc/ssl/certs/rds-ca.pem",
            "--bundle-path",
            "/gone",
        ],
    ] {
        assert_eq!(validate(&rdsca(arguments).stdout), "", "{arguments:?}");
    }
    assert_ne!(validate(b"{\"schema\": \"rdsca.report/1\"}"), "", "the validator validates");
}

/// An index of an image with what stands beside images: each kind of saying that it is none, one of them twice.
fn with_artifacts(folder: &Path) -> String {
    let mut layout = LayoutBuilder::new(folder);
    let image = layout.image("amd64", &[tar(&[("etc/os-release", b"ID=alpine\n")])]);
    let artifact = |kind: &str| {
        let config = layout.blob(kind, kind);
        let manifest =
            serde_json::json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": json(&config), "layers": []});
        json(&layout.blob(MANIFEST, manifest.to_string()))
    };
    let mut attestation = artifact("application/vnd.example.a");
    attestation["platform"] = serde_json::json!({"os": "unknown", "architecture": "unknown"});
    attestation["annotations"] = serde_json::json!({"vnd.docker.reference.type": "attestation-manifest"});
    let mut sbom = artifact("application/vnd.example.b");
    sbom["artifactType"] = "application/spdx+json".into();
    let mut nameless = artifact("application/vnd.example.c");
    nameless["platform"] = serde_json::json!({"os": "unknown", "architecture": "unknown"});
    let by_itself = artifact("application/vnd.example.<b>\u{1b}[31m");
    let manifests = [json(&image), attestation, sbom.clone(), sbom, nameless, by_itself];
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let index = layout.blob(INDEX, index.to_string());
    layout.list(&index, Some("1"));
    let alone = serde_json::json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests[1..2]});
    let alone = layout.blob(INDEX, alone.to_string());
    layout.list(&alone, Some("alone"));
    format!("oci:{}", folder.display())
}

#[test]
fn artifacts_beside_images_are_counted_in_every_report_for_people_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let layout = with_artifacts(folder.path());
    let scan = |tag: &str, report: &str| rdsca(&["scan", &format!("{layout}:{tag}"), "--report", report]);
    let done = scan("1", "json");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["summary"]["targets"], &report["summary"]["artifacts"]), (&1.into(), &4.into()));
    let kinds: Vec<_> =
        report["artifacts"].as_array().unwrap().iter().map(|found| found["kind"].as_str().unwrap()).collect();
    let by_itself = "application/vnd.example.<b>\u{1b}[31m";
    assert_eq!(kinds, ["attestation-manifest", "application/spdx+json", "unknown/unknown", by_itself]);
    assert_eq!(report["artifacts"][0]["target"].as_str().unwrap(), format!("{layout}:1"));
    if let Some(validator) = Validator::find() {
        assert_eq!(validator.complaints("report.schema.json", &done.stdout), "");
    }

    let saved = folder.path().join("saved.json");
    fs::write(&saved, &done.stdout).unwrap();
    let sentence = "4 artifacts in an index are no images and were passed over (application/spdx+json, ";
    for format in ["text", "markdown", "html"] {
        for done in [scan("1", format), rdsca_report(&saved, format)] {
            let text = String::from_utf8(done.stdout).unwrap();
            assert!(text.contains(sentence), "{format}: {text}");
            assert!(!text.contains('\u{1b}'), "{format}: {text:?}");
            assert!(format == "text" || !text.contains("<b>\\u{1b}"), "{format}: {text}");
        }
    }

    let alone = scan("alone", "text");
    assert_eq!(alone.status.code(), Some(3));
    let text = String::from_utf8(alone.stdout).unwrap();
    assert!(text.contains("there is no image for any platform in it"), "{text}");
    assert!(text.contains("1 artifact in an index is no image and was passed over (attestation-manifest)"), "{text}");
}

#[test]
fn reports_that_were_saved_before_artifacts_were_counted_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let done = rdsca(&["scan", &image(folder.path()), "--report", "json"]);
    let mut report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report.as_object_mut().unwrap().remove("artifacts"), Some(serde_json::json!([])));
    let saved = folder.path().join("saved.json");
    fs::write(&saved, report.to_string()).unwrap();
    let text = String::from_utf8(rdsca_report(&saved, "text").stdout).unwrap();
    assert!(text.contains(" in 1 target; compared with "), "{text}");
    assert!(!text.contains("artifact"), "{text}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for format in rdsca::report::FORMATS {
        let run = || rdsca(&["check", "testdata/demo", "--report", format.name]).stdout;
        assert_eq!(run(), run(), "{}", format.name);
    }
}

#[test]
fn several_reports_come_from_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a report.json");
    let done = rdsca(&["check", "testdata/demo", "--report", "text", "--report", &format!("json={}", file.display())]);
    assert_eq!(done.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        assert!(text.contains(finding["message"].as_str().unwrap()), "{finding}");
        assert!(text.contains(&format!("[{}]", finding["rule"].as_str().unwrap())), "{finding}");
    }
    assert_eq!(report["summary"]["findings"].as_u64(), Some(8));
    assert!(text.contains(" in 6 Dockerfiles and 3 files that connect; compared with "), "{text}");
    assert!(!text.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn the_threshold_decides_about_the_exit_code_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let scanned = image(folder.path());
    let run = |level: &str, regions: &[&str]| {
        let mut arguments = vec![
            "scan",
            &scanned,
            "--fail-on",
            level,
            "--report",
            "json",
            "--bundle-path",
            "/etc/ssl/certs/rds-ca.pem",
        ];
        arguments.extend(regions);
        let done = rdsca(&arguments);
        (
            done.status.code(),
            serde_json::from_slice::<Value>(&done.stdout).unwrap()["findings"].as_array().unwrap().len(),
        )
    };
    assert_eq!(run("error", &[]), (Some(1), 2));
    assert_eq!(run("never", &[]), (Some(0), 2));
    assert_eq!(run("note", &["--rds-regions", "eu-west-1"]), (Some(1), 2));
}

#[test]
fn what_an_image_says_of_itself_cannot_act_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("hostile.recipe");
    let text = "user \u{1b}[2Jroot\nlayer gzip COPY \u{1b}]0;title\u{7} \u{202e}x\nfile /etc/os-release\n| ID=amzn\u{1b}[31m\n| VERSION_ID=2023\n";
    fs::write(&recipe, text).unwrap();
    layout::write(&[Recipe::read(&recipe).unwrap()], &folder.path().join("image")).unwrap();
    let done = rdsca(&["scan", &format!("oci:{}", folder.path().join("image").display()), "--color", "never"]);
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    assert!(text.contains("\\u{1b}"), "{text:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdsca"))
        .current_dir(root())
        .args(["explain", "bundle-never-fetched"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), done.stderr.len()), (Some(0), 0), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_list_of_rules_stands_in_columns() {
    let done = program::rdsca(&root(), &["rules"], &[]);
    let list = String::from_utf8(done.stdout).unwrap();
    let columns: std::collections::BTreeSet<_> = list
        .lines()
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().take(4).collect();
            words[1..].iter().map(|word| line.find(&format!("  {word}"))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(columns.len(), 1, "{list}");
    assert_eq!(list.lines().count(), rdsca::rules::ALL.len());
}
