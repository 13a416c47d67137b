//! What people do with the store of sweeps: compare two of them, list them, ask it in SQL, and meet files that are none.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::process::Output;

use fixture::desk::{Desk, said};
use fixture::simulated::{Fault, Simulated, Size};
use rusqlite::Connection;

/// Exit code and words of `rdsca diff`.
fn diff(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let done = desk.rdsca(&[&["diff"], arguments].concat()).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8_lossy(&done.stdout).into_owned() + &said(&done))
}

/// Repositories 3 and 8 are Debian and need no bundle, 1 and 4 have an old one, the others lack it.
fn name(host: &str, repository: usize) -> String {
    format!("{host}/team{}/r{repository:06}:1.0", repository % 5)
}

#[test]
fn two_sweeps_of_a_store_are_compared_as_their_reports_are() {
    let registry = Simulated::start(Size::small());
    let host = registry.host();
    let desk = Desk::new();
    let sweep = |number: usize, repositories: &[usize]| {
        let lines: Vec<_> = repositories.iter().map(|repository| name(&host, *repository)).collect();
        let list = desk.file("list", &lines.join("\n"));
        let report = format!("json={number}.json");
        desk.command(&["--images-from", list.to_str().unwrap(), "--report", &report]).output().unwrap()
    };
    let none = desk.rdsca(&["diff"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(said(&none).contains("there is no store"), "{}", said(&none));
    sweep(1, &[0, 3, 8]);
    let (code, text) = diff(&desk, &[]);
    assert!(code == 2 && text.contains("is the first of its scope"), "{text}");

    // One that was well is not any more, one is gone, one is new and lacks the bundle.
    registry.move_tag(3 * 3, 0);
    sweep(2, &[0, 2, 3]);
    let (code, text) = diff(&desk, &[]);
    let told = |kind: &str, repository: usize, states: &str| {
        let line = format!("  {kind:<12}  {} (linux/amd64) {states}", name(&host, repository));
        assert!(text.lines().any(|written| written.trim_end() == line.trim_end()), "{line}\n{text}");
    };
    assert_eq!(code, 1, "{text}");
    told("newly broken", 3, "none needed → can't verify");
    told("new", 2, "can't verify");
    told("gone", 8, "");
    assert!(text.contains("1 newly broken, 0 mended, 1 new, 1 gone; 1 image to mend before, 3 now"), "{text}");
    for arguments in [&["1", "2"][..], &["1"], &["1.json", "2.json"], &["1", "2.json"], &["1.json", "2"]] {
        assert_eq!(diff(&desk, arguments), (code, text.clone()), "{arguments:?}");
    }

    // Back again: somebody has mended it. And what cannot be looked at is told, and is not gone.
    registry.move_tag(3 * 3, 3 * 3);
    registry.choose(|_, path, _| if path.contains("r000000") { Fault::Status(404, None) } else { Fault::None });
    sweep(3, &[0, 2, 3]);
    let (code, text) = diff(&desk, &["2", "3"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("0 newly broken, 1 mended, 0 new, 0 gone"), "{text}");
    assert!(text.contains(&format!("not scanned   {}: ", name(&host, 0))), "{text}");
    assert_eq!(diff(&desk, &["2.json", "3.json"]), (code, text));
    // The same is missed once more: nothing changed, and what is there again afterwards is not new.
    sweep(4, &[0, 2, 3]);
    let (code, text) = diff(&desk, &["3", "4"]);
    assert!(code == 0 && text.contains("nothing changed"), "{text}");
    registry.choose(|_, _, _| Fault::None);
    sweep(5, &[0, 2, 3]);
    let (code, text) = diff(&desk, &["4", "5"]);
    assert!(code == 1 && text.contains("not scanned → can't verify"), "{text}");
    assert_eq!(diff(&desk, &["4.json", "5.json"]), (code, text));
    let (code, text) = diff(&desk, &["2", "5"]);
    assert!(code == 0 && text.contains("mended"), "{text}");

    let listed = desk.command(&["--list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let rows: Vec<Vec<&str>> = listed.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"], "{listed}");
    // Number, day, hour, state, images, to mend, not scanned.
    assert_eq!(rows[1][3..7], ["complete", "3", "3", "0"], "{listed}");
    assert_eq!(rows[2][3..7], ["complete", "2", "1", "1"], "{listed}");

    let (code, text) = diff(&desk, &["1", "9"]);
    assert!(code == 2 && text.contains("no sweep 9") && text.contains("--list"), "{text}");
    let (code, text) = diff(&desk, &["1.json"]);
    assert!(code == 2 && text.contains("another one"), "{text}");
    // Another scope is another thing, and said so.
    desk.command(&[&host, "--newest", "1"]).output().unwrap();
    let (_, text) = diff(&desk, &["5", "6"]);
    assert!(text.contains("two different things were swept"), "{text}");
}

#[test]
fn every_question_of_the_documentation_is_answered() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/store.md")).unwrap();
    let questions = page.split("```sql").nth(1).unwrap().split("```").next().unwrap();
    let registry = Simulated::start(Size::small());
    let own = registry.layers()[Size::small().shared + 4];
    registry.choose(move |_, path, _| if path.ends_with(&own.to_string()) { Fault::Corrupt } else { Fault::None });
    let desk = Desk::new();
    desk.sweep(&[&registry.host()]);
    desk.sweep(&[&registry.host()]);
    let store = Connection::open(desk.store()).unwrap();
    let questions: Vec<_> = questions.split(';').map(str::trim).filter(|question| !question.is_empty()).collect();
    assert!(questions.len() >= 8, "{questions:?}");
    for question in questions {
        let mut query = store.prepare(question).unwrap_or_else(|error| panic!("{question}: {error}"));
        let rows = query.query_map([], |row| row.get_ref(0).map(|first| format!("{first:?}"))).unwrap();
        let rows: Vec<_> = rows.collect::<Result<_, _>>().unwrap();
        assert!(!rows.is_empty(), "{question}");
    }
    // Every table and view that there is has its line, and every line is of one that there is.
    let mut names = store.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").unwrap();
    for name in names.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
        assert!(page.contains(&format!("`{name}`")), "docs/store.md says nothing of {name}");
    }
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let refused = |desk: &Desk, words: &str| {
        let done: Output = desk.command(&["127.0.0.1:1"]).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{words}: {}", said(&done));
        assert!(said(&done).contains(words), "{words}: {}", said(&done));
        assert!(said(&done).contains(desk.store().to_str().unwrap()), "{words}: {}", said(&done));
    };
    let desk = Desk::new();
    let folder = desk.folder();
    fs::create_dir(folder.join("state")).unwrap();
    fs::write(desk.store(), "not a database, but a file of somebody's").unwrap();
    refused(&desk, "not a database");
    assert_eq!(fs::read(desk.store()).unwrap(), b"not a database, but a file of somebody's");
    fs::remove_file(desk.store()).unwrap();
    Connection::open(desk.store()).unwrap().execute_batch("CREATE TABLE mine (x); PRAGMA user_version = 99;").unwrap();
    refused(&desk, "another program");
    fs::remove_file(desk.store()).unwrap();
    desk.command(&["127.0.0.1:1"]).output().unwrap();
    Connection::open(desk.store()).unwrap().execute_batch("PRAGMA user_version = 99;").unwrap();
    refused(&desk, "made by a newer rdsca (its schema is 99");
    fs::remove_file(desk.store()).unwrap();
    fs::create_dir(desk.store()).unwrap();
    refused(&desk, "is a folder");
}
