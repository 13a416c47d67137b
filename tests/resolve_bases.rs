//! `rdsca check --resolve-bases` against the real `docker-registry`: what a base brings counts for what is built upon it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use fixture::layout;
use fixture::program;
use fixture::recipe::Recipe;
use fixture::registry::RealRegistry;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What `check` says of one Dockerfile: system, bundle, verdict, findings with their messages, and the exit code.
struct Said {
    target: Value,
    findings: Vec<String>,
    code: Option<i32>,
}

impl Said {
    fn system(&self) -> &str {
        self.target["os"]["version"].as_str().unwrap_or("other")
    }

    fn bundle(&self, field: &str) -> &str {
        self.target["bundle"][field].as_str().unwrap_or("-")
    }
}

fn check(dockerfile: &str, arguments: &[&str]) -> Said {
    let folder = program::folder(&[("Dockerfile", dockerfile)]);
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bundles/global-2025-08.pem");
    let always = ["check", "--no-config", "--no-cache", "--at", "2026-11-24", "--report", "json", "--bundle", bundle];
    let output = program::rdsca(folder.path(), &[&always, arguments].concat(), &[]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    Said {
        target: report["targets"][0].clone(),
        findings: findings.map(|finding| format!("{}: {}", text(finding, "rule"), text(finding, "message"))).collect(),
        code: output.status.code(),
    }
}

/// Pushes the image of a recipe.
fn push(registry: &RealRegistry, folder: &Path, name: &str, recipe: &str) {
    let (file, image) = (folder.join(format!("{name}.recipe")), folder.join(name));
    fs::write(&file, recipe).unwrap();
    layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
    registry.push(&image, "latest", &format!("acme/{name}:1"));
}

#[test]
fn what_a_base_brings_counts() {
    let Some(registry) = RealRegistry::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = root().join("testdata");
    let amazon = format!("include {}\n", data.join("images/amazon-linux-2023.recipe").display());
    let bundle = |name: &str, place: &str, mode: &str| {
        let bytes = data.join("bundles").join(name);
        format!("layer gzip ADD bundle {place}\nfile {place} {mode}\n  < {}\n", bytes.display())
    };
    let linked = "/etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem";
    let good = bundle("global-2025-08.pem", linked, "0644");
    push(
        &registry,
        folder.path(),
        "good",
        &format!("{amazon}user 1000\nenv CERTS=/etc/ssl/certs\nworkdir /srv\n{good}"),
    );
    push(&registry, folder.path(), "old", &(amazon.clone() + &bundle("global-2023-03.pem", "/opt/certs.pem", "0644")));
    push(&registry, folder.path(), "closed", &(amazon.clone() + &bundle("global-2025-08.pem", linked, "0600")));
    push(&registry, folder.path(), "bare", &amazon);
    let fetch = "ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem $CERTS/rds-ca.pem";
    push(&registry, folder.path(), "onbuild", &format!("{amazon}onbuild ENV CERTS=/opt\nonbuild {fetch}\n"));
    let debian = format!("include {}\n", data.join("images/debian-12.recipe").display());
    push(&registry, folder.path(), "debian", &debian);
    let image = |name: &str| format!("{}/acme/{name}:1", registry.host());
    let look = |dockerfile: &str| check(dockerfile, &["--resolve-bases"]);

    // Without being asked to, nobody looks.
    let said = check(&format!("FROM {}\n", image("good")), &[]);
    assert_eq!((said.code, said.bundle("state")), (Some(3), "unknown"));

    let said = look(&format!("FROM {}\nRUN dnf install -y nginx\n", image("good")));
    assert_eq!(said.findings, [""; 0]);
    assert_eq!((said.code, said.system(), said.bundle("state")), (Some(0), "2023", "present"));
    assert_eq!((said.bundle("path"), said.bundle("verdict")), ("/etc/ssl/certs/rds-ca.pem", "current"));
    assert_eq!(said.bundle("source"), image("good"));
    assert_eq!(said.target["bundle"]["readable"], true);

    // The base's environment, user and working directory are there to be used.
    let said = look(&format!("FROM {}\nUSER root\nRUN rm $CERTS/rds-ca.pem\n", image("good")));
    assert!(matches!(said.findings.as_slice(), [one] if one.starts_with("bundle-removed: ")), "{:?}", said.findings);
    let said = look(&format!("FROM {}\nCOPY --from={} /opt/certs.pem certs.pem\n", image("bare"), image("old")));
    assert_eq!((said.bundle("path"), said.bundle("verdict")), ("/certs.pem", "outdated"));

    let said = look(&format!("FROM {} AS base\nFROM base\nUSER 7\n", image("closed")));
    assert!(matches!(said.findings.as_slice(), [one] if one.starts_with("bundle-unreadable: ")), "{:?}", said.findings);

    let said = look(&format!("FROM {}\n", image("bare")));
    assert_eq!((said.code, said.system(), said.bundle("state")), (Some(1), "2023", "absent"));
    assert!(said.findings[0].starts_with("bundle-never-fetched: "), "{:?}", said.findings);

    // What it has for whoever builds upon it runs in the stage that does, and in none that is built upon that.
    let said = look(&format!("FROM {} AS first\nFROM first\n", image("onbuild")));
    assert_eq!(said.findings, [""; 0]);
    assert_eq!((said.bundle("state"), said.bundle("path")), ("present", "/opt/rds-ca.pem"));
    let said = look(&format!("FROM {} AS first\nRUN rm $CERTS/rds-ca.pem\nFROM first\n", image("onbuild")));
    assert!(matches!(said.findings.as_slice(), [one] if one.starts_with("bundle-removed: ")), "{:?}", said.findings);

    let said = look(&format!("FROM {}\n", image("debian")));
    assert_eq!((said.code, said.bundle("state"), said.findings.len()), (Some(0), "absent", 0));
}

#[test]
fn what_cannot_be_looked_up_is_open_and_says_why() {
    let Some(registry) = RealRegistry::open() else { return };
    let missing = format!("{}/acme/missing:1", registry.host());
    let said = check(&format!("FROM {missing}\n"), &["--resolve-bases"]);
    assert_eq!(said.code, Some(3));
    let [finding] = said.findings.as_slice() else { panic!("{:?}", said.findings) };
    assert!(finding.contains("base-not-resolved") && finding.contains(&missing), "{finding}");
    assert!(finding.contains("looking it up failed"), "{finding}");

    // Nobody listens there any more.
    let host = registry.host();
    drop(registry);
    let said = check(&format!("FROM {host}/acme/base:1\n"), &["--resolve-bases"]);
    assert_eq!((said.code, said.bundle("state")), (Some(3), "unknown"));
    assert!(said.findings[0].contains("looking it up failed"), "{:?}", said.findings);

    // What is known by its name is not looked up, whoever does not answer.
    let said = check("FROM public.ecr.aws/amazonlinux/amazonlinux:2023\n", &["--resolve-bases"]);
    assert!(said.findings[0].starts_with("bundle-never-fetched: "), "{:?}", said.findings);
}

/// `fix` looks them up too: a base that brings the bundle needs no repair, and one that is Amazon Linux without it does.
#[test]
fn what_is_looked_up_is_repaired() {
    let Some(registry) = RealRegistry::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = root().join("testdata");
    let amazon = format!("include {}\n", data.join("images/amazon-linux-2023.recipe").display());
    push(&registry, folder.path(), "bare", &amazon);
    let bundle = data.join("bundles/global-2025-08.pem");
    let good = format!("{amazon}layer gzip ADD bundle\nfile /opt/rds-ca.pem 0644\n  < {}\n", bundle.display());
    push(&registry, folder.path(), "good", &good);
    let repaired = |name: &str, options: &[&str]| {
        let text = format!("FROM {}/acme/{name}:1\n", registry.host());
        let place = program::folder(&[("Dockerfile", &text)]);
        let bundle = bundle.to_str().unwrap();
        let always = ["fix", "--write", "--no-config", "--no-cache", "--at", "2026-11-24", "--bundle", bundle];
        let code = program::rdsca(place.path(), &[&always, options].concat(), &[]).status.code();
        let after = fs::read_to_string(place.path().join("Dockerfile")).unwrap();
        (code, after.contains(&text), after != text)
    };
    assert_eq!(repaired("bare", &[]), (Some(3), true, false), "nobody looked");
    assert_eq!(repaired("bare", &["--resolve-bases"]), (Some(0), true, true));
    assert_eq!(repaired("good", &["--resolve-bases"]), (Some(0), true, false));
}
