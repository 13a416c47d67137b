//! `rdsca fix` and `rdsca bundle pin` as their users call them: each case becomes what is expected and nothing else, by `git apply` and by
//! `--write`; it still is a Dockerfile for BuildKit; a second check is clean and a second fix changes nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;
mod oracle;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixture::program;
use rdsca::bundle::{BUILTIN_PEM, Catalog};
use rdsca::{fix, rules};
use serde_json::Value;

/// The newest publication of the catalog, and the first one of which the bytes are in `testdata/bundles`.
const NEWEST: &str = "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c";
const OF_2023: &str = "fefac91d";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of the cases.
fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("testdata/fix")).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// The options of a case.
fn arguments(case: &Path) -> Vec<String> {
    let text = fs::read_to_string(case.join("arguments")).unwrap_or_default();
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// A case as a user has it: the Dockerfile and its context.
fn set_up(case: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    program::copy(case, folder.path());
    for name in ["after.Dockerfile", "arguments"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    fs::rename(folder.path().join("before.Dockerfile"), folder.path().join("Dockerfile")).unwrap();
    folder
}

fn rdsca(folder: &Path, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    program::rdsca(folder, arguments, &[("RDSCA_AT", "2026-11-24")])
}

fn fix_command(folder: &Path, case: &Path, more: &[&str]) -> Output {
    let mut all = vec!["fix".to_owned(), "Dockerfile".to_owned()];
    all.extend(arguments(case));
    all.extend(more.iter().map(|argument| (*argument).to_owned()));
    let done = rdsca(folder, &all);
    assert_eq!(done.status.code(), Some(0), "{}: {}", case.display(), String::from_utf8_lossy(&done.stderr));
    done
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn each_case_becomes_what_is_expected_and_nothing_else() {
    let cases = cases();
    assert!(cases.len() >= 30, "only {}", cases.len());
    for case in &cases {
        let after = fs::read(case.join("after.Dockerfile")).unwrap();
        let written = set_up(case);
        let mut expected = files(written.path());
        fix_command(written.path(), case, &["--write"]);
        for (path, bytes) in &mut expected {
            if path == Path::new("Dockerfile") {
                bytes.clone_from(&after);
            }
        }
        if arguments(case).contains(&"copy-vendored".to_owned()) && !case.join(fix::VENDORED).exists() {
            expected.push((fix::VENDORED.into(), BUILTIN_PEM.to_vec()));
            expected.sort();
        }
        let text = String::from_utf8_lossy(&after);
        let is = fs::read_to_string(written.path().join("Dockerfile")).unwrap();
        assert_eq!(is, text, "{}", case.display());
        assert!(files(written.path()) == expected, "{}: other files than expected", case.display());

        // The diff says the same.
        let applied = set_up(case);
        let diff = fix_command(applied.path(), case, &[]).stdout;
        assert!(
            files(applied.path()) == files(set_up(case).path()),
            "{}: written without being asked to",
            case.display()
        );
        if !diff.is_empty() {
            let patch = tempfile::NamedTempFile::new().unwrap();
            fs::write(patch.path(), &diff).unwrap();
            let git = Command::new("git")
                .args(["apply", "--whitespace=nowarn"])
                .arg(patch.path())
                .current_dir(applied.path())
                .env("GIT_CEILING_DIRECTORIES", applied.path().parent().unwrap())
                .output()
                .unwrap();
            assert!(git.status.success(), "{}: {}", case.display(), String::from_utf8_lossy(&git.stderr));
        }
        assert!(files(applied.path()) == expected, "{}: the diff says something else", case.display());

        // Nothing more to do.
        let again = fix_command(written.path(), case, &[]);
        assert_eq!(String::from_utf8_lossy(&again.stdout), "", "{}", case.display());
        let told = String::from_utf8_lossy(&again.stderr);
        assert!(told.lines().all(|line| line.contains(" is left")), "{}: {told}", case.display());
    }
}

#[test]
fn a_second_check_is_clean() {
    for case in cases() {
        let folder = set_up(&case);
        fs::copy(case.join("after.Dockerfile"), folder.path().join("Dockerfile")).unwrap();
        let mut all: Vec<String> = ["check", "Dockerfile", "--report", "json"].map(ToOwned::to_owned).to_vec();
        let options = arguments(&case);
        for pair in options.chunks(2).filter(|pair| pair[0] != "--style") {
            all.extend(pair.iter().cloned());
        }
        if options.contains(&"copy-vendored".to_owned()) && !case.join(fix::VENDORED).exists() {
            fs::write(folder.path().join(fix::VENDORED), BUILTIN_PEM).unwrap();
        }
        let done = rdsca(folder.path(), &all);
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let left: Vec<_> = report["findings"].as_array().unwrap().iter().map(|found| found["rule"].clone()).collect();
        let fixable = |rule: &&Value| fix::ALL.iter().any(|fix| *rule == fix.rule);
        assert!(!left.iter().any(|rule| fixable(&rule)), "{}: {left:?}", case.display());
        assert_eq!(report["notScanned"], serde_json::json!([]), "{}", case.display());
    }
}

#[test]
fn buildkit_reads_what_comes_of_it() {
    let after: Vec<_> = cases().into_iter().map(|case| case.join("after.Dockerfile")).collect();
    let before: Vec<_> = cases().into_iter().map(|case| case.join("before.Dockerfile")).collect();
    let (Some(after), Some(before)) = (oracle::ask(&after), oracle::ask(&before)) else {
        println!("skipped: the Python package `dockerfile` cannot be installed here");
        return;
    };
    for (after, before) in after.iter().zip(&before) {
        assert_eq!(after.get("error"), None, "{after}");
        let (after, before) = (after["commands"].as_array().unwrap(), before["commands"].as_array().unwrap());
        let keywords = |commands: &[Value], wanted: &[&str]| {
            commands.iter().filter(|command| wanted.iter().any(|word| command["cmd"] == **word)).count()
        };
        // A repair brings the bundle; it changes no stage, no command of the image, and nothing that is set.
        for kept in ["FROM", "CMD", "ENTRYPOINT", "ENV", "ARG", "WORKDIR"] {
            assert_eq!(keywords(after, &[kept]), keywords(before, &[kept]), "{kept}");
        }
        let all = |commands: &[Value]| keywords(commands, &["RUN", "ADD", "COPY"]);
        assert!((all(before)..=all(before) + 1).contains(&all(after)), "{after:?}");
    }
}

#[test]
fn every_fix_is_for_a_rule_that_there_is() {
    for fix in fix::ALL {
        assert!(rules::find(fix.rule).is_some(), "{}", fix.rule);
    }
}

#[test]
fn what_cannot_be_repaired_is_said_and_left() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, code, said) in [
        ("unknown-base", "FROM registry.example.com/base:1\n", 3, "left open"),
        ("does-not-build", "FROM amazonlinux:2\nFETCH x\n", 3, "does not build"),
        (
            "put-together",
            "FROM amazonlinux:2\nARG HOST=s3.amazonaws.com/rds-downloads\nRUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://$HOST/rds-combined-ca-bundle.pem\n",
            1,
            "no repair was found",
        ),
        (
            "pinned-to-something-unknown",
            "FROM amazonlinux:2\nADD --chmod=0644 --checksum=sha256:00000000000000000000000000000000000000000000000000000000000000aa https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem /etc/ssl/certs/rds-ca.pem\n",
            1,
            "no repair was found",
        ),
        ("ignored-file", "FROM amazonlinux:2\n", 1, "no repair was found"),
    ] {
        let place = folder.path().join(name);
        fs::create_dir(&place).unwrap();
        fs::write(place.join("Dockerfile"), text).unwrap();
        fs::write(place.join(".dockerignore"), "*\n").unwrap();
        let before = files(&place);
        let done = rdsca(&place, &["fix", "--write", "--style", "copy-vendored", "."]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{name}: {stderr}");
        assert!(stderr.contains(said), "{name}: {stderr}");
        assert!(files(&place) == before, "{name}: something was written");
    }
}

/// What a compose file says of a build (target, context, arguments) counts for its repair, and all builds of one file are served.
#[test]
fn every_build_of_a_dockerfile_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let there = |name: &str| folder.path().join(name);
    fs::create_dir(there("docker")).unwrap();
    fs::write(
        there("compose.yaml"),
        "services:\n  api:\n    build: {context: ., dockerfile: docker/Dockerfile, target: api}\n  worker:\n    build: {context: ., dockerfile: docker/Dockerfile, target: worker}\n",
    )
    .unwrap();
    let text = "FROM amazonlinux:2023 AS api\nCOPY api /api\n\nFROM amazonlinux:2 AS worker\nCOPY worker /worker\n";
    fs::write(there("docker/Dockerfile"), text).unwrap();
    let done = rdsca(folder.path(), &["fix", "--write", "--style", "copy-vendored"]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    // The second build finds what the first one was given, and copies it on.
    let copy = "COPY --chmod=0644 global-bundle.pem /etc/ssl/certs/rds-ca.pem\n";
    let copy_on = "COPY --from=api --chmod=0644 /etc/ssl/certs/rds-ca.pem /etc/ssl/certs/rds-ca.pem\n";
    assert_eq!(
        fs::read_to_string(there("docker/Dockerfile")).unwrap(),
        format!(
            "# syntax=docker/dockerfile:1\nFROM amazonlinux:2023 AS api\n{copy}COPY api /api\n\nFROM amazonlinux:2 AS worker\n{copy_on}COPY worker /worker\n"
        )
    );
    assert_eq!(fs::read(there(fix::VENDORED)).unwrap(), BUILTIN_PEM, "it belongs into the context");
    assert!(!there("docker").join(fix::VENDORED).exists());
    assert_eq!(String::from_utf8_lossy(&rdsca(folder.path(), &["fix"]).stdout), "");
}

#[test]
fn what_is_ignored_is_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# rdsca: ignore[bundle-never-fetched] -- reads from S3 only\nFROM amazonlinux:2023\n";
    fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let done = rdsca(folder.path(), &["fix"]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "");
}

#[test]
fn bytes_that_are_no_text_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), b"# caf\xe9\nFROM amazonlinux:2\n").unwrap();
    let before = files(folder.path());
    let done = rdsca(folder.path(), &["fix", "--write"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&done.stderr).contains("byte 5 is not UTF-8"));
    assert!(files(folder.path()) == before);
}

