//! `rdsca sweep`, the program itself, against a registry of the test's own that can be as unpleasant as real ones are.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod fixture;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixture::server::{Answer, Server};
use fixture::simulated::{Fault, Simulated, Size};
use rdsca::digest::Digest;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a store in it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("state/sweep.db")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
        command.arg("sweep").args(arguments).arg("--store").arg(self.store());
        command.current_dir(self.folder.path()).env("HOME", self.folder.path()).env_remove("DOCKER_CONFIG");
        command.stdin(Stdio::null());
        command
    }

    /// Sweeps, and gives the exit code and the JSON report.
    fn sweep(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.command(arguments).args(["--report", "json"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {text} {}", said(&output)));
        (output.status.code().unwrap(), report)
    }

    /// The layers whose facts are in the store.
    fn known_layers(&self) -> BTreeSet<Digest> {
        let Ok(store) = Connection::open_with_flags(self.store(), OpenFlags::SQLITE_OPEN_READ_ONLY) else {
            return BTreeSet::new();
        };
        let Ok(mut query) = store.prepare("SELECT lower(hex(digest)) FROM layers WHERE facts IS NOT NULL") else {
            return BTreeSet::new();
        };
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|row| Digest::from_hex(&row.unwrap()).unwrap()).collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

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

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what} does not come");
        thread::sleep(Duration::from_millis(5));
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

    // A tag that moves to an image which is known from elsewhere moves no layer, and is told.
    registry.move_tag(0, 35);
    let (_, third) = desk.sweep(&[&registry.host()]);
    assert_eq!((registry.manifests(), registry.layer_bytes()), (36, bytes));
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
fn killed_twenty_times_it_comes_to_the_same_and_reads_no_finished_layer_again() {
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
    for round in 0..20_u64 {
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
    assert!(killed >= 15, "it was over after {killed} kills, which shows little");
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
fn images_come_from_lists_pods_and_tasks() {
    let registry = Simulated::start(Size::small());
    let host = registry.host();
    let desk = Desk::new();
    let names = |report: &Value| -> Vec<String> {
        let images = report["images"].as_array().unwrap();
        let name = |image: &Value| {
            format!("{}:{}", image["repository"].as_str().unwrap(), image["tag"].as_str().unwrap_or("-"))
        };
        images.iter().map(name).collect()
    };
    let list = desk.file("list", &format!("# what runs\n{host}/team1/r000001:1.0\n{host}/team2/r000002:1.2 # shop\n"));
    let (_, report) = desk.sweep(&["--images-from", list.to_str().unwrap()]);
    assert_eq!(names(&report), [format!("{host}/team1/r000001:1.0"), format!("{host}/team2/r000002:1.2")]);

    let pods = format!(r#"{{"items": [{{"spec": {{"containers": [{{"image": "{host}/team1/r000001:1.0"}}]}}}}]}}"#);
    let pods = desk.file("pods.json", &pods);
    let requests = registry.requests();
    let (_, report) = desk.sweep(&["--images-from", pods.to_str().unwrap()]);
    assert_eq!(names(&report), [format!("{host}/team1/r000001:1.0")]);
    assert!(registry.requests() - requests <= 3, "what is known costs one request");

    let digest = report["images"][0]["digest"].as_str().unwrap();
    let task =
        format!(r#"{{"taskDefinition": {{"containerDefinitions": [{{"image": "{host}/team1/r000001@{digest}"}}]}}}}"#);
    let task = desk.file("task.json", &task);
    let (requests, heads) = (registry.requests(), registry.heads());
    let (_, report) = desk.sweep(&["--images-from", task.to_str().unwrap()]);
    assert_eq!(report["counts"]["images"], 1);
    assert_eq!(registry.heads(), heads, "a digest that is known costs no request");
    assert!(registry.requests() - requests <= 1);

    let wrong = desk.file("wrong.json", "{}");
    let output = desk.command(&["--images-from", wrong.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("kubectl get pods"), "{}", said(&output));
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

#[test]
fn filters_choose_repositories_tags_and_the_newest() {
    let registry = Simulated::start(Size::small());
    let desk = Desk::new();
    let host = registry.host();
    let count = |arguments: &[&str]| desk.sweep(arguments).1["counts"]["images"].as_u64().unwrap();
    assert_eq!(count(&[&format!("{host}/team1")]), 9);
    assert_eq!(count(&[&host, "--repositories", "team1/*,team2/*", "--tags", "!*.0"]), 10);
    assert_eq!(count(&[&host, "--newest", "1"]), 12);
    assert_eq!(count(&[&host, "--platform", "linux/amd64"]), 36);
    let nothing = desk.command(&[&host, "--repositories", "nobody/*"]).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    assert!(said(&nothing).contains("there is no image"), "{}", said(&nothing));
    let (_, report) = desk.sweep(&[&host, "--newest", "1"]);
    assert!(
        report["scope"]["filters"].to_string().contains("does not tell when tags were pushed"),
        "{}",
        report["scope"]
    );
}

#[test]
fn a_list_that_goes_round_in_circles_or_leads_elsewhere_ends() {
    let elsewhere = Server::start(|_| Answer::new(200, r#"{"repositories": ["stolen"]}"#));
    let address = elsewhere.url("/v2/_catalog?last=a");
    let circles = Server::start(move |request| {
        let link = match request.target.as_str() {
            "/v2/_catalog?n=1000" => "</v2/_catalog?last=a>; rel=\"next\"".to_owned(),
            target if target.starts_with("/v2/_catalog") => "</v2/_catalog?last=a>; rel=\"next\"".to_owned(),
            "/v2/app/tags/list?n=1000" => format!("<{address}>; rel=\"next\""),
            _ => return Answer::new(404, ""),
        };
        let body = if request.target.contains("tags") { r#"{"tags": ["1"]}"# } else { r#"{"repositories": ["app"]}"# };
        Answer::new(200, body).header("Link", link)
    });
    let desk = Desk::new();
    let (code, report) = desk.sweep(&[&circles.host()]);
    assert_eq!(code, 3);
    let reasons = report["notScanned"].to_string();
    assert!(reasons.contains("never ends") && reasons.contains("another server"), "{reasons}");
    assert!(circles.count("_catalog") <= 3 && elsewhere.requests().is_empty());
}

#[test]
fn a_host_that_wants_to_be_left_alone_does_not_hold_up_another() {
    let (busy, free) = (Simulated::start(Size::small()), Simulated::start(Size::small()));
    let refuses = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&refuses);
    busy.choose(move |_, path, _| match still.load(Ordering::SeqCst) && path.contains("/manifests/") {
        true => Fault::Status(429, Some(1)),
        false => Fault::None,
    });
    let desk = Desk::new();
    let mut command = desk.command(&[&busy.host(), &free.host(), "--jobs", "2", "--report", "json"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    wait_for("the manifests of the other", || free.manifests() == 36);
    assert_eq!(busy.manifests(), 0);
    refuses.store(false, Ordering::SeqCst);
    let report: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(report["counts"]["images"], 72);
    assert!(busy.requests() < 36 * 3 + 12 + 1 + 60, "it was asked again and again: {}", busy.requests());
}

#[test]
fn a_store_that_is_none_or_newer_is_left_alone() {
    let desk = Desk::new();
    let folder: &Path = desk.folder.path();
    fs::create_dir(folder.join("state")).unwrap();
    fs::write(desk.store(), "not a database, but a file of somebody's").unwrap();
    let output = desk.command(&["127.0.0.1:1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cannot be opened"), "{}", said(&output));
    assert_eq!(fs::read(desk.store()).unwrap(), b"not a database, but a file of somebody's");
    fs::remove_file(desk.store()).unwrap();
    Connection::open(desk.store()).unwrap().execute_batch("CREATE TABLE mine (x); PRAGMA user_version = 99;").unwrap();
    let output = desk.command(&["127.0.0.1:1"]).output().unwrap();
    assert!(said(&output).contains("another program"), "{}", said(&output));
}
