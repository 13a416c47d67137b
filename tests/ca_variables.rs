//! Variables that name certificates, where an image cannot be read twice: a stream goes by before its environment is known.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use fixture::layout;
use fixture::recipe::Recipe;
use serde_json::Value;

/// Scans the image of a recipe as a stream on stdin.
fn scan_stream(recipe: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.recipe");
    let included = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/images/amazon-linux-2023.recipe");
    fs::write(&file, format!("include {}\n{recipe}", included.display())).unwrap();
    let image = folder.path().join("image");
    layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
    let archive = folder.path().join("image.tar");
    let mut builder = tar::Builder::new(File::create(&archive).unwrap());
    builder.append_dir_all(".", &image).unwrap();
    builder.finish().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
    command.args(["scan", "-", "--report", "json", "--no-config", "--no-cache", "--at", "2026-11-24"]);
    let done = command.stdin(File::open(&archive).unwrap()).stderr(Stdio::inherit()).output().unwrap();
    serde_json::from_slice(&done.stdout).unwrap()
}

fn of_the_rule(report: &Value) -> Vec<(String, String)> {
    assert_eq!(report["notScanned"], serde_json::json!([]));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == "image-ca-variable-dangling")
        .map(|finding| (text(&finding["kind"]), text(&finding["location"]["path"])))
        .collect()
}

#[test]
fn what_a_stream_did_not_show_is_open_and_the_rest_is_scanned() {
    let report = scan_stream(
        "layer gzip COPY ca.pem /opt/app/ca.pem\nfile /opt/app/ca.pem\n| a\nenv SSL_CERT_FILE=/opt/app/ca.pem\n",
    );
    assert_eq!(of_the_rule(&report), [("open".to_owned(), "/opt/app/ca.pem".to_owned())]);
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "image-bundle-missing"));
}

#[test]
fn what_no_layer_of_a_stream_can_have_is_known_to_be_missing() {
    let report = scan_stream("layer gzip RUN true\nfile /opt/x\n| a\nenv SSL_CERT_FILE=/data/ca.pem\n");
    assert_eq!(of_the_rule(&report), [("fail".to_owned(), "/data/ca.pem".to_owned())]);
}
