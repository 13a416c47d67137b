//! Connections that are read out of code: each with the answer that the real client gave in the laboratory.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::path::PathBuf;

use fixture::program;
use rdsca::client::dialect::{FileState, judge};
use rdsca::client::{self, Answer, Outcome, Surroundings, TlsMode, Version};
use serde_json::Value;

/// The folder of measurements and snippets that lies beside the repository; none where it does not.
fn shared(name: &str) -> Option<String> {
    let folder = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: {name} is not here");
    }
    text
}

/// How far a client went that connected to the good server, and whether it talked to one without TLS.
fn measured_mode(row: &Value) -> Option<(TlsMode, bool)> {
    let did = |server: &str| row["store_with_A"][server].as_str().unwrap_or_default();
    let connected = |server: &str| !did(server).starts_with("ERR");
    let plain = did("plain") == "PLAIN";
    Some(match (did("good"), connected("evil"), connected("wrong")) {
        ("PLAIN", ..) => (TlsMode::Disable, true),
        ("ssl", true, _) if plain => (TlsMode::Prefer, true),
        ("ssl", true, _) => (TlsMode::Require, false),
        ("ssl", false, true) => (TlsMode::VerifyCa, plain),
        ("ssl", false, false) => (TlsMode::VerifyFull, plain),
        _ => return None,
    })
}

/// All answers about a text, without what is said twice.
fn answers(text: &str, surroundings: &Surroundings) -> Vec<Answer> {
    let mut found: Vec<_> =
        client::read("app.py", text.as_bytes()).iter().map(|found| judge(found, surroundings).answer()).collect();
    found.dedup();
    found
}

/// What a server without TLS, one with an attacker's certificate and one with another's name got: whether the client verifies.
fn measured(row: &Value) -> Option<Answer> {
    let connected = |server: &str| {
        ["store_without_A", "store_with_A"]
            .iter()
            .any(|store| row[store][server].as_str().is_some_and(|done| !done.starts_with("ERR")))
    };
    let ran = |done: &Value| done.as_str().is_some_and(|done| !done.starts_with("ERR TypeError"));
    if !ran(&row["store_with_A"]["good"]) {
        return None;
    }
    Some(if connected("evil") { Answer::NotVerified } else { Answer::Verifies })
}

#[test]
fn measured_settings_get_the_answers_of_the_real_clients() {
    let Some(text) = shared("clients/results_py.jsonl") else { return };
    let mut wrong = Vec::new();
    let (mut right, mut untold) = (0, Vec::new());
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let (id, code) = (row["id"].as_str().unwrap(), row["code"].as_str().unwrap());
        let Some(measured) = measured(&row) else { continue };
        let environment = row["env"].as_object().unwrap().iter();
        let environment =
            environment.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        let version = row["client"]
            .as_str()
            .filter(|client| client.ends_with("-old"))
            .and_then(|_| id.split_whitespace().find_map(|word| Version::parse(word.split_once("==")?.1)));
        let surroundings = Surroundings {
            version,
            environment: environment.collect(),
            home_root: id.contains("root.crt").then_some(true),
            files: [("/nonexistent/ca.pem".to_owned(), FileState::Missing)].into(),
            ..Surroundings::default()
        };
        if let Some((mode, plain)) = measured_mode(&row) {
            for judgement in client::read("app.py", code.as_bytes()).iter().map(|found| judge(found, &surroundings)) {
                let Outcome::Known { mode: told, strippable } = judgement.outcome else { continue };
                // A server without TLS and one that does not demand it get the same of either.
                let same = told == mode || (told, mode) == (TlsMode::Allow, TlsMode::Disable);
                if !same || (strippable || told.accepts_plaintext()) != plain {
                    wrong.push(format!("{id}: {told:?}, measured {mode:?}, plain text {plain}: {code}"));
                }
            }
        }
        match answers(code, &surroundings).as_slice() {
            [answer] if *answer == measured => right += 1,
            [] | [Answer::Undetermined] => untold.push(format!("{id}: {code}")),
            answers => {
                wrong.push(format!("{id}: {answers:?}, measured {measured:?} {:?}: {code}", row["store_with_A"]))
            }
        }
    }
    println!("{right} right, {} untold, {} wrong", untold.len(), wrong.len());
    println!("{}\n\nuntold:\n{}", wrong.join("\n"), untold.join("\n"));
    assert!(wrong.is_empty());
}

