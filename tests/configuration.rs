//! Configuration and ignores through the program, with real files: what is found, what counts, and who says so.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use fixture::layout;
use fixture::program;
use fixture::recipe::Recipe;
use serde_json::{Value, json};

const WITHOUT: &str = "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\n";
const UNVERIFIED: &str = "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\n\
    RUN curl -fsk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n";

/// A folder that is a repository's root, with these files.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = program::folder(files);
    fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

/// Runs in a folder, on the day of these tests.
fn rdsca(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program::rdsca(folder, arguments, &[&[("RDSCA_AT", "2026-11-24")], environment].concat())
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn told(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Exit code and report of a check.
fn check(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let done = rdsca(folder, &[&["check"], arguments, &["--report", "json"]].concat(), &[]);
    assert_ne!(code(&done), 2, "{}", told(&done.stderr));
    (code(&done), serde_json::from_slice(&done.stdout).unwrap())
}

/// `rule file:line` of each finding in a list of the report.
fn found(list: &Value) -> Vec<String> {
    let place = |finding: &Value| {
        let location = &finding["location"];
        format!("{} {}:{}", finding["rule"], location["path"], location["startLine"]).replace('"', "")
    };
    list.as_array().unwrap().iter().map(place).collect()
}

#[test]
fn the_nearest_configuration_holds() {
    let folder = repository(&[
        (".rdsca.yaml", "overrides: {bundle-never-fetched: note}"),
        ("a/Dockerfile", WITHOUT),
        ("b/.rdsca.yaml", "fail-on: never"),
        ("b/c/Dockerfile", WITHOUT),
    ]);
    let at = folder.path();
    assert_eq!(check(at, &["a"]).1["findings"][0]["level"], "note");
    assert_eq!(check(&at.join("a"), &["Dockerfile"]).1["findings"][0]["level"], "note");
    let (exit, report) = check(at, &["b/c/Dockerfile"]);
    assert_eq!((exit, &report["findings"][0]["level"]), (0, &json!("error")));
    // One run has one configuration.
    let done = rdsca(at, &["check", "a", "b"], &[]);
    assert_eq!(code(&done), 2);
    assert!(told(&done.stderr).contains(".rdsca.yaml and b/.rdsca.yaml both hold"), "{}", told(&done.stderr));
    let done = rdsca(at, &["check", "a", "b", "--config", "b/.rdsca.yaml"], &[]);
    assert_eq!(code(&done), 0);
    assert_eq!(code(&rdsca(at, &["check", "b", "--no-config"], &[])), 1);
}

#[test]
fn nothing_above_the_repository_is_read() {
    let folder =
        repository(&[(".rdsca.yaml", "fail-on: never"), ("inner/Dockerfile", WITHOUT), ("outer/Dockerfile", WITHOUT)]);
    fs::write(folder.path().join("inner/.git"), "gitdir: elsewhere").unwrap();
    assert_eq!(check(folder.path(), &["inner"]).0, 1);
    assert_eq!(check(folder.path(), &["outer"]).0, 0);
    // Outside of a repository it is the folder itself or nothing.
    fs::remove_dir(folder.path().join(".git")).unwrap();
    assert_eq!(check(folder.path(), &["outer"]).0, 1);
    assert_eq!(check(folder.path(), &["."]).0, 0);
}

#[test]
fn what_a_configuration_gets_wrong_is_told_with_its_place() {
    let folder = repository(&[("Dockerfile", WITHOUT)]);
    for (text, part) in [
        ("fail-onn: error\n", ".rdsca.yaml:1:1: there is no key `fail-onn` here"),
        ("\nfail-on: fatal\n", ".rdsca.yaml:2:10: "),
        ("ignores:\n  - rule: bundle-never-fetched\n", ".rdsca.yaml:2:5: `reason` is missing"),
        ("overrides:\n  bundle-never: off\n", "did you mean bundle-never-fetched?"),
        ("bundle: nothing.pem\n", "`bundle` in .rdsca.yaml: cannot read"),
        ("a: &a [1, 1]\nb: [*a\n", ".rdsca.yaml:1:1: "),
    ] {
        fs::write(folder.path().join(".rdsca.yaml"), text).unwrap();
        for command in ["check", "scan"] {
            let done = rdsca(folder.path(), &[command, "Dockerfile"], &[]);
            let said = told(&done.stderr);
            assert_eq!((code(&done), done.stdout.len()), (2, 0), "{text}: {said}");
            assert!(said.starts_with("rdsca: ") && said.contains(part) && said.lines().count() == 1, "{text}: {said}");
        }
    }
    let done = rdsca(folder.path(), &["check", "--config", "gone.yaml"], &[]);
    assert_eq!(code(&done), 2);
    assert!(told(&done.stderr).contains("cannot read gone.yaml"));
    fs::write(folder.path().join(".rdsca.yaml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(told(&rdsca(folder.path(), &["check"], &[]).stderr).contains("larger than 1 MiB"));
    fs::write(folder.path().join(".rdsca.yaml"), b"fail-on: \xff").unwrap();
    assert!(told(&rdsca(folder.path(), &["check"], &[]).stderr).contains("not UTF-8"));
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let folder = repository(&[(".rdsca.yaml", "fail-on: never\nbundle-paths: [/file]\n"), ("Dockerfile", WITHOUT)]);
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let done = rdsca(folder.path(), &[&["check", "--report", "json"], arguments].concat(), environment);
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let help = report["findings"][0]["help"].as_str().unwrap().to_owned();
        (code(&done), help.rsplit(' ').next().unwrap().to_owned())
    };
    let environment = [("RDSCA_FAIL_ON", "error"), ("RDSCA_BUNDLE_PATH", "/environment")];
    assert_eq!(run(&[], &[]), (0, "/file".to_owned()));
    assert_eq!(run(&[], &environment), (1, "/environment".to_owned()));
    assert_eq!(run(&["--fail-on", "never", "--bundle-path", "/flag"], &environment), (0, "/flag".to_owned()));
    assert_eq!(run(&["--no-config"], &[]), (1, "/etc/ssl/certs/rds-ca.pem".to_owned()));
    assert_eq!(run(&[], &[("RDSCA_NO_CONFIG", "1")]), (1, "/etc/ssl/certs/rds-ca.pem".to_owned()));
}

#[test]
fn a_bundle_lies_where_the_configuration_does() {
    let folder = repository(&[("Dockerfile", WITHOUT), ("deep/er/Dockerfile", WITHOUT)]);
    let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bundles/global-2025-08.pem");
    fs::copy(pem, folder.path().join("rds.pem")).unwrap();
    fs::write(folder.path().join(".rdsca.yaml"), "bundle: rds.pem\n").unwrap();
    let (_, report) = check(&folder.path().join("deep/er"), &["Dockerfile"]);
    assert!(report["reference"]["source"].as_str().unwrap().ends_with("rds.pem"), "{}", report["reference"]);
    assert_eq!(report["reference"]["authorities"], 108);
}

#[test]
fn an_ignored_finding_is_counted_and_not_hidden() {
    let text = "# rdsca: ignore[bundle-never-fetched] until=2027-03-31 -- reads from S3 only\n".to_owned() + WITHOUT;
    let folder = repository(&[("Dockerfile", &text)]);
    let (exit, report) = check(folder.path(), &[]);
    assert_eq!((exit, found(&report["findings"])), (0, vec![]));
    assert_eq!(
        report["summary"],
        json!({"targets": 1, "findings": 0, "suppressed": 1, "artifacts": 0, "notScanned": 0})
    );
    assert_eq!(found(&report["suppressed"]), ["bundle-never-fetched Dockerfile:2"]);
    assert_eq!(
        report["suppressed"][0]["suppression"],
        json!({"kind": "inSource", "justification": "reads from S3 only", "location":
            {"path": "Dockerfile", "startLine": 1, "startColumn": 17, "endLine": 1, "endColumn": 37}})
    );
    let plain = told(&rdsca(folder.path(), &["check"], &[]).stdout);
    assert!(plain.contains("nothing wrong, 1 ignored in 1 Dockerfile") && !plain.contains("S3"), "{plain}");
    let shown = told(&rdsca(folder.path(), &["check", "--show-ignored"], &[]).stdout);
    assert!(shown.contains("ignored[bundle-never-fetched] at Dockerfile:2"), "{shown}");
    assert!(shown.contains("by Dockerfile:1: reads from S3 only"), "{shown}");

    // The day after, it counts again.
    let (exit, report) = check(folder.path(), &["--at", "2027-04-01"]);
    assert_eq!((exit, report["summary"]["suppressed"].as_u64()), (1, Some(0)));
    assert_eq!(found(&report["findings"]), ["bundle-never-fetched Dockerfile:2", "ignore-expired Dockerfile:1"]);
}

#[test]
fn a_configuration_ignores_by_path() {
    let folder = repository(&[
        (
            ".rdsca.yaml",
            "ignores:\n\
             - {rule: bundle-never-fetched, path: 'tools/**', reason: no database}\n\
             - {rule: fetch-not-verified, path: services/api/Dockerfile, until: 2026-11-23, reason: soon}\n\
             - {rule: fetch-not-verified, path: 'services/*/Dockerfile', reason: proxy}\n\
             - {rule: retired-bundle-url, reason: none left}\n\
             - {rule: image-bundle-missing, reason: images are scanned elsewhere}\n",
        ),
        ("tools/a/Dockerfile", WITHOUT),
        ("services/api/Dockerfile", UNVERIFIED),
        ("Dockerfile", WITHOUT),
    ]);
    let (exit, report) = check(folder.path(), &[]);
    assert_eq!(exit, 1);
    assert_eq!(
        found(&report["findings"]),
        ["bundle-never-fetched Dockerfile:1", "ignore-expired .rdsca.yaml:3", "ignore-unused .rdsca.yaml:5"]
    );
    assert_eq!(
        found(&report["suppressed"]),
        ["fetch-not-verified services/api/Dockerfile:2", "bundle-never-fetched tools/a/Dockerfile:1"]
    );
    assert_eq!(report["suppressed"][0]["suppression"]["kind"], "external");
    assert_eq!(report["suppressed"][0]["suppression"]["location"]["startLine"], 4);
    assert!(report["findings"][1].get("target").is_none(), "it is about no target");

    // From another folder, and by another name of the path; what was not looked at is not called unused.
    for (at, path) in [("services/api", "."), ("services/api", "Dockerfile"), ("tools", "../services/api")] {
        let (_, report) = check(&folder.path().join(at), &[path]);
        assert_eq!(report["summary"]["suppressed"], 1, "{at} {path}");
        assert_eq!(found(&report["findings"]).len(), 1, "{at} {path}: only what expired: {}", report["findings"]);
    }
    // What could not be read is not called unused either.
    fs::write(folder.path().join("Dockerfile"), "FROM a\nFETCH b\n").unwrap();
    assert_eq!(found(&check(folder.path(), &[]).1["findings"]), ["ignore-expired .rdsca.yaml:3"]);
}

#[test]
fn rules_are_turned_off_and_weighed_anew() {
    let unused = "# rdsca: ignore[retired-bundle-url] -- gone\n".to_owned() + UNVERIFIED;
    let folder = repository(&[("Dockerfile", &unused), (".rdsca.yaml", "")]);
    let run = |text: &str| {
        fs::write(folder.path().join(".rdsca.yaml"), text).unwrap();
        let (exit, report) = check(folder.path(), &[]);
        let level = |finding: &Value| format!("{} {}", finding["rule"], finding["level"]).replace('"', "");
        (exit, report["findings"].as_array().unwrap().iter().map(level).collect::<Vec<_>>())
    };
    let both =
        |first: &str, second: &str| vec![format!("fetch-not-verified {first}"), format!("ignore-unused {second}")];
    assert_eq!(run(""), (1, both("error", "warning")));
    assert_eq!(run("overrides: {fetch-not-verified: note}"), (0, both("note", "warning")));
    assert_eq!(run("overrides: {fetch-not-verified: note, ignore-unused: error}"), (1, both("note", "error")));
    assert_eq!(run("overrides: {fetch-not-verified: off, ignore-unused: off}"), (0, vec![]));
}

#[test]
fn bases_are_what_their_owner_says() {
    let own = "FROM registry.example.com/base/python:3.12\nCOPY . /app\n";
    let folder = repository(&[("Dockerfile", own), (".rdsca.yaml", "")]);
    let run = |says: &str, dockerfile: &str| {
        let text = format!("bases:\n  - {{image: 'registry.example.com/base/*', {says}}}\n");
        fs::write(folder.path().join(".rdsca.yaml"), text).unwrap();
        fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        let (exit, report) = check(folder.path(), &[]);
        let rules: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["rule"].as_str().unwrap().to_owned())
            .collect();
        (exit, rules.join(" "), report["targets"][0]["bundle"]["state"].as_str().unwrap().to_owned())
    };
    let expected = |exit, rules: &str, state: &str| (exit, rules.to_owned(), state.to_owned());
    assert_eq!(run("os: amazon-linux-2023, bundle: true", own), expected(0, "", "present"));
    assert_eq!(run("bundle: true", own), expected(0, "", "present"));
    assert_eq!(run("os: amazon-linux-2, bundle: false", own), expected(1, "bundle-never-fetched", "absent"));
    assert_eq!(run("os: other", own), expected(0, "", "unknown"));
    // Half of an answer is no answer.
    assert_eq!(run("os: amazon-linux-2023", own), expected(3, "base-not-resolved", "unknown"));
    assert_eq!(run("bundle: false", own), expected(3, "base-not-resolved", "absent"));
    // What the base brings can be lost as anything else can.
    let lost = own.to_owned() + "RUN rm /etc/ssl/certs/rds-ca.pem\n";
    assert_eq!(run("os: amazon-linux-2023, bundle: true", &lost), expected(1, "bundle-removed", "removed"));
    let unnamed = "ARG TAG\nFROM registry.example.com/base/python:${TAG}\n";
    assert_eq!(run("os: amazon-linux-2023, bundle: true", unnamed), expected(0, "", "present"));
    let other = "FROM registry.example.com/base/deep/er:1\n";
    assert_eq!(run("bundle: true", other), expected(3, "base-not-resolved", "unknown"));
}

#[test]
fn a_base_that_is_known_to_be_amazon_linux_is_still_somebodys_own() {
    let folder = repository(&[("Dockerfile", "FROM registry.example.com/team/amazonlinux:2023\n")]);
    let (exit, report) = check(folder.path(), &[]);
    assert_eq!((exit, found(&report["findings"])), (3, vec!["base-not-resolved Dockerfile:1".to_owned()]));
}

#[test]
fn every_image_may_need_the_bundle() {
    let folder = repository(&[("Dockerfile", "FROM debian:12\n"), (".rdsca.yaml", "require-bundle: always")]);
    let (exit, report) = check(folder.path(), &[]);
    assert_eq!((exit, found(&report["findings"])), (1, vec!["bundle-never-fetched Dockerfile:1".to_owned()]));
    assert!(!report["findings"][0]["message"].as_str().unwrap().contains("Amazon Linux"));
    assert_eq!(check(folder.path(), &["--require-bundle", "amazon-linux"]).0, 0);
}

#[test]
fn an_ignore_that_one_of_several_builds_needs_is_of_use() {
    let dockerfile = "ARG BASE=public.ecr.aws/amazonlinux/amazonlinux:2023\n\
        # rdsca: ignore[bundle-never-fetched] -- no database\n\
        # rdsca: ignore[retired-bundle-url] -- nobody fetches it\n\
        FROM ${BASE}\n";
    let compose = "services:\n  api:\n    build: {context: api}\n  tools:\n    build: {context: api, args: {BASE: 'debian:12'}}\n";
    let folder = repository(&[("compose.yaml", compose), ("api/Dockerfile", dockerfile)]);
    let (exit, report) = check(folder.path(), &[]);
    assert_eq!((exit, report["summary"]["targets"].as_u64()), (0, Some(2)));
    assert_eq!(found(&report["findings"]), ["ignore-unused api/Dockerfile:3"]);
    assert_eq!(report["summary"]["suppressed"], 1);

    let plain = "ARG BASE=public.ecr.aws/amazonlinux/amazonlinux:2\nFROM ${BASE}\n";
    let both = "services:\n  one:\n    build: {context: api}\n  two:\n    build: {context: api, args: {BASE: 'amazonlinux:2023'}}\n  \
        three:\n    build: {context: api, dockerfile_inline: 'FROM amazonlinux:2'}\n";
    let ignore = |path: &str| format!("ignores: [{{rule: bundle-never-fetched, path: {path}, reason: no database}}]");
    let folder = repository(&[("a/compose.yaml", both), ("a/api/Dockerfile", plain)]);
    for (path, at, suppressed) in [
        ("a/api/Dockerfile", "", 2),
        ("a/api/Dockerfile", "a", 2),
        ("a/compose.yaml", "", 1),
        ("a/compose.yaml", "a", 1),
        ("a/**", "a", 3),
    ] {
        fs::write(folder.path().join(".rdsca.yaml"), ignore(path)).unwrap();
        let (_, report) = check(&folder.path().join(at), &[]);
        assert_eq!(report["summary"]["suppressed"], suppressed, "{path} from {at:?}: {}", report["findings"]);
        assert_eq!(report["summary"]["findings"], 3 - suppressed, "{path} from {at:?}: {}", report["findings"]);
    }
}

#[test]
fn what_is_ignored_is_not_repaired() {
    let ignored = "# rdsca: ignore[bundle-never-fetched] -- reads from S3 only\n".to_owned() + WITHOUT;
    let folder = repository(&[
        (
            ".rdsca.yaml",
            "ignores: [{rule: bundle-never-fetched, path: 'tools/**', reason: no database}]\nbundle-paths: [/x.pem]\n",
        ),
        ("tools/Dockerfile", WITHOUT),
        ("Dockerfile", &ignored),
        ("api/Dockerfile", WITHOUT),
    ]);
    let done = rdsca(folder.path(), &["fix", "--write"], &[]);
    assert_eq!(code(&done), 0, "{}", told(&done.stderr));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("tools/Dockerfile").as_str(), read("Dockerfile")), (WITHOUT, ignored));
    assert!(read("api/Dockerfile").contains(" /x.pem\n"), "{}", read("api/Dockerfile"));
}

