//! Connections that are read out of code: each with the answer that the client laboratory measured for it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use rdsca::client::dialect::judge;
use rdsca::client::{self, Answer, Surroundings};

/// The snippets of real programs that lie beside the repository, where they do: prints what is answered for each.
#[test]
fn real_snippets_get_the_answers_they_are_labelled_with() {
    let shared = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), std::path::PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("clients/snippets.jsonl")) else {
        eprintln!("skipped: the snippets are not here");
        return;
    };
    for line in text.lines() {
        let snippet: serde_json::Value = serde_json::from_str(line).unwrap();
        if snippet["language"] != "python" {
            continue;
        }
        let found = client::read("app.py", snippet["text"].as_str().unwrap().as_bytes());
        let answers: Vec<_> = found
            .iter()
            .map(|connection| {
                let judgement = judge(connection, &Surroundings::default());
                format!(
                    "{}:{}={:?}/{:?} host {:?}",
                    connection.line,
                    connection.who(),
                    judgement.answer(),
                    judgement.outcome,
                    connection.host()
                )
            })
            .collect();
        let label = snippet["label"].as_str().unwrap();
        let wanted = match label {
            "verifies" => Answer::Verifies,
            "does-not-verify" => Answer::NotVerified,
            _ => Answer::Undetermined,
        };
        let right = found.iter().all(|c| judge(c, &Surroundings::default()).answer() == wanted) && !found.is_empty();
        println!("{} {} {} {:?}", if right { "ok " } else { "BAD" }, snippet["id"], label, answers);
    }
}
