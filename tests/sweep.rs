//! `rdsca sweep`, the program itself, against a registry of the test's own that can be as unpleasant as real ones are.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod fixture;

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fixture::desk::{Desk, said, wait_for};
use fixture::simulated::{Fault, Simulated, Size};
use rdsca::digest::Digest;
use serde_json::Value;

/// What a report says of images, without the times and bytes of the run.
fn findings(report: &Value) -> Vec<Value> {
    let mut images = report["images"].as_array().unwrap().clone();
    images.iter_mut().for_each(|image| drop(image.as_object_mut().unwrap().remove("firstSeen")));
    images.extend([report["counts"].clone(), report["bases"].clone(), report["notScanned"].clone()]);
    images
}

/// That two reports say the same; where they do not, the first thing that differs.
fn assert_same(one: &[Value], other: &[Value]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other);
    }
}

#[test]
fn every_layer_is_read_once_and_what_is_known_costs_one_request() {
    let registry = Simulated::start(Size::small());
    let desk = Desk::new();
    let (code, first) = desk.sweep(&[&registry.host()]);
    assert_eq!(code, 1, "{first}");
    assert_eq!(first["counts"]["images"], 36);
    let states: BTreeSet<_> =
        first["images"].as_array().unwrap().iter().map(|image| image["state"].as_str().unwrap()).collect();
    assert!(states.contains("missing") && states.contains("outdated"), "{states:?}");
    assert_eq!(registry.layer_bytes(), first["bytes"]["unique"].as_u64().unwrap());
    assert!(registry.layers().iter().all(|layer| registry.sent(layer) <= 1));
    assert_eq!((registry.manifests(), registry.heads()), (36, 0));

    let (bytes, requests) = (registry.layer_bytes(), registry.requests());
    let (_, second) = desk.sweep(&[&registry.host()]);
    assert_same(&findings(&second), &findings(&first));
    assert_eq!((registry.manifests(), registry.heads(), registry.layer_bytes()), (36, 36, bytes));
    // One for each tag, one for the tags of each repository, one for the repositories, and those that find out about TLS.
    assert!(registry.requests() - requests < 36 + 12 + 1 + 20, "{}", registry.requests() - requests);
    assert_eq!(second["changes"].as_array().unwrap().len(), 0);
    assert_eq!(second["history"].as_array().unwrap().len(), 2);

    // A tag that moves to an image which is known from elsewhere moves no layer, and is told. A registry that can say so tells of all others
    // that they are where they were.
    registry.move_tag(0, 35);
    registry.tag_entities();
    let (_, third) = desk.sweep(&[&registry.host()]);
    assert_eq!((registry.manifests(), registry.layer_bytes()), (36, bytes));
    assert_eq!((registry.heads(), registry.unchanged()), (36 + 1, 35));
    let row = |report: &Value, tag: &str| {
        let images = report["images"].as_array().unwrap().clone();
        images
            .into_iter()
            .find(|image| image["repository"].as_str().unwrap().ends_with("/team0/r000000") && image["tag"] == tag)
            .unwrap()
    };
    assert_ne!(row(&third, "1.0")["digest"], row(&second, "1.0")["digest"]);
    assert_eq!(row(&third, "1.1")["firstSeen"], row(&second, "1.1")["firstSeen"]);
}

