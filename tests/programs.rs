//! Small programs over every library that is followed, each written as somebody would write it, with the answer of its connections.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use rdsca::client::dialect::judge;
use rdsca::client::{self, Surroundings};
use serde_json::Value;

#[test]
fn each_program_gets_its_answers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/clients/programs.json");
    let programs: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for program in &programs {
        let (file, text) = (program["file"].as_str().unwrap(), program["text"].as_str().unwrap());
        let found = client::read(file, text.as_bytes());
        let answers: Vec<_> =
            found.iter().map(|connection| judge(connection, &Surroundings::default()).answer().as_str()).collect();
        let expected: Vec<_> =
            program["answers"].as_array().unwrap().iter().map(|answer| answer.as_str().unwrap()).collect();
        if answers != expected {
            wrong.push(format!("{file}: {answers:?} and not {expected:?}:\n{text}"));
        }
    }
    assert!(programs.len() >= 100, "only {} programs", programs.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), programs.len(), wrong.join("\n"));
}