#[test]
fn pins_are_listed_and_renewed() {
    let of_2023 = Catalog::builtin()
        .publications()
        .iter()
        .map(|publication| publication.sha256.hex())
        .find(|hex| hex.starts_with(OF_2023))
        .unwrap();
    let url = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";
    let other = "0".repeat(64);
    let text = |pin: &str| {
        format!(
            "# pinned: {of_2023}\r\nFROM amazonlinux:2023 AS a\r\nADD --checksum=sha256:{pin} {url} /a.pem\r\nFROM amazonlinux:2023\r\nRUN curl -fsSLo /b.pem {url} \\\r\n && echo \"{pin}  /b.pem\" | sha256sum -c - \\\r\n # {of_2023}\r\n && echo {other}\r\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Dockerfile");
    fs::write(&path, text(&of_2023)).unwrap();

    let listed = rdsca(folder.path(), &["bundle", "pin", "."]);
    let stdout = String::from_utf8_lossy(&listed.stdout);
    assert_eq!(listed.status.code(), Some(1), "{stdout}");
    assert_eq!(stdout.matches("global bundle of 2023-03-10: outdated").count(), 2, "{stdout}");
    assert!(stdout.contains("Dockerfile:3: ") && stdout.contains("Dockerfile:6: "), "{stdout}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text(&of_2023));

    let renewed = rdsca(folder.path(), &["bundle", "pin", "--update", "."]);
    assert_eq!(renewed.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), text(NEWEST));

    let again = rdsca(folder.path(), &["bundle", "pin", "."]);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&again.stdout).matches("the newest known").count(), 2);
}

