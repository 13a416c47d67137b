//! What the client laboratory measured (`testdata/clients/truth.json`) against what is said of connections: each row holds the
//! text that somebody would write for its setting, and every claim about that text equals the row's verdict.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, BTreeSet};

use rdsca::client::dialect::{FileState, judge};
use rdsca::client::{self, Authorities, Connection, Outcome, Surroundings, TlsMode, Version};
use serde::Deserialize;

#[derive(Deserialize)]
struct Truth {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    driver: String,
    version: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default, rename = "homeRoot")]
    home_root: bool,
    verdict: String,
}

fn truth() -> Truth {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/clients/truth.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is around a row: the laboratory's files, and the environment that the row names.
fn surroundings(row: &Row) -> Surroundings {
    // Through a library the row's version is not always the driver's.
    let is_own = !row.id.starts_with("Sequelize") && !row.id.starts_with("Knex") && !row.id.starts_with("TypeORM");
    Surroundings {
        version: Version::parse(&row.version).filter(|_| is_own),
        environment: row.environment.clone(),
        home_root: row.home_root.then_some(true),
        files: [("/nonexistent/ca.pem".to_owned(), FileState::Missing)].into(),
        ..Surroundings::default()
    }
}

/// Whether what is said of a connection is what the row's client did; none where nothing is said.
fn agrees(row: &Row, connection: &Connection) -> Option<bool> {
    let judgement = judge(connection, &surroundings(row));
    // A row that has a root file in the user's folder has authority A there.
    let system = match judgement.authorities {
        Some(Authorities::Home) => !row.home_root,
        Some(Authorities::System | Authorities::BuiltIn) => true,
        _ => false,
    };
    let is_named = row.code.contains("database.lab.test");
    let other_file =
        matches!(&judgement.authorities, Some(Authorities::File(path)) if path.as_text() != Some("/lab/ca.pem"));
    let (verdict, by_system) = match row.verdict.strip_prefix("SYSTEM ") {
        Some(verdict) => (verdict, true),
        None => (row.verdict.as_str(), false),
    };
    Some(match judgement.outcome {
        Outcome::Undetermined(_) => return None,
        Outcome::Local => false,
        // Whoever never gets to the genuine server may talk in plain text to another: the program does not work, and is seen to.
        Outcome::Refuses(_) => verdict.starts_with("REFUSES"),
        // Whoever trusts what the laboratory's servers are unknown to, or a file that is not there, or calls them by another name,
        // connects to none of them.
        Outcome::Known { mode, strippable } if verdict.starts_with("REFUSES") => {
            mode.verifies() && (system || other_file || !is_named) && strippable == verdict.ends_with("+PLAIN")
        }
        Outcome::Known { mode, strippable } => {
            let said = match mode {
                TlsMode::Disable | TlsMode::Allow => "PLAIN",
                TlsMode::Prefer => "OPP",
                TlsMode::Require => "ENC",
                TlsMode::VerifyCa => "CA",
                TlsMode::VerifyFull => "FULL",
            };
            let said = if strippable && mode.verifies() { format!("{said}+PLAIN") } else { said.to_owned() };
            said == verdict && (!mode.verifies() || by_system == system)
        }
    })
}

#[test]
fn every_claim_is_what_a_real_client_did() {
    let (mut right, mut untold, mut unread, mut wrong) = (0, Vec::new(), Vec::new(), Vec::new());
    for row in &truth().rows {
        if row.code.is_empty() {
            continue;
        }
        let found = client::read(&row.file, row.code.as_bytes());
        let [connection] = found.as_slice() else {
            unread.push(format!("{}: {} connections in {:?}", row.id, found.len(), row.code));
            continue;
        };
        match agrees(row, connection) {
            Some(true) => right += 1,
            Some(false) => {
                let judgement = judge(connection, &surroundings(row));
                wrong.push(format!(
                    "{} ({} {}): {judgement:?}, measured {}: {:?}",
                    row.id, row.driver, row.version, row.verdict, row.code
                ));
            }
            None => untold.push(row.id.clone()),
        }
    }
    println!("{right} rows right, {} untold, {} not read, {} wrong", untold.len(), unread.len(), wrong.len());
    println!(
        "untold:\n  {}\nnot read:\n  {}\nwrong:\n  {}",
        untold.join("\n  "),
        unread.join("\n  "),
        wrong.join("\n  ")
    );
    assert!(wrong.is_empty());
    assert!(untold.len() + unread.len() <= right / 10, "too much is not told");
}

#[test]
fn the_table_is_large_and_each_row_stands_there_once() {
    let rows = truth().rows;
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
    let drivers: BTreeSet<_> = rows.iter().map(|row| &row.driver).collect();
    assert_eq!(ids.len(), rows.len());
    assert!(rows.len() >= 200 && drivers.len() >= 12, "{} rows of {} clients", rows.len(), drivers.len());
}

/// Drivers that could not be measured: what is said of them is what their manuals say. They are named here, so that nobody else joins them.
const BY_MANUAL: &[&str] = &["MySQL Connector/J", "Npgsql", "MySQL by its modes", "MySQL by JDBC"];

/// Whoever has no name of its own: what is said is what measured drivers agree on.
const AGREED: &[&str] = &[
    "PostgreSQL",
    "PostgreSQL by keywords",
    "PostgreSQL by environment",
    "PostgreSQL in Node.js",
    "MySQL",
    "Node.js",
    "libpq",
    "sqlx (MySQL)",
];

#[test]
fn every_driver_is_measured_or_says_that_it_is_not() {
    let rows = truth().rows;
    let measured: BTreeSet<_> = rows.iter().map(|row| row.driver.as_str()).collect();
    for driver in client::dialect::DRIVERS {
        let known = measured.contains(driver.name) || BY_MANUAL.contains(&driver.name) || AGREED.contains(&driver.name);
        assert!(known, "{} is not measured", driver.name);
    }
}

/// The verdicts of which one must have been measured where a case expects a finding of that rule; empty where any will do.
const MEASURED: &[(&str, &[&str])] = &[
    ("tls-not-verified", &["PLAIN", "OPP", "ENC"]),
    ("iam-token-over-unverified-tls", &["PLAIN", "OPP", "ENC"]),
    ("root-certificate-without-mode", &["PLAIN", "OPP"]),
    ("ca-loaded-but-not-used", &["PLAIN", "OPP", "ENC"]),
    ("parameter-ignored-by-driver", &["PLAIN", "OPP", "ENC", "SYSTEM FULL"]),
    ("hostname-not-verified", &["CA", "CA+PLAIN", "SYSTEM CA"]),
    ("falls-open-without-bundle", &["CA", "ENC"]),
    ("tls-not-required", &["CA+PLAIN", "FULL+PLAIN", "SYSTEM FULL+PLAIN"]),
    ("system-store-lacks-rds", &["SYSTEM FULL", "SYSTEM CA"]),
    ("wheel-ignores-system-store", &["SYSTEM FULL"]),
    ("ca-file-missing", &["REFUSES"]),
    ("bundle-not-used", &["PLAIN", "OPP", "ENC"]),
    ("home-unreadable", &[]),
    ("proxy-needs-amazon-roots", &[]),
    ("tls-not-told", &[]),
    ("ca-file-unreadable", &[]),
    ("ca-file-cannot-verify", &[]),
];

#[test]
fn every_case_of_a_rule_about_clients_names_a_row_that_shows_it() {
    let rows = truth().rows;
    let verdicts: std::collections::BTreeMap<_, _> = rows.iter().map(|row| (row.id.as_str(), &row.verdict)).collect();
    let about_clients = |rule: &&rdsca::rules::Rule| {
        matches!(rule.check, rdsca::rules::Check::Client(_)) || rule.id == "bundle-not-used"
    };
    let (mut cases, mut wrong) = (0, Vec::new());
    for rule in rdsca::rules::ALL.iter().copied().filter(about_clients) {
        let Some((_, shown)) = MEASURED.iter().find(|(id, _)| *id == rule.id) else {
            wrong.push(format!("{}: nobody said what shows it", rule.id));
            continue;
        };
        let folder = format!("{}/testdata/rules/{}", env!("CARGO_MANIFEST_DIR"), rule.id);
        for case in std::fs::read_dir(folder).unwrap().map(|case| case.unwrap().path()) {
            cases += 1;
            let text = std::fs::read_to_string(&case).unwrap();
            let comments = || text.lines().map(|line| line.trim_start_matches(['#', '/']));
            let named: Vec<_> = comments().filter_map(|line| line.strip_prefix(" row: ")).collect();
            let name = case.display();
            wrong
                .extend(named.iter().filter(|id| !verdicts.contains_key(*id)).map(|id| format!("{name}: no row {id}")));
            if named.is_empty() {
                wrong.push(format!("{name}: names no row"));
            }
            let expects = comments().any(|line| line.trim_start().starts_with("expect") && line.contains(rule.id));
            let mut measured = named.iter().filter_map(|id| verdicts.get(id));
            if expects && !shown.is_empty() && !measured.any(|verdict| shown.contains(&verdict.as_str())) {
                wrong.push(format!("{name}: no row that it names shows {}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 70, "only {cases} cases");
}
