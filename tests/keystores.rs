//! RDS authorities in keystores and in the system's own store: found by content, opened with the usual passwords or with those
//! that are given, and "could not tell" where neither fits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use fixture::layout;
use fixture::recipe::Recipe;
use rdsca::bundle::{BUILTIN_PEM, Contents, Effort, Locked, Opening, Passwords};
use serde_json::Value;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn keystore(name: &str) -> Vec<u8> {
    fs::read(testdata().join("keystores").join(name)).unwrap()
}

#[test]
fn every_kind_of_keystore_is_opened() {
    let authority = Contents::read(&keystore("authority.pem")).fingerprints();
    assert_eq!(authority.len(), 1);
    // What Java trusts in it, how it was opened, and what Java passes over.
    for (name, trusted, opening, passed_over) in [
        ("java.jks", true, Opening::Usual, 0),
        ("java.jceks", true, Opening::Usual, 0),
        ("java.p12", true, Opening::Usual, 0),
        ("legacy.p12", true, Opening::Usual, 0),
        ("without-password.p12", true, Opening::Usual, 0),
        ("other-password.p12", true, Opening::Given, 0),
        ("other-password-legacy.p12", true, Opening::Given, 0),
        ("openssl.p12", false, Opening::Usual, 1),
        ("openssl-empty-password.p12", false, Opening::Usual, 1),
        ("openssl-rc2-empty-password.p12", false, Opening::Usual, 1),
        ("openssl-3des.p12", false, Opening::Usual, 1),
        ("openssl-aes128.p12", false, Opening::Usual, 1),
        ("with-key.p12", false, Opening::Usual, 1),
    ] {
        let passwords = Passwords::new(vec!["wrong".to_owned(), "unusual".to_owned()]);
        let read = Contents::read_with(&keystore(name), &passwords, &Effort::default());
        let found = read.keystore.unwrap();
        assert_eq!((found.opening, found.passed_over), (opening, passed_over), "{name}");
        assert_eq!(read.fingerprints() == authority, trusted, "{name}");
        let usually = Contents::read(&keystore(name));
        let locked = (opening == Opening::Given).then_some(Locked::Password);
        assert_eq!(usually.locked(), locked, "{name}");
        assert_eq!(usually.certificates.is_empty(), locked.is_some() || !trusted, "{name}");
    }
}

#[test]
fn what_is_cut_or_spoilt_says_so_and_trusts_nothing_more() {
    let authority = Contents::read(&keystore("authority.pem")).fingerprints();
    // Where passwords are hashed, each try takes its time.
    for (name, step) in [("java.jks", 7), ("without-password.p12", 7), ("java.p12", 397), ("legacy.p12", 397)] {
        let whole = keystore(name);
        for end in (4..whole.len()).step_by(step) {
            let cut = Contents::read(&whole[..end]);
            assert!(cut.certificates.is_empty(), "{name} cut at {end}");
            assert!(cut.keystore.is_none() || cut.locked().is_some(), "{name} cut at {end}");
        }
        for at in (0..whole.len()).step_by(step) {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x55;
            // A spoilt certificate is another one; there is never one more.
            assert!(Contents::read(&spoilt).fingerprints().len() <= authority.len(), "{name} spoilt at {at}");
        }
    }
}

#[test]
fn a_password_that_is_hashed_for_hours_is_not_tried() {
    let mut bytes = keystore("java.p12");
    // 10,000 rounds, as DER has them.
    let at = bytes.windows(4).position(|window| window == [2, 2, 0x27, 0x10]).unwrap();
    bytes[at + 2] = 0x7f;
    assert_eq!(Contents::read_with(&bytes, &Passwords::default(), &Effort::of(50_000)).locked(), Some(Locked::Effort));
    let spent = Effort::of(25_000);
    // One effort is for all keystores of a layer together.
    let whole = keystore("legacy.p12");
    let open = || Contents::read_with(&whole, &Passwords::default(), &spent).locked();
    let tries: Vec<_> = (0..40).map(|_| open()).collect();
    assert_eq!(tries.last(), Some(&Some(Locked::Effort)), "{tries:?}");
}