#[test]
fn killed_twenty_times_and_more_it_comes_to_the_same_and_reads_no_finished_layer_again() {
    let size = Size { repositories: 80, tags: 2, shared: 60, each: 4, files: 5, bytes: 2000 };
    let registry = Simulated::start(size);
    let undisturbed = Desk::new();
    let (_, expected) = undisturbed.sweep(&[&registry.host()]);
    let before: Vec<_> = registry.layers().iter().map(|layer| registry.sent(layer)).collect();
    registry.delay(Duration::from_millis(4));
    let desk = Desk::new();
    let mut known: BTreeSet<Digest> = BTreeSet::new();
    let mut sent_when_known = std::collections::BTreeMap::new();
    let mut killed = 0;
    // Each kill loses what is under way, a dozen requests: so it takes more than twenty until all is done.
    for round in 0..60_u64 {
        let child = desk
            .command(&[&registry.host(), "--jobs", "3"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let child = std::cell::RefCell::new(child);
        // By requests and not by time, so that the kills are spread over all of the sweep however fast the machine is; and a bit
        // later than a request, so that any moment between two may be hit.
        let (begin, wanted) = (registry.requests(), 6 + (round * 7919) % 41);
        wait_for("a request", || {
            registry.requests() >= begin + wanted || child.borrow_mut().try_wait().unwrap().is_some()
        });
        thread::sleep(Duration::from_micros(round * 331));
        let mut child = child.into_inner();
        let over = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        killed += u32::from(!over);
        for layer in desk.known_layers() {
            if known.insert(layer) {
                sent_when_known.insert(layer, registry.sent(&layer));
            }
        }
        if over {
            break;
        }
    }
    assert!(killed >= 20, "it was over after {killed} kills, which shows little");
    let (_, report) = desk.sweep(&[&registry.host()]);
    assert_same(&findings(&report), &findings(&expected));
    for (layer, sent) in sent_when_known {
        assert_eq!(registry.sent(&layer), sent, "{layer} was read again");
    }
    assert!(!known.is_empty(), "no kill came after the first layer");
    for (layer, before) in registry.layers().iter().zip(before) {
        assert!(registry.sent(layer) - before <= 1 + u64::from(killed));
    }
}

#[test]
fn a_hostile_registry_costs_patience_and_no_truth() {
    let registry = Simulated::start(Size::small());
    let (_, expected) = Desk::new().sweep(&[&registry.host()]);
    let own = registry.layers()[Size::small().shared + 4];
    registry.choose(move |method, path, serial| {
        if path.ends_with(&own.to_string()) {
            return Fault::Corrupt;
        }
        match (serial.wrapping_mul(0x9e37_79b9) >> 7) % 16 {
            0..8 => Fault::Status(429, Some(0)),
            8 => Fault::Status(503, None),
            9 => Fault::Reset,
            10 if method == "GET" && path.contains("/blobs/") => Fault::Cut,
            _ => Fault::None,
        }
    });
    let desk = Desk::new();
    let (code, report) = desk.sweep(&[&registry.host(), "--jobs", "8"]);
    assert_eq!(code, 1, "what is wrong elsewhere counts");
    let missed = report["notScanned"].as_array().unwrap();
    assert_eq!(missed.len(), 3, "{missed:?}");
    for missed in missed {
        assert!(missed["target"].as_str().unwrap().contains("/team4/r000004:1."), "{missed}");
        assert!(missed["reason"].as_str().unwrap().contains(&own.to_string()), "{missed}");
    }
    let others = |report: &Value| -> Vec<Value> {
        let mut images = report["images"].as_array().unwrap().clone();
        images.retain(|image| !image["repository"].as_str().unwrap().contains("r000004"));
        images.iter_mut().for_each(|image| {
            image.as_object_mut().unwrap().retain(|name, _| name != "firstSeen" && name != "base");
        });
        images
    };
    assert_same(&others(&report), &others(&expected));
    assert_eq!(report["scope"]["complete"], true);
    let none_counts = desk.sweep(&[&registry.host(), "--fail-on", "never"]);
    assert_eq!(none_counts.0, 3);
    // What was wrong then may be right now: the next sweep reads that layer, and no other.
    registry.choose(|_, _, _| Fault::None);
    let bytes = registry.layer_bytes();
    let (_, mended) = desk.sweep(&[&registry.host()]);
    assert_same(&findings(&mended), &findings(&expected));
    // Once in each sweep: the first, the two that were spoilt, and this one.
    assert_eq!(registry.sent(&own), 4);
    assert!(registry.layer_bytes() - bytes < registry.unique_bytes() / 4);
}

#[test]
fn other_rules_and_other_bundles_need_no_request() {
    let registry = Simulated::start(Size::small());
    let desk = Desk::new();
    let (_, first) = desk.sweep(&[&registry.host()]);
    let requests = registry.requests();
    let (_, other) = desk.sweep(&[&registry.host(), "--rejudge", "--bundle-path", "/etc/ssl/other.pem"]);
    assert_eq!(registry.requests(), requests);
    assert!(
        other["counts"]["missing"].as_u64() > first["counts"]["missing"].as_u64() || other["counts"]["outdated"] == 0
    );
    // The bundle that the images have is whole, when it is compared with itself.
    let bundle = desk.file("bundle.pem", std::str::from_utf8(rdsca::bundle::BUILTIN_PEM).unwrap());
    let (_, same) = desk.sweep(&[&registry.host(), "--rejudge", "--bundle", bundle.to_str().unwrap()]);
    assert_eq!(same["counts"]["outdated"], 0, "{}", same["counts"]);
    assert!(same["counts"]["ok"].as_u64() > Some(0));
    let (_, back) = desk.sweep(&[&registry.host(), "--rejudge"]);
    assert_same(&findings(&back), &findings(&first));
    assert_eq!(registry.requests(), requests);
    // What was not recorded is not guessed.
    let (code, unknown) = desk.sweep(&[&registry.host(), "--rejudge", "--bundle-path", "/opt/rds.pem"]);
    assert_eq!((code, registry.requests()), (3, requests));
    assert_eq!(unknown["counts"]["images"], 0);
    let never = Desk::new().command(&[&registry.host(), "--rejudge"]).output().unwrap();
    assert_eq!(never.status.code(), Some(2));
    assert!(said(&never).contains("sweep it first"), "{}", said(&never));
}

#[test]
fn a_budget_is_kept_and_the_next_run_goes_on() {
    let registry = Simulated::start(Size { bytes: 3000, ..Size::small() });
    let desk = Desk::new();
    let (_, expected) = Desk::new().sweep(&[&registry.host()]);
    let unique = registry.layer_bytes();
    let dry = desk.command(&[&registry.host(), "--dry-run"]).output().unwrap();
    let text = String::from_utf8(dry.stdout).unwrap();
    assert!(text.contains("12 repositories, 36 tags") && text.contains(&format!("{unique} bytes")), "{text}");
    assert_eq!((dry.status.code(), registry.layer_bytes()), (Some(0), unique));

    let budget = unique / 3;
    let (code, part) = desk.sweep(&[&registry.host(), "--budget", &budget.to_string()]);
    assert_eq!(code, if part["counts"]["missing"].as_u64() > Some(0) { 1 } else { 3 });
    assert!(registry.layer_bytes() - unique <= budget, "{} of {budget}", registry.layer_bytes() - unique);
    assert_eq!(part["scope"]["complete"], false);
    assert!(
        part["notScanned"]
            .as_array()
            .unwrap()
            .iter()
            .all(|missed| missed["reason"].as_str().unwrap().contains("budget"))
    );
    let mut runs = 1;
    let last = loop {
        let (_, report) = desk.sweep(&[&registry.host(), "--budget", &budget.to_string()]);
        runs += 1;
        assert!(runs < 8);
        if report["scope"]["complete"] == true {
            break report;
        }
    };
    assert_same(&findings(&last), &findings(&expected));
    assert_eq!(registry.layer_bytes(), 2 * unique, "no layer was read twice");
}

/// Begins a sweep that would take a minute, and waits until it reads layers.
fn long_sweep(registry: &Simulated, desk: &Desk) -> Child {
    registry.choose(|_, path, _| {
        if path.contains("/blobs/") {
            thread::sleep(Duration::from_millis(50));
        }
        Fault::None
    });
    let mut command = desk.command(&[&registry.host(), "--jobs", "1", "--report", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the first layer", || registry.layer_bytes() > 0);
    child
}

#[test]
fn a_running_sweep_is_stopped_in_order_and_nobody_else_works_with_its_store() {
    let registry = Simulated::start(Size { repositories: 60, tags: 1, ..Size::small() });
    let desk = Desk::new();
    let child = long_sweep(&registry, &desk);
    let second = desk.command(&[&registry.host()]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(said(&second).contains("another sweep works with the store"), "{}", said(&second));
    let mut stop = Command::new(env!("CARGO_BIN_EXE_rdsca"));
    let stop = stop.args(["sweep", "--stop", "--store"]).arg(desk.store()).output().unwrap();
    assert_eq!(stop.status.code(), Some(0), "{}", said(&stop));
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scope"]["complete"], false);
    assert!(report["scope"]["incomplete"].as_str().is_none_or(|why| why.contains("--stop")), "{}", report["scope"]);
    let read: u64 = registry.layers().iter().map(|layer| registry.sent(layer)).sum();
    assert!((read as usize) < registry.layers().len());
    // And goes on where it was.
    registry.choose(|_, _, _| Fault::None);
    let (_, whole) = desk.sweep(&[&registry.host()]);
    assert_eq!(whole["counts"]["images"], 60);
    assert!(registry.layers().iter().all(|layer| registry.sent(layer) <= 1));
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_what_is_under_way_and_reports_what_is_known() {
    let registry = Simulated::start(Size { repositories: 60, tags: 1, ..Size::small() });
    let desk = Desk::new();
    let child = long_sweep(&registry, &desk);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scope"]["complete"], false);
    assert!(!report["notScanned"].as_array().unwrap().is_empty());
    let sent: u64 = registry.layers().iter().map(|layer| registry.sent(layer)).sum();
    assert_eq!(desk.known_layers().len() as u64, sent, "what was under way is kept");
}
