//! What commands have in common on the command line: earlier findings, no network, flags by variable, completions and manual pages.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::Path;
use std::process::Output;

use fixture::program::rdsca;
use serde_json::Value;

const WITHOUT: &str = "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\n";
const UNVERIFIED: &str = "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\n\
    RUN curl -fsk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n";

/// Exit code, and the rules of what counts and of what is suppressed with the line of who says so.
fn check(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    let common = ["check", "--no-config", "--at", "2026-11-24", "--report", "json"];
    let done = rdsca(folder, &[&common, arguments].concat(), &[]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let rules = |key: &str, say: &dyn Fn(&Value) -> String| report[key].as_array().unwrap().iter().map(say).collect();
    let found = rules("findings", &|finding| finding["rule"].as_str().unwrap().to_owned());
    let suppressed = rules("suppressed", &|finding| {
        let suppression = &finding["suppression"];
        let place = &suppression["location"];
        format!("{} {}:{} {}", finding["rule"], place["path"], place["startLine"], suppression["justification"])
            .replace('"', "")
    });
    (done.status.code().unwrap(), found, suppressed)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_an_earlier_report_has_does_not_count_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("a")).unwrap();
    fs::write(at.join("a/Dockerfile"), WITHOUT).unwrap();
    rdsca(at, &["check", "--no-config", "--at", "2026-11-20", "--report", "json=known.json"], &[]);
    let text = fs::read_to_string(at.join("known.json")).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("\"fingerprint\"")).unwrap();

    let (code, found, suppressed) = check(at, &["--baseline", "known.json"]);
    assert_eq!((code, found.len()), (0, 0), "{found:?}");
    let expected = format!("bundle-never-fetched known.json:{line} known since the report of 2026-11-20");
    assert_eq!(suppressed, [expected]);

    // Lines that move are no news; another Dockerfile is, and so is another mistake in the same one.
    fs::write(at.join("a/Dockerfile"), format!("# a comment\n\n{WITHOUT}")).unwrap();
    assert_eq!(check(at, &["--baseline", "known.json"]).0, 0);
    fs::create_dir(at.join("b")).unwrap();
    fs::write(at.join("b/Dockerfile"), WITHOUT).unwrap();
    let (code, found, suppressed) = check(at, &["--baseline", "known.json"]);
    assert_eq!((code, found, suppressed.len()), (1, vec!["bundle-never-fetched".to_owned()], 1));
    fs::remove_dir_all(at.join("b")).unwrap();
    fs::write(at.join("a/Dockerfile"), UNVERIFIED).unwrap();
    let (code, found, _) = check(at, &["--baseline", "known.json"]);
    assert_eq!(code, 1);
    assert!(found.contains(&"fetch-not-verified".to_owned()), "{found:?}");
}

#[test]
fn a_finding_that_became_graver_counts_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("Dockerfile"), WITHOUT).unwrap();
    let as_note = ["check", "--no-config", "--require-bundle", "when-rds-is-used", "--report", "json=known.json"];
    assert_eq!(rdsca(at, &as_note, &[]).status.code(), Some(0));
    let (code, found, suppressed) = check(at, &["--baseline", "known.json"]);
    assert_eq!((code, found, suppressed.len()), (1, vec!["bundle-never-fetched".to_owned()], 0));
}

#[test]
fn a_baseline_that_is_none_is_a_mistake_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("Dockerfile"), WITHOUT).unwrap();
    fs::write(at.join("other.json"), "{\"schema\": \"somebody.else/1\"}").unwrap();
    for (file, reason) in
        [("missing.json", "missing.json"), ("Dockerfile", "no report"), ("other.json", "somebody.else/1")]
    {
        let done = rdsca(at, &["check", "--no-config", "--baseline", file], &[]);
        assert_eq!(done.status.code(), Some(2), "{file}");
        assert!(said(&done).contains(reason), "{file}: {}", said(&done));
    }
}

#[test]
fn offline_means_that_nobody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // A port on which nobody listens: whoever asks all the same tells of it.
    let done = rdsca(at, &["scan", "--no-config", "--offline", "127.0.0.1:9/a:1"], &[]);
    assert_eq!(done.status.code(), Some(3));
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.contains("--offline") && !text.contains("connection"), "{text}");
    for arguments in [&["sweep", "127.0.0.1:9"][..], &["bundle", "update"]] {
        let done = rdsca(at, arguments, &[("RDSCA_OFFLINE", "1"), ("HOME", at.to_str().unwrap())]);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(said(&done).contains("--offline"), "{}", said(&done));
    }
}

#[test]
fn flags_can_be_given_by_variables_as_people_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join(".rdsca.yaml"), "bases: 5\n").unwrap();
    fs::write(at.join("Dockerfile"), "FROM scratch\n").unwrap();
    for (value, code) in [("1", 0), ("true", 0), ("yes", 0), ("0", 2), ("false", 2), ("", 2)] {
        let done = rdsca(at, &["check"], &[("RDSCA_NO_CONFIG", value), ("RDSCA_NO_CLIENTS", value)]);
        assert_eq!(done.status.code(), Some(code), "{value:?}: {}", said(&done));
    }
}

#[test]
fn shells_and_readers_get_what_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = rdsca(at, &["completions", shell], &[]);
        let script = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success() && script.contains("--bundle-path"), "{shell}");
    }
    let page = |arguments: &[&str]| String::from_utf8(rdsca(at, arguments, &[]).stdout).unwrap();
    assert!(page(&["man"]).contains(".TH rdsca 1"));
    assert!(page(&["man", "bundle", "update"]).contains(".TH rdsca-bundle-update 1"));
    assert!(rdsca(at, &["man", "--out-dir", "pages"], &[]).status.success());
    assert!(at.join("pages/rdsca-scan.1").is_file() && at.join("pages/rdsca-config-show.1").is_file());
    let unknown = rdsca(at, &["man", "bundel"], &[]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("\"bundel\"; there are check, fix"), "{}", said(&unknown));
}