#[test]
fn passwords_are_not_shown() {
    assert!(!format!("{:?}", Passwords::new(vec!["unusual".to_owned()])).contains("unusual"));
}

/// The DER of every certificate of the builtin bundle.
fn authorities() -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(BUILTIN_PEM).unwrap();
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let base64 = blocks.map(|block| block.split("-----END").next().unwrap().split_whitespace().collect::<String>());
    base64.map(|text| base64::engine::general_purpose::STANDARD.decode(text).unwrap()).collect()
}

/// A JKS with these certificates, as Java writes it; the digest at its end is none, since nobody without the password looks at it.
fn jks(certificates: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [0xfeed_feed_u32, 2, u32::try_from(certificates.len()).unwrap()].map(u32::to_be_bytes).concat();
    let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    for (number, der) in certificates.iter().enumerate() {
        bytes.extend(2_u32.to_be_bytes());
        bytes.extend(text(&format!("rds-{number}")));
        bytes.extend([0; 8]);
        bytes.extend(text("X.509"));
        bytes.extend(u32::try_from(der.len()).unwrap().to_be_bytes());
        bytes.extend(der);
    }
    bytes.extend([0; 20]);
    bytes
}

/// An image of Amazon Linux with these files; `what` is more of its recipe.
struct Image {
    folder: tempfile::TempDir,
}

impl Image {
    fn new(files: &[(&str, &[u8])], what: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = testdata().join("images/amazon-linux-2023.recipe");
        let mut text = format!("include {}\nlayer gzip RUN keytool\n", base.display());
        for (number, (path, bytes)) in files.iter().enumerate() {
            let file = folder.path().join(number.to_string());
            fs::write(&file, bytes).unwrap();
            text.push_str(&format!("file {path}\n< {}\n", file.display()));
        }
        let recipe = folder.path().join("a.recipe");
        fs::write(&recipe, text + what).unwrap();
        layout::write(&[Recipe::read(&recipe).unwrap()], &folder.path().join("image")).unwrap();
        Self { folder }
    }

    fn scan(&self, options: &[&str]) -> Report {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
        command.arg("scan").arg(format!("oci:{}", self.folder.path().join("image").display()));
        command.args(["--no-config", "--report", "json", "--at", "2026-11-24", "--bundle"]);
        command.arg(testdata().join("bundles/global-2025-08.pem")).args(options);
        command.arg("--cache-dir").arg(self.folder.path().join("cache"));
        let done = command.env_remove("RDSCA_NO_CACHE").output().unwrap();
        assert_ne!(done.status.code(), Some(2), "{}", String::from_utf8_lossy(&done.stderr));
        Report { code: done.status.code().unwrap(), json: serde_json::from_slice(&done.stdout).unwrap() }
    }
}

struct Report {
    code: i32,
    json: Value,
}

impl Report {
    /// Kind or level, rule and path of every finding.
    fn findings(&self) -> Vec<[&str; 3]> {
        let findings = self.json["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| {
                let kind = finding["kind"].as_str().filter(|kind| *kind == "open");
                let level = kind.unwrap_or_else(|| finding["level"].as_str().unwrap());
                [level, finding["rule"].as_str().unwrap(), finding["location"]["path"].as_str().unwrap_or_default()]
            })
            .collect()
    }

    fn bundle(&self, field: &str) -> &str {
        self.json["targets"][0]["bundle"][field].as_str().unwrap_or_default()
    }

    /// State, place and verdict of the bundle.
    fn state(&self) -> [&str; 3] {
        ["state", "where", "verdict"].map(|field| self.bundle(field))
    }
}

const CACERTS: &str = "/usr/lib/jvm/java-21/lib/security/cacerts";