/// An image without the bundle, in a repository with this configuration.
fn image(config: &str, os: &str) -> tempfile::TempDir {
    let recipe = format!(
        "label rdsca.ignore=image-bundle-missing\nlayer gzip FROM\nfile /etc/os-release\n| ID={os}\n| VERSION_ID=2023\n"
    );
    let folder = repository(&[(".rdsca.yaml", config), ("a.recipe", &recipe)]);
    layout::write(&[Recipe::read(&folder.path().join("a.recipe")).unwrap()], &folder.path().join("image")).unwrap();
    folder
}

fn scan(folder: &Path) -> (i32, Vec<String>, u64) {
    let done = rdsca(folder, &["scan", "oci:image", "--report", "json"], &[]);
    assert_ne!(code(&done), 2, "{}", told(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let rules = report["findings"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap().to_owned());
    (code(&done), rules.collect(), report["summary"]["suppressed"].as_u64().unwrap())
}

#[test]
fn images_are_ignored_by_name_and_excuse_themselves_by_nothing() {
    let run = |config: &str| scan(image(config, "amzn").path());
    let list = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>();
    let ignore = |rest: &str| format!("ignores:\n  - {{rule: image-bundle-missing, reason: no database, {rest}}}\n");
    assert_eq!(run(""), (1, list(&["image-bundle-missing"]), 0), "a label says nothing");
    assert_eq!(run(&ignore("image: 'oci:*'")), (0, vec![], 1));
    assert_eq!(run(&ignore("image: 'oci:other'")), (1, list(&["image-bundle-missing"]), 0));
    assert_eq!(
        run(&ignore("image: 'oci:*', until: 2026-11-23")),
        (1, list(&["image-bundle-missing", "ignore-expired"]), 0)
    );
    // One that names the image can be called unused, a pattern can not: it may be of use for another image.
    let unused = "ignores:\n  - {rule: image-bundle-removed, reason: x, image: 'oci:image'}\n  \
                  - {rule: image-bundle-outdated, reason: x, image: 'oci:*'}\n  - {rule: image-bundle-outdated, reason: x}\n";
    assert_eq!(run(unused), (1, list(&["image-bundle-missing", "ignore-unused"]), 0));
    assert_eq!(run("overrides: {image-bundle-missing: off}"), (0, vec![], 0));
}

#[test]
fn every_image_that_is_scanned_may_need_the_bundle() {
    assert_eq!(scan(image("", "debian").path()).0, 0);
    let (exit, rules, _) = scan(image("require-bundle: always", "debian").path());
    assert_eq!((exit, rules), (1, vec!["image-bundle-missing".to_owned()]));
}

#[test]
fn init_begins_what_check_finds_good() {
    let folder = repository(&[]);
    let at = folder.path();
    assert_eq!(code(&rdsca(at, &["config", "check"], &[])), 2);
    assert_eq!(code(&rdsca(at, &["config", "init"], &[])), 0);
    assert_eq!(told(&rdsca(at, &["config", "check"], &[]).stdout), ".rdsca.yaml: good\n");
    fs::write(at.join(".rdsca.yaml"), "fail-on: note\n").unwrap();
    let done = rdsca(at, &["config", "init"], &[]);
    assert_eq!(code(&done), 2);
    assert!(told(&done.stderr).contains("--force"));
    assert_eq!(fs::read_to_string(at.join(".rdsca.yaml")).unwrap(), "fail-on: note\n");
    assert_eq!(code(&rdsca(at, &["config", "init", "--force"], &[])), 0);
    assert!(fs::read_to_string(at.join(".rdsca.yaml")).unwrap().contains("#: fail-on: error"));
    fs::write(at.join("bad.yaml"), "x: 1\n").unwrap();
    let done = rdsca(at, &["config", "check", ".rdsca.yaml", "bad.yaml"], &[]);
    assert_eq!((code(&done), told(&done.stdout)), (2, ".rdsca.yaml: good\n".to_owned()));
    assert!(told(&done.stderr).contains("bad.yaml:1:1: "));
}

#[test]
fn show_says_what_holds_and_who_says_so_and_can_be_read_again() {
    let folder = repository(&[(
        ".rdsca.yaml",
        "rds-regions: [eu-west-1]\nfail-on: note\noverrides: {fetch-not-verified: off}\n\
         bases: [{image: 'a/*', os: amazon-linux-1, bundle: false}]\n\
         teams: [{name: 'a: b', images: [x/**, '\"y\"']}]\n\
         ignores: [{rule: bundle-never-fetched, path: 'a \"b\"/*', until: 2027-01-01, reason: '# no: database'}]\n",
    )]);
    let done = rdsca(folder.path(), &["config", "show", "--bundle-path", "/x.pem"], &[("RDSCA_FAIL_ON", "never")]);
    let shown = told(&done.stdout);
    assert_eq!(
        shown.lines().take(6).collect::<Vec<_>>(),
        [
            "# .rdsca.yaml",
            "bundle-paths: [\"/x.pem\"] # the command line or the environment",
            "rds-regions: [\"eu-west-1\"] # .rdsca.yaml",
            "bundle: \"builtin\" # default",
            "fail-on: never # the command line or the environment",
            "require-bundle: amazon-linux # default",
        ]
    );
    fs::write(folder.path().join(".rdsca.yaml"), &shown).unwrap();
    let again = told(&rdsca(folder.path(), &["config", "show"], &[]).stdout);
    let values =
        |text: &str| text.lines().map(|line| line.split(" # ").next().unwrap().to_owned()).skip(1).collect::<Vec<_>>();
    assert_eq!(values(&again), values(&shown), "{again}");
    let nothing = tempfile::tempdir().unwrap();
    assert!(told(&rdsca(nothing.path(), &["config", "show"], &[]).stdout).starts_with("# no .rdsca.yaml holds here\n"));
}

#[test]
fn what_the_documentation_shows_is_good() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
    let blocks = |language: &str| {
        let opening = format!("```{language}\n");
        let found = text.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    let [configurations, dockerfiles] = ["yaml", "dockerfile"].map(blocks);
    assert_eq!((configurations.len(), dockerfiles.len()), (5, 2));
    let folder = repository(&[
        (".rdsca.yaml", &configurations.concat()),
        ("Dockerfile", &dockerfiles[0]),
        ("old/Dockerfile", &dockerfiles[1]),
    ]);
    let done = rdsca(folder.path(), &["config", "check"], &[]);
    assert_eq!(code(&done), 0, "{}", told(&done.stderr));
    let (_, report) = check(folder.path(), &["--no-config"]);
    assert_eq!(
        found(&report["suppressed"]),
        [
            "bundle-never-fetched Dockerfile:2",
            "fetch-not-verified old/Dockerfile:3",
            "retired-bundle-url old/Dockerfile:3"
        ]
    );
}

/// Configurations as JSON, which is YAML, and whether they are good.
fn samples() -> Vec<(Value, bool)> {
    let rule = "bundle-never-fetched";
    vec![
        (json!({}), true),
        (json!(null), true),
        (json!({"bundle-paths": ["/a"], "rds-regions": ["eu-west-1"], "bundle": "a.pem"}), true),
        (json!({"fail-on": "never", "require-bundle": "always"}), true),
        (
            json!({"bundle-paths": null, "rds-regions": null, "bundle": null, "fail-on": null, "require-bundle": null}),
            true,
        ),
        (json!({"bases": null, "overrides": null, "ignores": null}), true),
        (json!({"bases": [{"image": "a/*", "bundle": false}, {"image": "b", "os": "other"}]}), true),
        (json!({"teams": [{"name": "a", "images": ["x/**", "y"]}]}), true),
        (json!({"overrides": {rule: "off", "ignore-unused": "error"}}), true),
        (json!({"ignores": [{"rule": rule, "path": "a/**", "until": "2027-03-31", "reason": "x"}]}), true),
        (json!({"ignores": [{"rule": "image-bundle-missing", "image": "a", "reason": "x"}]}), true),
        (json!([]), false),
        (json!({"other": 1}), false),
        (json!({"bundle-paths": "/a"}), false),
        (json!({"bundle-paths": []}), false),
        (json!({"bundle-paths": ["a"]}), false),
        (json!({"rds-regions": [""]}), false),
        (json!({"bundle": " "}), false),
        (json!({"fail-on": "fatal"}), false),
        (json!({"require-bundle": "sometimes"}), false),
        (json!({"bases": [{"image": "a"}]}), false),
        (json!({"bases": [{"bundle": true}]}), false),
        (json!({"bases": [{"image": "a", "bundle": "yes, it does"}]}), false),
        (json!({"bases": [{"image": "a", "os": "2023"}]}), false),
        (json!({"bases": [{"image": "a", "bundle": true, "user": "root"}]}), false),
        (json!({"teams": [{"name": "a"}]}), false),
        (json!({"teams": [{"name": "a", "images": []}]}), false),
        (json!({"teams": [{"name": "", "images": ["x"]}]}), false),
        (json!({"teams": {"a": ["x"]}}), false),
        (json!({"overrides": {rule: "loud"}}), false),
        (json!({"overrides": {"Not A Rule": "off"}}), false),
        (json!({"ignores": [{"rule": rule}]}), false),
        (json!({"ignores": [{"rule": rule, "reason": ""}]}), false),
        (json!({"ignores": [{"reason": "x"}]}), false),
        (json!({"ignores": [{"rule": rule, "reason": "x", "until": "soon"}]}), false),
        (json!({"ignores": [{"rule": rule, "reason": "x", "path": "a", "image": "a"}]}), false),
        (json!({"ignores": [{"rule": rule, "reason": "x", "paths": "a"}]}), false),
    ]
}

/// Says for each configuration on stdin whether the schema on the command line finds it good.
const VALIDATE: &str = "
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
print(json.dumps([validator.is_valid(sample) or sample is None for sample in json.load(sys.stdin)]))
";

#[test]
fn the_schema_takes_and_refuses_what_the_program_does() {
    let samples = samples();
    for (sample, good) in &samples {
        let folder = repository(&[(".rdsca.yaml", &sample.to_string())]);
        let done = rdsca(folder.path(), &["config", "check"], &[]);
        assert_eq!(code(&done), if *good { 0 } else { 2 }, "{sample}: {}", told(&done.stderr));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = root.join("target/jsonschema");
    let mut python = Command::new("python3");
    python.args(["-c", VALIDATE]).arg(root.join("docs/config.schema.json")).env("PYTHONPATH", &packages);
    let Ok(mut child) = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        println!("skipped: there is no python3");
        return;
    };
    let values: Vec<_> = samples.iter().map(|(sample, _)| sample).collect();
    // Python may have given up on the import before it reads.
    let _ = child.stdin.take().unwrap().write_all(json!(values).to_string().as_bytes());
    let done = child.wait_with_output().unwrap();
    if told(&done.stderr).contains("No module named 'jsonschema'") {
        println!("skipped: the Python package `jsonschema` is not there; `cargo test --test report` installs it");
        return;
    }
    assert!(done.status.success(), "{}", told(&done.stderr));
    let valid: Vec<bool> = serde_json::from_slice(&done.stdout).unwrap();
    for ((sample, good), valid) in samples.iter().zip(valid) {
        assert_eq!(valid, *good, "{sample}");
    }
}

#[test]
fn schema_prints_the_one_that_is_published() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.schema.json");
    let done = rdsca(Path::new("."), &["config", "schema"], &[]);
    assert_eq!(told(&done.stdout), fs::read_to_string(published).unwrap());
}
