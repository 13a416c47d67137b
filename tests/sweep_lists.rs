//! What a sweep looks at: registries that list what they have, those that do not or only later, and lists of images by name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod fixture;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fixture::desk::{Desk, said, wait_for};
use fixture::server::{Answer, Server};
use fixture::simulated::{Fault, Simulated, Size};
use serde_json::Value;

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
    // Nobody tells how old these are: none is left out, and that is said.
    let (_, report) = desk.sweep(&[&host, "--pushed-within", "1h"]);
    assert_eq!(report["counts"]["images"], 36);
    let notes = report["scope"]["notes"].to_string();
    assert!(notes.contains("does not tell when tags were pushed: nothing is left out for its age"), "{notes}");
    let (_, report) = desk.sweep(&[&host, "--newest", "1"]);
    assert!(
        report["scope"]["notes"].to_string().contains("does not tell when tags were pushed"),
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
fn lists_that_tell_digests_and_dates_are_taken_at_their_word() {
    let registry = Simulated::start(Size::small());
    let (desk, host) = (Desk::new(), registry.host());
    // The first tag of each repository was pushed last, against the order of versions.
    registry.tell_ages(|tag| Duration::from_secs(86_400 * tag as u64));
    let tags = |report: &Value| -> BTreeSet<String> {
        assert_eq!(report["scope"]["notes"].as_array().map_or(0, Vec::len), 0, "{}", report["scope"]);
        let images = report["images"].as_array().unwrap();
        images.iter().map(|image| image["tag"].as_str().unwrap().to_owned()).collect()
    };
    let (_, report) = desk.sweep(&[&host, "--newest", "1"]);
    assert_eq!((&report["counts"]["images"], tags(&report)), (&Value::from(12), BTreeSet::from(["1.0".to_owned()])));
    let (_, report) = desk.sweep(&[&host, "--pushed-within", "36h"]);
    assert_eq!(report["counts"]["images"], 24);
    assert_eq!(tags(&report), BTreeSet::from(["1.0".to_owned(), "1.1".to_owned()]));

    // An image that is known costs no request, and one that was not is found when a tag has moved to it.
    let (requests, manifests) = (registry.requests(), registry.manifests());
    desk.sweep(&[&host, "--pushed-within", "36h"]);
    assert!(registry.requests() - requests <= 14, "{} requests for 12 repositories", registry.requests() - requests);
    registry.move_tag(3, 8);
    let (_, report) = desk.sweep(&[&host, "--pushed-within", "36h"]);
    assert_eq!((registry.manifests() - manifests, registry.heads()), (1, 0));
    assert_eq!(report["counts"]["images"], 24);
}

#[test]
fn a_page_without_end_is_left() {
    for (padding, code) in [((16 << 20) - 100, 0), (16 << 20, 3)] {
        let registry = Simulated::start(Size::small());
        let host = registry.host();
        let server = Server::start(move |request| match request.target.starts_with("/v2/_catalog") {
            true => Answer::new(200, format!(r#"{{"repositories": []{}}}"#, " ".repeat(padding))).unannounced(),
            false => Answer::new(404, ""),
        });
        let desk = Desk::new();
        let (actual, report) = desk.sweep(&[&server.host(), &format!("{host}/team1"), "--fail-on", "never"]);
        assert_eq!((actual, report["counts"]["images"].as_u64()), (code, Some(9)), "{report}");
        let reasons = report["notScanned"].to_string();
        assert_eq!(reasons.contains("more than 16777216 bytes"), code == 3, "{reasons}");
    }
}

#[test]
fn a_list_that_always_goes_on_elsewhere_and_brings_nothing_new_ends() {
    let pages = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if !request.target.starts_with("/v2/_catalog") {
            return Answer::new(404, "");
        }
        let page = pages.fetch_add(1, Ordering::SeqCst);
        Answer::new(200, r#"{"repositories": ["app"]}"#)
            .header("Link", format!("</v2/_catalog?last={page}>; rel=\"next\""))
    });
    let desk = Desk::new();
    let (code, report) = desk.sweep(&[&server.host()]);
    let reasons = report["notScanned"].to_string();
    assert!(code == 3 && reasons.contains("never ends"), "{reasons}");
    assert!(server.count("_catalog") <= 22, "{} pages", server.count("_catalog"));
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
fn a_registry_that_lists_nothing_is_not_scanned_and_says_what_to_do() {
    for status in [401, 403, 404] {
        let silent = Server::start(move |_| Answer::new(status, ""));
        let desk = Desk::new();
        let (code, report) = desk.sweep(&[&silent.host()]);
        let reason = report["notScanned"][0]["reason"].as_str().unwrap();
        assert!(code == 3 && reason.contains("--images-from"), "{status}: {reason}");
        // Knowing beforehand is knowing that, too.
        let dry = desk.command(&[&silent.host(), "--dry-run"]).output().unwrap();
        let text = String::from_utf8_lossy(&dry.stdout).into_owned();
        assert_eq!(dry.status.code(), Some(3), "{text}");
        assert!(text.contains("not looked up") && text.contains("--images-from"), "{text}");
    }
}

#[test]
fn what_is_no_name_in_a_list_keeps_no_other_image_from_being_looked_at() {
    let registry = Simulated::start(Size::small());
    let host = registry.host();
    let desk = Desk::new();
    let pods = format!(
        r#"{{"items": [{{"spec": {{"containers": [{{"image": "{host}/team1/r000001:1.0"}}, {{"image": "{host}/Team:"}},
            {{"image": "{host}/team9/r000009:9"}}]}}}}]}}"#
    );
    let pods = desk.file("pods.json", &pods);
    let (code, report) = desk.sweep(&["--images-from", pods.to_str().unwrap(), "--fail-on", "never"]);
    assert_eq!((code, report["counts"]["images"].as_u64()), (3, Some(1)));
    let missed: Vec<_> = report["notScanned"].as_array().unwrap().iter().collect();
    assert_eq!(missed.len(), 2, "{missed:?}");
    assert!(missed[0]["reason"].as_str().unwrap().contains("not the name of an image"), "{missed:?}");
    assert!(missed[1]["reason"].as_str().unwrap().contains("has no such thing"), "{missed:?}");
}

#[test]
fn a_registry_that_is_shut_for_hours_holds_up_no_other() {
    // Not the same images, which would be known from each other.
    let other = Size { files: 11, ..Size::small() };
    let (shut, open) = (Simulated::start(other), Simulated::start(Size::small()));
    // In turn nothing at all is to be had, the tags are not, the layers are not.
    for closed in ["_catalog", "/tags/list", "/manifests/", "/blobs/"] {
        let desk = Desk::new();
        shut.choose(move |_, path, _| if path.contains(closed) { Fault::Status(503, Some(7200)) } else { Fault::None });
        let (_, report) = desk.sweep(&[&shut.host(), &open.host()]);
        assert_eq!(report["counts"]["images"], 36, "{closed}: {}", report["counts"]);
        assert!(report["scope"]["incomplete"].as_str().unwrap().contains("left alone until"), "{}", report["scope"]);
        let requests = shut.requests();
        // The same command asks it nothing before the time is over.
        let (_, report) = desk.sweep(&[&shut.host(), &open.host()]);
        assert_eq!((shut.requests() - requests, &report["counts"]["images"]), (0, &Value::from(36)), "{closed}");
    }
}