#[test]
fn a_pin_of_a_vendored_file_is_not_renewed_without_the_file() {
    let older = root().join("testdata/bundles/global-2023-03.pem");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(&older, folder.path().join("rds-ca.pem")).unwrap();
    let digest = rdsca::digest::Digest::of(fs::read(&older).unwrap()).hex();
    let text =
        format!("FROM amazonlinux:2023\nCOPY rds-ca.pem /a.pem\nRUN echo \"{digest}  /a.pem\" | sha256sum -c -\n");
    fs::write(folder.path().join("Dockerfile"), &text).unwrap();
    let done = rdsca(folder.path(), &["bundle", "pin", "--update", "Dockerfile"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stdout).contains("a file of the build context"));
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), text);
}

/// Dockerfiles below a folder of their own each: `fix --write` does it no harm, and once is enough. Gives those that were changed.
fn fix_all(texts: impl IntoIterator<Item = Vec<u8>>) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let mut before = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let path = folder.path().join(format!("{index}/Dockerfile"));
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
        before.push((path, text));
    }
    let first = rdsca(folder.path(), &["fix", "--write"]);
    assert!(matches!(first.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&first.stderr));
    let second = rdsca(folder.path(), &["fix"]);
    assert_eq!(String::from_utf8_lossy(&second.stdout), "");
    assert_eq!(second.status.code(), first.status.code());
    let changed = before.into_iter().filter(|(path, text)| fs::read(path).unwrap() != *text).map(|(path, _)| path);
    let changed = changed.collect();
    (folder, changed)
}

