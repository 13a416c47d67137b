//! `rdsca bundle` as its users call it: what it says, what it writes, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rdsca::bundle::BUILTIN_PEM;

const OLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bundles/global-2023-03.pem");
const NEWER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bundles/global-2025-08.pem");

/// Runs `rdsca bundle` on a fixed day, with `input` on stdin and no settings from the environment.
fn bundle_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rdsca"))
        .arg("bundle")
        .args(arguments)
        .env_remove("RDSCA_BUNDLE")
        .env_remove("RDSCA_RDS_REGIONS")
        .env("RDSCA_AT", "2026-11-24")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read stdin may be gone before all is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn bundle(arguments: &[&str]) -> Output {
    bundle_with(arguments, b"")
}

/// Exit code, stdout and stderr.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A text without the line breaks that only make it fit a page.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn show_names_all_there_is_to_know() {
    let (code, out, _) = told(&bundle(&["show", OLDER]));
    assert_eq!(code, Some(0));
    for part in [
        "global-2023-03.pem: outdated\n",
        "174184 bytes, PEM\n",
        "sha256:fefac91d",
        "global bundle, first seen 2023-03-10, byte for byte",
        "the bundle of 2026-09-30 (111 authorities)",
        "115 of RDS",
        "29 rds-ca-rsa2048-g1",
        "Lacks          7 regions: ap-east-2, ",
        "28 of 115 expired; the next on 2061-05-19",
    ] {
        assert!(words(&out).contains(&words(part)), "{part:?} is not in\n{out}");
    }
    assert!(out.lines().skip(1).all(|line| line.chars().count() <= 100 || !line.trim().contains(' ')), "{out}");
}

#[test]
fn show_without_a_file_is_about_the_bundle_that_write_writes() {
    let (code, out, _) = told(&bundle(&["show"]));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("builtin: outdated\n") && out.contains("sha256:e5bb2084"), "{out}");
    assert!(out.contains("Lacks          no region that this version knows"), "{out}");
    assert!(words(&out).contains("a newer publication of 2026-09-30 has 3 more authorities"), "{out}");
}

#[test]
fn show_reads_stdin_and_says_what_a_file_is_instead() {
    let (code, out, _) = told(&bundle_with(&["show", "-"], b"<!DOCTYPE html><html>404</html>"));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("stdin: invalid\n") && out.contains("it is a web page"), "{out}");
    assert!(!out.contains("Covers"), "no certificates, no regions:\n{out}");
}

#[test]
fn show_compares_with_the_file_that_is_named() {
    let (_, out, _) = told(&bundle(&["show", NEWER, "--bundle", NEWER]));
    assert!(out.contains("global-2025-08.pem: current\n"), "{out}");
    assert!(out.contains("more than 90 days old"), "{out}");
}

#[test]
fn verify_ends_as_the_bundle_deserves() {
    for (arguments, code, part) in [
        (&["verify", NEWER][..], 0, "good (outdated, compared with the bundle of 2026-09-30"),
        (&["verify", NEWER, "--bundle", NEWER], 0, "good (current"),
        (&["verify", OLDER], 1, "not good (outdated"),
        (&["verify", OLDER, "--rds-regions", "us-east-1,eu-west-1"], 0, "good (outdated"),
        (&["verify", OLDER, "--rds-regions", "us-east-1,mx-central-1"], 1, "not good (outdated"),
        (&["verify", NEWER, "--rds-regions", "us-east-11"], 3, "could not tell (outdated"),
        // A day in the past changes what has expired, not what the reference holds.
        (&["verify", OLDER, "--at", "2023-04-01"], 1, "not good (outdated"),
    ] {
        let (got, out, err) = told(&bundle(arguments));
        assert_eq!(got, Some(code), "{arguments:?}: {out}{err}");
        assert!(out.contains(part), "{arguments:?}: {part:?} is not in {out}");
    }
}