#[test]
fn real_snippets_get_the_answers_they_are_labelled_with() {
    let Some(text) = shared("clients/snippets.jsonl") else { return };
    let mut wrong = Vec::new();
    let (mut right, mut decidable, mut unverified) = (0, 0, Vec::new());
    for line in text.lines() {
        let snippet: Value = serde_json::from_str(line).unwrap();
        if snippet["language"] != "python" {
            continue;
        }
        let wanted = match snippet["label"].as_str().unwrap() {
            "verifies" => Answer::Verifies,
            "does-not-verify" => Answer::NotVerified,
            _ => continue,
        };
        decidable += 1;
        let found = answers(snippet["text"].as_str().unwrap(), &Surroundings::default());
        if wanted == Answer::Verifies && found.contains(&Answer::NotVerified) {
            unverified.push(snippet["id"].clone());
        }
        match found.as_slice() {
            [answer] if *answer == wanted => right += 1,
            found => wrong.push(format!("{}: {found:?} and not {wanted:?}: {}", snippet["id"], snippet["why"])),
        }
    }
    println!("{right} of {decidable} right\n{}", wrong.join("\n"));
    assert_eq!(unverified, Vec::<Value>::new());
    assert!(right * 100 >= decidable * 95, "{right} of {decidable}:\n{}", wrong.join("\n"));
}

/// The answers, drivers' modes and helps of `rdsca check` for a folder with these files.
fn checked(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let report = program::checked(files);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let connections: Vec<_> = list(&report["targets"]).iter().flat_map(|target| list(&target["connections"])).collect();
    let answers = connections.iter().map(|found| format!("{} {}", found["driver"], found["answer"]).replace('"', ""));
    let helps = list(&report["findings"]).iter().filter_map(|found| Some(found["help"].as_str()?.to_owned())).collect();
    (answers.collect(), helps)
}

const FROM: &str =
    "FROM debian:12\nADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds.pem\n";

#[test]
fn what_stands_beside_a_source_file_decides_with_it() {
    let psycopg2 = "import psycopg2\npsycopg2.connect(host='db.example.com')\n";
    let verifying = format!("{FROM}ENV PGSSLMODE=verify-full PGSSLROOTCERT=/opt/rds.pem\n");
    let (answers, _) = checked(&[("Dockerfile", &verifying), ("app/db.py", psycopg2)]);
    assert!(answers.contains(&"psycopg2 verifies".to_owned()), "{answers:?}");
    let (answers, helps) = checked(&[("Dockerfile", FROM), ("app/db.py", psycopg2)]);
    assert_eq!(answers, ["psycopg2 not-verified"]);
    assert!(helps.iter().any(|help| help.contains("sslrootcert=\"/opt/rds.pem\"")), "{helps:?}");
    // Another image of the same files says nothing of it.
    let both = [("Dockerfile", verifying.as_str()), ("Dockerfile.worker", FROM), ("app/db.py", psycopg2)];
    assert!(checked(&both).0.contains(&"psycopg2 not-verified".to_owned()));

    let pg8000 = "import pg8000\npg8000.connect('app', host='db.example.com', ssl_context=True)\n";
    let (answers, _) = checked(&[("requirements.txt", "pg8000==1.30.5\n"), ("app/db.py", pg8000)]);
    assert_eq!(answers, ["pg8000 verifies"]);
    let (answers, _) = checked(&[("requirements.txt", "pg8000==1.31.2\n"), ("app/db.py", pg8000)]);
    assert_eq!(answers, ["pg8000 not-verified"]);
}