#[test]
fn a_trust_store_of_java_with_all_authorities_is_a_bundle() {
    let image = Image::new(&[(CACERTS, &jks(&authorities()))], "");
    let report = image.scan(&[]);
    assert_eq!(report.findings(), [[""; 3]; 0]);
    assert_eq!((report.code, report.state()), (0, ["present", "keystore", "current"]));
    assert_eq!(report.bundle("path"), CACERTS);
}

#[test]
fn one_with_the_first_certificate_only_is_an_error() {
    let image = Image::new(&[(CACERTS, &jks(&authorities()[..1]))], "");
    let report = image.scan(&[]);
    assert_eq!(report.findings(), [["error", "image-bundle-outdated", CACERTS]]);
    assert_eq!(report.state(), ["present", "keystore", "outdated"]);
    let help = report.json["findings"][0]["help"].as_str().unwrap();
    assert!(help.contains("import each"), "{help}");
}

#[test]
fn one_without_rds_is_none() {
    let image = Image::new(&[(CACERTS, &keystore("java.p12"))], "");
    let report = image.scan(&[]);
    assert_eq!(report.findings(), [["error", "image-bundle-missing", "/etc/ssl/certs/rds-ca.pem"]]);
    assert_eq!(report.state(), ["absent", "", ""]);
}

#[test]
fn others_authorities_in_a_store_of_java_are_nobodys_business() {
    let mut all = authorities();
    let pem = String::from_utf8(keystore("authority.pem")).unwrap();
    let own: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    all.push(base64::engine::general_purpose::STANDARD.decode(own).unwrap());
    let stores: [(&str, &[u8]); 1] = [(CACERTS, &jks(&all))];
    assert_eq!(Image::new(&stores, "").scan(&[]).state(), ["present", "keystore", "current"]);
    // In a keystore that was declared to be the bundle they are.
    let report = Image::new(&[("/opt/rds.jks", &jks(&all))], "").scan(&["--bundle-path", "/opt/rds.jks"]);
    assert_eq!(report.findings(), [["error", "image-bundle-foreign-authority", "/opt/rds.jks"]]);
}

#[test]
fn a_keystore_that_nobody_looks_into_is_misplaced() {
    let store = jks(&authorities());
    let files: &[(&str, &[u8])] = &[("/opt/app/truststore.jks", &store)];
    let report = Image::new(files, "").scan(&[]);
    assert_eq!(report.findings(), [["note", "image-bundle-misplaced", "/opt/app/truststore.jks"]]);
    assert_eq!(report.state(), ["present", "keystore", "current"]);
    let named = "env JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/opt/app/truststore.jks\n";
    let image = Image::new(files, named);
    assert_eq!(image.scan(&[]).findings(), [[""; 3]; 0]);
    let declared = Image::new(files, "").scan(&["--bundle-path", "/opt/app/truststore.jks"]);
    assert_eq!((declared.findings(), declared.state()), (vec![], ["present", "keystore", "current"]));
}

#[test]
fn clients_that_read_pem_find_none_in_a_keystore() {
    let path = "/etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem";
    let report = Image::new(&[(path, &jks(&authorities()))], "").scan(&[]);
    assert_eq!(report.findings()[0], ["error", "image-bundle-invalid", "/etc/ssl/certs/rds-ca.pem"]);
}

#[test]
fn what_can_not_be_opened_is_open_until_its_password_is_given() {
    let image = Image::new(&[(CACERTS, &keystore("other-password.p12"))], "");
    let told = || {
        let report = image.scan(&[]);
        assert_eq!(report.findings(), [["open", "image-bundle-missing", CACERTS]]);
        assert_eq!(report.code, 3);
    };
    told();
    // It is not the cache that tells, and what a password opened is not left in it.
    for _ in 0..2 {
        let report = image.scan(&["--keystore-password", "unusual"]);
        assert_eq!(report.findings(), [["error", "image-bundle-missing", "/etc/ssl/certs/rds-ca.pem"]]);
    }
    told();
    let declared = image.scan(&["--bundle-path", CACERTS]);
    assert_eq!(declared.findings(), [["open", "image-bundle-invalid", CACERTS]]);
    assert_eq!((declared.code, declared.state()), (3, ["present", "keystore", "unknown"]));
    // Elsewhere it does not hide that the bundle is missing, but it is told of.
    let report = Image::new(&[("/opt/x.p12", &keystore("other-password.p12"))], "").scan(&[]);
    assert_eq!(report.findings(), [["error", "image-bundle-missing", "/etc/ssl/certs/rds-ca.pem"]]);
    assert!(report.json["findings"][0]["message"].as_str().unwrap().contains("/opt/x.p12"));
}