#[test]
fn a_dockerfile_with_a_hole_in_it_is_repaired_once_or_left() {
    let mut texts = Vec::new();
    for (index, case) in cases().iter().enumerate() {
        let text = fs::read(case.join("before.Dockerfile")).unwrap();
        // Eight holes, spread over the file differently in each case.
        for hole in 0..8 {
            let at = text.len() * hole / 8 + index % 7;
            let end = (at + 1 + (index + hole * 5) % 23).min(text.len());
            let kept = [text.get(..at).unwrap_or(&text), &text[end..]].concat();
            texts.push(kept);
        }
    }
    let (_folder, changed) = fix_all(texts);
    assert!(changed.len() > 100, "only {} were repaired", changed.len());
    let Some(answers) = oracle::ask(&changed) else {
        println!("skipped: the Python package `dockerfile` cannot be installed here");
        return;
    };
    for (answer, path) in answers.iter().zip(&changed) {
        assert_eq!(answer.get("error"), None, "{}", fs::read_to_string(path).unwrap());
    }
}

#[test]
fn real_dockerfiles_are_repaired_once() {
    let shared = std::env::var_os("RDSCA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let Ok(entries) = fs::read_dir(shared.join("corpus")) else {
        println!("skipped: there is no shared corpus");
        return;
    };
    let texts: Vec<_> = entries.filter_map(|entry| fs::read(entry.unwrap().path().join("Dockerfile")).ok()).collect();
    assert!(texts.len() > 100, "only {}", texts.len());
    let (_folder, changed) = fix_all(texts);
    assert!(changed.len() > 40, "only {} were repaired", changed.len());
    if let Some(answers) = oracle::ask(&changed) {
        answers.iter().for_each(|answer| assert_eq!(answer.get("error"), None));
    }
}

#[test]
fn a_diff_of_files_outside_the_folder_is_applied_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["my app", "other images"] {
        fs::create_dir(place(name)).unwrap();
        fs::write(place(name).join("Dockerfile"), "FROM amazonlinux:2023\nUSER 5\n").unwrap();
    }
    let git = |at: &Path, arguments: &[&str], diff: &[u8]| {
        let mut command = Command::new("git");
        let mut child = command.args(arguments).current_dir(at).stdin(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), diff).unwrap();
        drop(child.stdin.take());
        child.wait().unwrap().success()
    };
    assert!(git(folder.path(), &["init", "-q", "."], b""));
    let plain = ["fix", "--no-config", "."];
    let inside = rdsca(&place("my app"), &plain);
    assert!(!String::from_utf8_lossy(&inside.stderr).contains("apply it in"));
    assert!(git(&place("my app"), &["apply", "-"], &inside.stdout));
    assert!(fs::read_to_string(place("my app/Dockerfile")).unwrap().contains("ADD "));
    let outside = rdsca(&place("my app"), &["fix", "--no-config", "../other images"]);
    let told = String::from_utf8_lossy(&outside.stderr).into_owned();
    let above = folder.path().canonicalize().unwrap();
    assert!(told.contains(&format!("apply it in {}", above.display())), "{told}");
    assert!(git(folder.path(), &["apply", "-"], &outside.stdout), "{}", String::from_utf8_lossy(&outside.stdout));
    assert!(fs::read_to_string(place("other images/Dockerfile")).unwrap().contains("ADD "));
}
