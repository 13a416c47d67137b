//! What is read of a layer must not depend on how much of it is watched: random stacks, read narrowly and whole.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod stack;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rdsca::image::{Answer, PathFacts};
use stack::{facts, facts_with, layer};

/// A few names, so that entries meet: none of them is watched unless asked for.
fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "f"])
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 1..4).prop_map(|names| names.join("/"))
}

/// The target of a link.
fn target() -> impl Strategy<Value = String> {
    (prop::sample::select(vec!["", "/", "../", "../../"]), path()).prop_map(|(start, path)| format!("{start}{path}"))
}

/// An entry in the words of [`stack::layer`].
fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (path(), prop::sample::select(vec!["A", "B"])).prop_map(|(path, text)| format!("{path}={text}")),
        2 => (prop::sample::select(vec!["0755", "0700"]), path()).prop_map(|(mode, path)| format!("{mode} {path}/")),
        3 => (path(), target()).prop_map(|(path, target)| format!("{path}->{target}")),
        1 => (path(), path()).prop_map(|(path, target)| format!("{path}=>{target}")),
        2 => (path(), name()).prop_map(|(path, name)| format!("{path}/.wh.{name}")),
        1 => name().prop_map(|name| format!(".wh.{name}")),
        1 => path().prop_map(|path| format!("{path}/.wh..wh..opq")),
    ]
}

fn layers() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(entry(), 1..5), 2..5)
}

/// The answers in both views. Where exactly a link breaks off is left out: that is for people, and depends on what is in sight.
fn said(path: &PathFacts) -> (String, String, bool) {
    let words = |answer: &Answer| match answer {
        Answer::Unusable { obstacle, .. } => format!("{obstacle:?}"),
        answer => format!("{answer:?}"),
    };
    (words(&path.overlay), words(&path.applied), path.runtime_dependent)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, max_global_rejects: 100_000, rng_seed: RngSeed::Fixed(2026), ..ProptestConfig::default() })]

    #[test]
    fn a_narrow_reading_says_what_a_whole_one_says(layers in layers(), path in path(), user in prop::sample::select(vec!["", "7:7"])) {
        let blobs: Vec<_> = layers.iter().map(|entries| layer(entries)).collect();
        let path = format!("/{path}");
        let whole = facts_with(&blobs, user, &[&path], &["/"]).unwrap();
        // A runtime that refuses a layer answers nothing; what it refuses need not be in sight.
        prop_assume!(whole.refusals.is_empty());
        let narrow = facts(&blobs, user, &[&path]).unwrap();
        prop_assert_eq!(said(&narrow.paths[0]), said(&whole.paths[0]));
    }
}
