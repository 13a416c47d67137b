//! `rdsca check` in repositories with compose and bake files: what is built, as what, and upon what.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use fixture::program;
use serde_json::Value;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/builds")
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    // Judged against a bundle whose bytes are here, so that a newer one changes no case.
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bundles/global-2025-08.pem");
    let always = ["--bundle", bundle, "--report", "json", "--no-config", "--at", "2026-11-24"];
    program::rdsca(folder, &[&["check"], arguments, &always].concat(), &[])
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("-")
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A report in the lines of an `expected` file.
fn told(output: &Output) -> String {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut lines = Vec::new();
    for (index, target) in list(&report, "targets").iter().enumerate() {
        let by: Vec<_> = list(target, "builtBy")
            .iter()
            .map(|by| {
                let names: Vec<_> = list(by, "names").iter().map(|name| name.as_str().unwrap()).collect();
                format!("{}: {}", text(by, "file"), names.join(", "))
            })
            .collect();
        let findings: Vec<_> = list(&report, "findings")
            .iter()
            .filter(|finding| finding["target"] == index)
            .map(|finding| format!("{} at {}", text(finding, "rule"), finding["location"]["startLine"]))
            .collect();
        lines.push(format!(
            "{}{} in {}: {}, {}{}",
            text(target, "name"),
            if by.is_empty() { String::new() } else { format!(" [{}]", by.join("; ")) },
            text(target, "context"),
            target["os"]["version"].as_str().unwrap_or("other"),
            text(&target["bundle"], "state"),
            if findings.is_empty() { String::new() } else { format!("; {}", findings.join(", ")) },
        ));
    }
    for missed in list(&report, "notScanned") {
        lines.push(format!("not scanned: {}: {}", text(missed, "target"), text(missed, "reason")));
    }
    lines.join("\n") + "\n"
}

#[test]
fn repositories_are_built_as_they_say() {
    let mut wrong = Vec::new();
    let mut folders: Vec<_> = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    assert!(folders.len() >= 8);
    for folder in folders {
        let expected = fs::read_to_string(folder.join("expected")).unwrap_or_default();
        let told = told(&check(&folder, &[]));
        if told != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- told\n{told}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder of cases as a repository of its own: with `.git`, so that its root is known.
fn repository(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    program::copy(&cases().join(name), folder.path());
    fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

#[test]
fn a_dockerfile_alone_is_built_as_in_its_repository() {
    let folder = repository("base-built-here");
    let root = folder.path();
    // As a pre-commit hook names it, from the root and from its own folder.
    let line = "api/Dockerfile [compose.yaml: api] in api: 2023, present\n";
    assert_eq!(told(&check(root, &["api/Dockerfile"])), line);
    assert_eq!(told(&check(root, &["./api"])), line);
    let own = "Dockerfile [../compose.yaml: api] in ../api: 2023, present\n";
    assert_eq!(told(&check(&root.join("api"), &[])), own);

    let folder = repository("context-above");
    let line = "docker/api/Dockerfile in .: 2, present\n";
    assert_eq!(told(&check(folder.path(), &["docker/api/Dockerfile"])), line);
    let own = told(&check(&folder.path().join("docker/api"), &[]));
    assert_eq!(own, "Dockerfile in ../..: 2, present\n");
}

#[test]
fn the_user_says_what_is_built() {
    let folder = cases().join("compose-several");
    let only = |arguments: &[&str]| told(&check(&folder, arguments));
    // With a context of the user's no compose file is asked.
    let line = "app/Dockerfile in .: 2, absent; bundle-never-fetched at 2\n";
    assert_eq!(only(&["-f", "app/Dockerfile", "--context", ".", "--build-arg", "BASE=amazonlinux:2"]), line);
    // A build argument of the user's goes before those of the file; then both builds are alike, and still two.
    let told = only(&["--build-arg", "BASE=debian:13"]);
    assert_eq!(told.matches("in app: other, absent\n").count(), 2, "{told}");
    assert!(only(&["compose.yaml"]).starts_with("app/Dockerfile [compose.yaml: new] in app: 2023"));

    let output = check(&folder, &["--context", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    let output = check(&folder, &["-f", "app/Dockerfile", "app"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn builds_of_one_dockerfile_are_told_apart() {
    let output = check(&cases().join("compose-several"), &["-v"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [one, other] = list(&report, "findings") else { panic!("{report}") };
    assert_ne!(text(one, "fingerprint"), text(other, "fingerprint"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("rdsca: app/Dockerfile: context app, built by compose.yaml: new\n"), "{said}");

    let said = String::from_utf8(check(&cases().join("context-above"), &["-v"]).stderr).unwrap();
    assert!(said.contains("docker/api/Dockerfile: context . (what it copies is there"), "{said}");
    assert!(said.contains("docker/own/Dockerfile: context docker/own\n"), "{said}");
}
