//! Real Dockerfiles, labelled by hand: is the image Amazon Linux, of which generation, and does the bundle end in it?
//!
//! Runs what `score/dockerfiles.py` beside the labels runs, in process. Skipped with a notice where the corpus is not there.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::{Path, PathBuf};

use rdsca::dockerfile::context::{Context, Entry};
use rdsca::dockerfile::facts::{BundleState, Facts, Os};
use rdsca::dockerfile::{self, Options};
use rdsca::text::SourceFile;
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    folder.join("corpus/labels.jsonl").exists().then_some(folder)
}

/// Labels that say that the Dockerfile alone decides, which it does not: it runs scripts of a context that is not in the corpus.
/// [`scripts_that_are_not_here_decide`] proves it. One of them, `setup_oss_compliance.sh` of aws/deep-learning-containers (as of b79c57d),
/// downloads an archive and runs a program out of it, so that not even its text would tell.
const UNDECIDABLE: &[(&str, &[&str])] = &[
    ("b085-deep-learning-containers-xgboost", &["scripts/docker/common/setup_oss_compliance.sh"]),
    ("b086-deep-learning-containers-cpu", &["scripts/docker/common/setup_oss_compliance.sh"]),
    (
        "b087-deep-learning-containers-cpu",
        &["scripts/docker/common/setup_oss_compliance.sh", "scripts/docker/common/install_python.sh"],
    ),
];

/// The folder that a Dockerfile lies in, and scripts that might be there as well.
struct Folder {
    place: PathBuf,
    scripts: &'static [&'static str],
    script: &'static str,
}

impl Context for Folder {
    fn read(&self, path: &str) -> Entry {
        if self.scripts.contains(&path) {
            return Entry::File { bytes: self.script.as_bytes().into(), mode: 0o755 };
        }
        let path = self.place.join(path);
        if path.is_dir() {
            let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            return Entry::Directory(names);
        }
        match std::fs::read(path) {
            Ok(bytes) => Entry::File { bytes: bytes.into(), mode: 0o644 },
            Err(_) => Entry::Missing,
        }
    }
}

fn facts(path: &Path) -> Facts {
    facts_with(path, &[], "")
}

fn facts_with(path: &Path, scripts: &'static [&'static str], script: &'static str) -> Facts {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let context = Folder { place: path.parent().unwrap().to_owned(), scripts, script };
    let options = Options::at(jiff::civil::date(2026, 11, 24));
    dockerfile::read(SourceFile::new(path.display().to_string(), text), &context, &options)
}

fn wrong(label: &Value, facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(stage) = facts.shipped() else { return vec!["no stage".to_owned()] };
    let text = |name: &str| label[name].as_str().unwrap_or_default();
    let amazon = if stage.os.is_amazon() { "yes" } else { "no" };
    let want = text("is_amazon_linux");
    if matches!(want, "yes" | "no") && amazon != want && text("confidence") != "low" {
        wrong.push(format!("amazon linux: {amazon}, label {want} ({})", text("final_base")));
    }
    if let (Os::Amazon { version }, generation @ ("al1" | "al2" | "al2023")) = (&stage.os, text("al_generation")) {
        let found = match version.as_deref() {
            Some("2018.03") => "al1",
            Some("2") => "al2",
            Some("2023") => "al2023",
            _ => "unknown",
        };
        if found != generation {
            wrong.push(format!("generation: {found}, label {generation}"));
        }
    }
    let state = stage.bundle();
    let answer = match &state {
        BundleState::Present(_) => "yes",
        BundleState::Unknown { .. } => "undetermined",
        BundleState::Removed { .. } | BundleState::Absent => "no",
    };
    let mut allowed: Vec<&str> =
        label["acceptable_bundle_answers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    allowed.push(text("bundle_in_final"));
    if !allowed.contains(&answer) {
        let detail = match &state {
            BundleState::Unknown { because } => {
                because.iter().map(|gap| gap.why.clone()).collect::<Vec<_>>().join("; ")
            }
            BundleState::Present(present) => {
                present.iter().map(|presence| presence.path.to_string()).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        };
        wrong.push(format!("bundle: {answer} ({detail}), label {allowed:?}: {}", text("why")));
    }
    wrong
}

#[test]
fn labelled_dockerfiles_are_understood() {
    let Some(shared) = shared() else {
        eprintln!("skipped: no ../shared/corpus (set RDSCA_SHARED)");
        return;
    };
    let corpus = shared.join("corpus");
    let (mut right, mut failures) = (0, Vec::new());
    for line in std::fs::read_to_string(corpus.join("labels.jsonl")).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let label = row.get("label").unwrap_or(&row);
        let id = row["id"].as_str().unwrap();
        let path = corpus.join(id).join("Dockerfile");
        if label.get("expected_finding").is_none_or(Value::is_null) || !path.exists() {
            continue;
        }
        let facts = facts(&path);
        if UNDECIDABLE.iter().any(|(undecidable, _)| *undecidable == id) {
            let unknown = matches!(facts.shipped().unwrap().bundle(), BundleState::Unknown { .. });
            assert!(unknown, "{id}: what is not here is not unknown");
            continue;
        }
        if label["expected_finding"] == "parse-error" {
            if facts.problems.is_empty() {
                failures.push(format!("{id}: an invalid Dockerfile is taken for a good one"));
            } else {
                right += 1;
            }
            continue;
        }
        match wrong(label, &facts) {
            wrong if wrong.is_empty() => right += 1,
            wrong => failures.push(format!("{id}: {}", wrong.join(" | "))),
        }
    }
    eprintln!("{right} of {} right", right + failures.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn scripts_that_are_not_here_decide() {
    let Some(shared) = shared() else {
        eprintln!("skipped: no ../shared/corpus (set RDSCA_SHARED)");
        return;
    };
    let fetching =
        "#!/bin/bash\ncurl -fo /opt/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n";
    for (id, scripts) in UNDECIDABLE {
        let path = shared.join("corpus").join(id).join("Dockerfile");
        let without = facts_with(&path, scripts, "#!/bin/bash\nmkdir -p /opt/licences\n");
        let with = facts_with(&path, scripts, fetching);
        assert!(matches!(without.shipped().unwrap().bundle(), BundleState::Absent), "{id}");
        assert!(matches!(with.shipped().unwrap().bundle(), BundleState::Present(_)), "{id}");
    }
}