#[test]
fn authorities_appended_to_the_systems_store_count() {
    let store = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    let with = |more: &[u8]| [&keystore("authority.pem")[..], more].concat();
    let report = Image::new(&[(store, &with(BUILTIN_PEM))], "").scan(&[]);
    assert_eq!((report.findings(), report.state()), (vec![], ["present", "system-store", "current"]));
    assert_eq!(report.bundle("path"), store);
    let first = BUILTIN_PEM.split(|byte| *byte == b'\n').take_while(|line| !line.starts_with(b"-----END"));
    let first = [first.collect::<Vec<_>>().join(&b'\n'), b"\n-----END CERTIFICATE-----\n".to_vec()].concat();
    let report = Image::new(&[(store, &with(&first))], "").scan(&[]);
    assert_eq!(report.findings(), [["error", "image-bundle-outdated", store]]);
}

#[test]
fn the_links_of_a_java_installation_are_followed() {
    let store = "/etc/pki/ca-trust/extracted/java/cacerts";
    let links = format!("link {CACERTS} -> /etc/pki/java/cacerts\nlink /etc/pki/java/cacerts -> {store}\n");
    let image = Image::new(&[(store, &jks(&authorities()))], &links);
    let report = image.scan(&["--bundle-path", CACERTS]);
    assert_eq!((report.findings(), report.state()), (vec![], ["present", "keystore", "current"]));
    assert_eq!(report.bundle("resolved"), store);
    // Debian's.
    let files: &[(&str, &[u8])] = &[("/etc/ssl/certs/java/cacerts", &jks(&authorities()))];
    let links = format!("link {CACERTS} -> /etc/ssl/certs/java/cacerts\n");
    assert_eq!(Image::new(files, &links).scan(&[]).state(), ["present", "keystore", "current"]);
}

/// What Java itself makes of a bundle: `-importcert` takes the first certificate.
#[test]
fn what_keytool_writes_is_read() {
    if Command::new("keytool").arg("-help").output().is_err() {
        println!("skipped: keytool is not installed (apt-get install openjdk-17-jre-headless)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("global.pem"), BUILTIN_PEM).unwrap();
    let keytool = |arguments: &[&str]| {
        let done = Command::new("keytool").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    };
    let first = path("first.p12");
    keytool(&[
        "-importcert",
        "-noprompt",
        "-alias",
        "rds",
        "-file",
        &path("global.pem"),
        "-keystore",
        &first,
        "-storepass",
        "changeit",
    ]);
    let read = Contents::read(&fs::read(&first).unwrap());
    assert_eq!(read.certificates.len(), 1);
    let builtin = Contents::read(BUILTIN_PEM);
    assert_eq!(read.certificates[0].fingerprint, builtin.certificates[0].fingerprint);
    let report = Image::new(&[(CACERTS, &fs::read(&first).unwrap())], "").scan(&[]);
    assert_eq!(report.findings(), [["error", "image-bundle-outdated", CACERTS]]);
    let jks = path("first.jks");
    keytool(&[
        "-importkeystore",
        "-noprompt",
        "-srckeystore",
        &first,
        "-srcstorepass",
        "changeit",
        "-destkeystore",
        &jks,
        "-deststoretype",
        "JKS",
        "-deststorepass",
        "another",
    ]);
    assert_eq!(Contents::read(&fs::read(&jks).unwrap()).fingerprints(), read.fingerprints());
}
