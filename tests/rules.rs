//! Every rule over every case in `testdata/rules`, through the program: what is found must be exactly what the case expects.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::layout;
use fixture::recipe::Recipe;
use serde_json::Value;

const AT: &str = "2026-11-24";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The cases of all rules: recipes, Dockerfiles, and folders with a Dockerfile.
fn cases(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for rule in fs::read_dir(root().join("testdata/rules")).unwrap() {
        let rule = rule.unwrap().path();
        if !rule.is_dir() {
            continue;
        }
        for case in fs::read_dir(rule).unwrap() {
            let case = case.unwrap().path();
            if case.extension().is_some_and(|found| found == extension) {
                found.push(case);
            } else if extension == "Dockerfile" && case.join("Dockerfile").is_file() {
                found.push(case.join("Dockerfile"));
            }
        }
    }
    found.sort();
    found
}

/// The report of the program, which must not end with a usage error.
fn report(arguments: &[&str], stdin: Option<&Path>) -> Value {
    let reference = root().join("testdata/bundles/global-2025-08.pem");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
    command.args(arguments).args(["--no-config", "--report", "json"]).env("RDSCA_NO_CACHE", "true");
    for (option, value) in [("--at", AT), ("--bundle", reference.to_str().unwrap())] {
        if !arguments.contains(&option) {
            command.args([option, value]);
        }
    }
    if let Some(stdin) = stdin {
        command.stdin(fs::File::open(stdin).unwrap());
    }
    let done = command.output().unwrap();
    assert_ne!(done.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// A finding as cases write it: level (or `open`), rule, and line or path.
type Found = (String, String, String);

fn found(report: &Value) -> BTreeSet<Found> {
    assert_eq!(report["notScanned"], serde_json::json!([]), "{report}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let level = if finding["kind"] == "open" { "open".to_owned() } else { text(&finding["level"]) };
            let location = &finding["location"];
            let place = location["startLine"].as_u64().map_or_else(|| text(&location["path"]), |line| line.to_string());
            (level, text(&finding["rule"]), place)
        })
        .collect()
}

/// The cases that are source files: all that are neither Dockerfiles nor recipes.
fn source_cases() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for rule in fs::read_dir(root().join("testdata/rules")).unwrap() {
        let rule = rule.unwrap().path();
        if rule.is_dir() {
            found.extend(fs::read_dir(rule).unwrap().map(|case| case.unwrap().path()).filter(|case| {
                let extension = case.extension().and_then(|extension| extension.to_str());
                case.is_file() && !matches!(extension, Some("Dockerfile" | "recipe" | "md"))
            }));
        }
    }
    found.sort();
    found
}

/// What is expected and not found, and the other way round. An expectation without a level or a place takes any.
fn difference(expected: &[(Option<String>, String, Option<String>)], found: &BTreeSet<Found>) -> Vec<String> {
    let meets = |(level, rule, place): &(Option<String>, String, Option<String>), found: &Found| {
        level.as_ref().is_none_or(|level| *level == found.0)
            && *rule == found.1
            && place.as_ref().is_none_or(|place| *place == found.2)
    };
    let missing = expected
        .iter()
        .filter(|expected| !found.iter().any(|found| meets(expected, found)))
        .map(|expected| format!("not found: {expected:?}"));
    let surplus = found
        .iter()
        .filter(|found| !expected.iter().any(|expected| meets(expected, found)))
        .map(|found| format!("not expected: {found:?}"));
    missing.chain(surplus).collect()
}

fn assert_none(wrong: &[String], cases: usize, least: usize) {
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= least, "only {cases} cases");
}

/// What a Dockerfile's first comments say about the case that it is.
struct Case {
    expected: Vec<(Option<String>, String, Option<String>)>,
    /// What stands in messages.
    said: Vec<String>,
    options: Vec<String>,
    /// What it is called where it is looked at, if it matters.
    called: Option<String>,
    /// Files of its context, where it does not lie in a folder of its own.
    context: BTreeMap<String, Vec<u8>>,
}

impl Case {
    fn read(file: &Path, text: &str) -> Self {
        let mut case = Self {
            expected: Vec::new(),
            said: Vec::new(),
            options: Vec::new(),
            called: None,
            context: BTreeMap::new(),
        };
        let mut said = false;
        for line in text.lines() {
            let line = line.strip_prefix("//").map_or_else(|| line.to_owned(), |rest| format!("#{rest}"));
            let line = line.as_str();
            if let Some(line) = line.strip_prefix("# expect: ") {
                said = true;
                let mut words: Vec<&str> = line.split_whitespace().collect();
                let level =
                    ["note", "warning", "error", "open"].contains(&words[0]).then(|| words.remove(0).to_owned());
                if words != ["nothing"] {
                    case.expected.push((level, words[0].to_owned(), words.get(1).map(|&place| place.to_owned())));
                }
            } else if let Some(name) = line.strip_prefix("# called: ") {
                case.called = Some(name.to_owned());
            } else if let Some(words) = line.strip_prefix("# says: ") {
                case.said.push(words.to_owned());
            } else if let Some((option, value)) = line.strip_prefix("# with: ").and_then(|line| line.split_once(' ')) {
                case.options.extend([format!("--{option}"), value.to_owned()]);
            } else if let Some(line) = line.strip_prefix("# context: ") {
                let (path, what) = line.split_once(' ').unwrap();
                case.context.entry(path.to_owned()).or_default().extend(bytes(what));
            }
        }
        assert!(said, "{}: no expectation", file.display());
        case
    }

