//! The formats for other programs, and saved reports: rendered again, and compared.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixture::program;
use fixture::sweep::{image, registry};
use rdsca::report::sweep::{FORMATS, State, SweepReport};
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program::rdsca(folder, arguments, &[("RDSCA_NO_CACHE", "true")])
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let always = ["--no-config", "--at", "2026-11-24"];
    run(folder, &[&["check"], arguments, &always].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with Dockerfiles whose names and words mean harm, and one that is not there.
fn harmful() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["plain", "a,b:c%0A::error::x", "<b>&\"|`@team`"] {
        let at = folder.path().join(name);
        fs::create_dir(&at).unwrap();
        let dockerfile = "FROM amazonlinux:2023\nRUN curl -k -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n";
        fs::write(at.join("Dockerfile"), dockerfile).unwrap();
    }
    folder
}

#[test]
fn a_saved_report_renders_as_the_run_itself_would_have() {
    let folder = harmful();
    let saved = folder.path().join("saved.json");
    let to = format!("json={}", saved.display());
    for format in ["sarif", "junit", "github", "gitlab", "markdown", "html", "csv"] {
        let direct = check(folder.path(), &[".", "gone", "--report", format, "--report", &to]);
        assert_eq!(direct.status.code(), Some(1), "{}", text(&direct.stderr));
        let again = run(folder.path(), &["report", "saved.json", "--report", format]);
        assert_eq!(text(&again.stdout), text(&direct.stdout), "{format}");
        assert_eq!(again.status.code(), Some(0));
        assert!(!direct.stdout.is_empty());
    }
    let plain = text(&run(folder.path(), &["report", "saved.json"]).stdout);
    assert!(plain.contains("plain/Dockerfile:2:5: error[fetch-not-verified]: "), "{plain}");
    let refused = run(folder.path(), &["report", "saved.json", "--report", "pdf"]);
    assert_eq!(refused.status.code(), Some(2));
    for (name, content, part) in [
        ("none.json", "[]", "is no report"),
        ("other.json", "{\"schema\": \"rdsca.report/9\"}", "rdsca.report/9"),
        ("half.json", "{\"schema\": \"rdsca.report/1\"}", "missing field"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
        let done = run(folder.path(), &["report", name]);
        assert_eq!(done.status.code(), Some(2), "{name}");
        assert!(text(&done.stderr).contains(part), "{}", text(&done.stderr));
    }
}

#[test]
fn sarif_says_where_what_and_how_sure() {
    let folder = harmful();
    let log: Value = serde_json::from_slice(&check(folder.path(), &[".", "gone", "--report", "sarif"]).stdout).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), rdsca::rules::ALL.len());
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3);
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert_eq!(result["kind"] == "open", result["level"] == "none", "{result}");
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            uri.ends_with("/Dockerfile") && !uri.contains([':', '%', '<', '"'])
                || uri.contains("%3A")
                || uri.contains("%3C"),
            "{uri}"
        );
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap().contains("gone")
    );
}