#[test]
fn verify_finds_what_is_wrong_in_a_stream() {
    let cut = &BUILTIN_PEM[..BUILTIN_PEM.len() - 100];
    for (input, part) in [
        (&b""[..], "an empty file"),
        (b"<?xml version=\"1.0\"?><Error/>", "XML"),
        (cut, "has no end"),
        (b"-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n", "line 1: "),
    ] {
        let (code, out, _) = told(&bundle_with(&["verify", "-"], input));
        assert_eq!(code, Some(1), "{part}: {out}");
        assert!(out.starts_with("stdin: not good (invalid") && out.contains(part), "{part:?} is not in {out}");
    }
}

#[test]
fn a_file_that_is_not_there_is_no_bundle_that_is_bad() {
    for arguments in
        [&["verify", "no-such.pem"][..], &["show", "no-such.pem"], &["show", NEWER, "--bundle", "no-such.pem"]]
    {
        let (code, out, err) = told(&bundle(arguments));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains("no-such.pem"), "{err}");
    }
}

#[test]
fn diff_names_authorities_and_regions_of_one_side() {
    let (code, out, _) = told(&bundle(&["diff", OLDER, NEWER]));
    assert_eq!(code, Some(1));
    let (first, second) = out.split_once("only in").unwrap().1.split_once("only in").unwrap();
    assert!(
        first.contains("global-2023-03.pem: 28\n") && first.contains("Amazon RDS Root 2019 CA (until 2024-08-22"),
        "{out}"
    );
    assert!(!first.contains("regions:"), "what it alone has is expired, and signs nothing today:\n{out}");
    assert!(second.contains("global-2025-08.pem: 21\n") && second.contains("mx-central-1"), "{out}");
    assert!(out.ends_with("in both: 87\n"), "{out}");
}

#[test]
fn diff_of_the_same_certificates_in_other_bytes_is_no_difference() {
    let windows = String::from_utf8(BUILTIN_PEM.to_vec()).unwrap().replace('\n', "\r\n");
    let (code, out, _) = told(&bundle_with(&["diff", NEWER, "-"], windows.as_bytes()));
    assert_eq!(code, Some(0));
    assert!(out.contains("only in stdin: 0\n") && out.ends_with("in both: 108\n"), "{out}");
}

#[test]
fn diff_refuses_what_it_can_not_compare() {
    let (code, out, err) = told(&bundle_with(&["diff", NEWER, "-"], b"<html>"));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("cannot compare stdin: it is a web page"), "{err}");
    let (code, _, err) = told(&bundle_with(&["diff", NEWER, "-"], &BUILTIN_PEM[..5000]));
    assert_eq!(code, Some(2));
    assert!(err.contains("has no end"), "{err}");
    assert_eq!(bundle(&["diff", "-", "-"]).status.code(), Some(2));
}

#[test]
fn write_writes_the_bytes_and_overwrites_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "rds-ca.pem");
    let (code, out, err) = told(&bundle(&["write", &file]));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("first seen 2025-08-04") && err.contains("2026-09-30"), "{err}");
    assert_eq!(fs::read(&file).unwrap(), BUILTIN_PEM);

    fs::write(&file, "mine").unwrap();
    let (code, _, err) = told(&bundle(&["write", &file]));
    assert_eq!(code, Some(2));
    assert!(err.contains("--force"), "{err}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(bundle(&["write", &file, "--force"]).status.code(), Some(0));
    assert_eq!(fs::read(&file).unwrap(), BUILTIN_PEM);

    let (code, _, err) = told(&bundle(&["write", &path(folder.path(), "no/such/folder.pem")]));
    assert_eq!(code, Some(2));
    assert!(err.contains("cannot write") && err.contains("folder.pem"), "{err}");
}

#[test]
fn write_to_stdout_is_the_bundle_and_nothing_else() {
    let output = bundle(&["write", "-"]);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    assert_eq!(output.stdout, BUILTIN_PEM);
}

#[test]
fn what_write_writes_is_what_verify_finds_good() {
    let written = bundle(&["write", "-"]).stdout;
    assert_eq!(bundle_with(&["verify", "-"], &written).status.code(), Some(0));
}