    /// What a report says otherwise than the case wants.
    fn different(&self, report: &Value) -> Vec<String> {
        let mut different = difference(&self.expected, &found(report));
        let messages: Vec<_> = report["findings"].as_array().unwrap().iter().map(|found| &found["message"]).collect();
        let is_said = |words: &&String| messages.iter().any(|message| message.as_str().unwrap().contains(*words));
        different.extend(
            self.said.iter().filter(|words| !is_said(words)).map(|words| format!("not said: {words}: {messages:?}")),
        );
        different
    }
}

/// `< FILE [from BYTES] [first BYTES]`, as in recipes, with FILE below `testdata`; or `| TEXT`.
fn bytes(what: &str) -> Vec<u8> {
    if let Some(text) = what.strip_prefix('|') {
        return format!("{}\n", text.strip_prefix(' ').unwrap_or(text)).into_bytes();
    }
    let words: Vec<&str> = what.strip_prefix("< ").unwrap().split_whitespace().collect();
    let number =
        |name: &str| words.iter().position(|word| *word == name).map(|at| words[at + 1].parse::<usize>().unwrap());
    let all = fs::read(root().join("testdata").join(words[0])).unwrap();
    let rest = &all[number("from").unwrap_or(0)..];
    rest[..number("first").unwrap_or(rest.len())].to_vec()
}

#[test]
fn dockerfiles_show_what_they_are_cases_of() {
    let cases = cases("Dockerfile");
    let mut wrong = Vec::new();
    for file in &cases {
        let text = fs::read_to_string(file).unwrap();
        let case = Case::read(file, &text);
        let mut arguments = vec!["check"];
        arguments.extend(case.options.iter().map(String::as_str));
        let folder = tempfile::tempdir().unwrap();
        let report = if file.file_name().is_some_and(|name| name == "Dockerfile") {
            arguments.push(file.to_str().unwrap());
            report(&arguments, None)
        } else if case.context.is_empty() {
            // A case that is no folder has no context: its neighbours are none of its business.
            arguments.push("-");
            report(&arguments, Some(file))
        } else {
            for (path, bytes) in &case.context {
                let path = folder.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let copy = folder.path().join("Dockerfile");
            fs::write(&copy, &text).unwrap();
            arguments.push(copy.to_str().unwrap());
            report(&arguments, None)
        };
        wrong.extend(case.different(&report).into_iter().map(|what| format!("{}: {what}", name(file))));
    }
    assert_none(&wrong, cases.len(), 100);
}

#[test]
fn sources_show_what_they_are_cases_of() {
    let cases = source_cases();
    let mut wrong = Vec::new();
    for file in &cases {
        let text = fs::read_to_string(file).unwrap();
        let case = Case::read(file, &text);
        let folder = tempfile::tempdir().unwrap();
        let own = file.file_name().unwrap().to_str().unwrap();
        let called = folder.path().join(case.called.as_deref().unwrap_or(own));
        fs::create_dir_all(called.parent().unwrap()).unwrap();
        fs::write(&called, &text).unwrap();
        let mut arguments = vec!["check"];
        arguments.extend(case.options.iter().map(String::as_str));
        arguments.push(folder.path().to_str().unwrap());
        let report = report(&arguments, None);
        wrong.extend(case.different(&report).into_iter().map(|what| format!("{}: {what}", name(file))));
    }
    assert_none(&wrong, cases.len(), 20);
}

#[test]
fn images_show_what_they_are_cases_of() {
    let cases = cases("recipe");
    let mut wrong = Vec::new();
    for case in &cases {
        let recipe = Recipe::read(case).unwrap();
        let expected: Vec<_> = recipe
            .expected
            .as_ref()
            .unwrap()
            .iter()
            .map(|expected| (expected.level.clone(), expected.rule.clone(), expected.path.clone()))
            .collect();
        let mut arguments = vec!["scan".to_owned()];
        arguments.extend(recipe.options.iter().flat_map(|(option, value)| [format!("--{option}"), value.clone()]));
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        layout::write(std::slice::from_ref(&recipe), &image).unwrap();
        arguments.push(format!("oci:{}", image.display()));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let different = difference(&expected, &found(&report(&arguments, None)));
        wrong.extend(different.into_iter().map(|what| format!("{}: {what}", name(case))));
    }
    assert_none(&wrong, cases.len(), 45);
}

/// The path below the folder of cases.
fn name(case: &Path) -> String {
    case.strip_prefix(root().join("testdata/rules")).unwrap().display().to_string()
}