#[test]
fn nobody_s_words_are_commands_markup_or_names() {
    let folder = harmful();
    let in_format = |format: &str| text(&check(folder.path(), &[".", "--report", format]).stdout);
    let github = in_format("github");
    assert!(github.lines().all(|line| line.starts_with("::")), "{github}");
    assert!(github.contains("file=a%2Cb%3Ac%250A%3A%3Aerror%3A%3Ax/Dockerfile,line=2"), "{github}");
    let markdown = in_format("markdown");
    // The level, the place, the message with its help, and the rule: five bars each, whatever is in them.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(markdown.lines().filter(|line| line.starts_with('|')).all(|line| bars(line) == 5), "{markdown}");
    let junit = folder.path().join("junit.xml");
    fs::write(&junit, in_format("junit")).unwrap();
    let read = "import sys, xml.etree.ElementTree as tree\nroot = tree.parse(sys.argv[1]).getroot()\ncases = root.findall('.//testcase')\nassert len(cases) == int(root.get('tests')), 'tests'\nassert len(root.findall('.//failure')) == int(root.get('failures')), 'failures'\nprint('\\n'.join(case.get('file') or '' for case in cases))";
    let done = Command::new("python3").args(["-c", read]).arg(&junit).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("<b>&\"|`@team`/Dockerfile"), "{}", text(&done.stdout));
    let gitlab: Value = serde_json::from_str(&in_format("gitlab")).unwrap();
    for issue in gitlab.as_array().unwrap() {
        assert!(["minor", "major", "critical"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        assert_eq!(issue["fingerprint"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn two_reports_differ_in_what_came_and_what_went() {
    let folder = harmful();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let save = |name: &str, paths: &[&str]| {
        check(folder.path(), &[paths, &["--report", &format!("json={}", at(name).display())]].concat());
    };
    let diff = |old: &str, new: &str| {
        let done = run(folder.path(), &["diff", old, new]);
        (done.status.code(), text(&done.stdout))
    };
    save("bad.json", &["plain"]);
    assert_eq!(diff("bad.json", "bad.json").0, Some(0));
    let good = "FROM amazonlinux:2023\nADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem\n";
    let bad = fs::read_to_string(at("plain/Dockerfile")).unwrap();
    fs::write(at("plain/Dockerfile"), good).unwrap();
    save("good.json", &["plain"]);
    let (code, told) = diff("bad.json", "good.json");
    assert!(code == Some(0) && told.contains("- plain/Dockerfile:2:5: error[fetch-not-verified]"), "{code:?} {told}");
    let (code, told) = diff("good.json", "bad.json");
    assert!(code == Some(1) && told.contains("+ plain/Dockerfile:2:5: error[fetch-not-verified]"), "{code:?} {told}");
    // Moved lines are no difference.
    fs::write(at("plain/Dockerfile"), format!("# a comment\n\n{bad}")).unwrap();
    save("moved.json", &["plain"]);
    assert!(diff("bad.json", "moved.json").1.starts_with("0 new, 0 gone"));
    // What is not looked at any more is not mended.
    save("elsewhere.json", &["<b>&\"|`@team`", "plain/none"]);
    let (_, told) = diff("bad.json", "elsewhere.json");
    assert!(told.contains("? plain/Dockerfile:2:5: error[fetch-not-verified]") && told.contains(" 0 gone"), "{told}");
}

#[test]
fn two_sweeps_differ_in_images() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, report: &SweepReport| {
        let json = FORMATS.iter().find(|format| format.name == "json").unwrap();
        let mut out = Vec::new();
        (json.write)(report, &mut out).unwrap();
        fs::write(folder.path().join(name), out).unwrap();
    };
    let old = registry(20);
    let mut new = registry(20);
    let well = new.images.iter().position(|image| image.state == State::Ok).unwrap();
    new.images[well].state = State::Missing;
    let name = new.images[well].name();
    save("old.json", &old);
    save("new.json", &new);
    let diff = |old: &str, new: &str| {
        let done = run(folder.path(), &["diff", old, new]);
        (done.status.code(), text(&done.stdout))
    };
    let (code, told) = diff("old.json", "new.json");
    assert_eq!(code, Some(1));
    assert!(told.contains(&format!("newly broken  {name} (linux/amd64) ok → can't verify")), "{told}");
    let (code, told) = diff("new.json", "old.json");
    assert!(code == Some(0) && told.contains(&format!("mended        {name}")), "{told}");
    assert!(diff("old.json", "old.json").1.contains("nothing changed"));
    new.images.push(image("registry.example.com/fresh", "1"));
    save("fresh.json", &new);
    assert!(diff("new.json", "fresh.json").1.contains("new           registry.example.com/fresh:1"));
    let page = run(folder.path(), &["report", "old.json", "--report", "html=page.html", "--report", "csv"]);
    assert_eq!(page.status.code(), Some(0));
    assert_eq!(text(&page.stdout).lines().count(), 1 + old.images.len() + old.not_scanned.len());
    assert!(fs::read_to_string(folder.path().join("page.html")).unwrap().starts_with("<!doctype html>"));
    fs::write(folder.path().join("check.json"), check(folder.path(), &["--report", "json"]).stdout).unwrap();
    assert_eq!(diff("old.json", "check.json").0, Some(2));
}
