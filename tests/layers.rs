//! Layer stacks, judged by what real container runtimes made of them, and stacks of our own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod stack;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use rdsca::digest::Digest;
use rdsca::image::{Access, Answer, Facts, Obstacle, PathFacts};
use serde_json::Value;
use stack::{Blob, facts, facts_of_fewest, layer};

/// Runtimes whose answers stand for a view, the best first.
const OVERLAY: &[&str] = &["containerd-overlayfs", "docker-overlay2", "podman-overlay"];
const APPLIED: &[&str] = &["umoci", "containerd-native", "podman-vfs", "docker-vfs"];

/// The folder of specimens that is not part of this repository.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    folder.join("layers/cases.jsonl").exists().then_some(folder)
}

#[test]
fn stacks_are_seen_as_the_runtimes_see_them() {
    let Some(folder) = shared() else {
        println!("skipped: ../shared/layers/cases.jsonl is not there");
        return;
    };
    let cases = fs::read_to_string(folder.join("layers/cases.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if let Err(problem) = judge(&case) {
            wrong.push(format!("{} {}: {problem}", case["id"], case["title"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.lines().count(), wrong.join("\n"));
}

#[test]
fn where_the_topmost_layers_settle_it_all_layers_say_the_same() {
    let Some(folder) = shared() else {
        println!("skipped: ../shared/layers/cases.jsonl is not there");
        return;
    };
    let cases = fs::read_to_string(folder.join("layers/cases.jsonl")).unwrap();
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let layers: Vec<Blob> = case["layers"].as_array().unwrap().iter().map(blob).collect();
        for probe in case["probes"].as_array().unwrap().iter().map(|probe| probe.as_str().unwrap()) {
            for user in ["", case["user"].as_str().unwrap_or_default()] {
                let Some((fewest, _)) = facts_of_fewest(&layers, user, &[probe]) else { continue };
                // What cannot be read at all has no answer.
                let Ok(all) = facts(&layers, user, &[probe]) else { continue };
                let said =
                    |path: &PathFacts| format!("{:?} {:?} {}", path.overlay, path.applied, path.runtime_dependent);
                assert_eq!(said(&fewest.paths[0]), said(&all.paths[0]), "{} {probe}", case["id"]);
            }
        }
    }
}

/// The same judgement as that of the scoring script that came with the cases.
fn judge(case: &Value) -> Result<(), String> {
    let probes: Vec<&str> = case["probes"].as_array().unwrap().iter().map(|probe| probe.as_str().unwrap()).collect();
    let layers: Vec<Blob> = case["layers"].as_array().unwrap().iter().map(blob).collect();
    let expected = case["expected"].as_str().unwrap_or_default();
    let (overlay, applied) = (answers(case, OVERLAY), answers(case, APPLIED));
    let facts = match facts(&layers, case["user"].as_str().unwrap_or_default(), &probes) {
        Ok(facts) => facts,
        Err(_) if expected.contains("error") || overlay.is_empty() || applied.is_empty() => return Ok(()),
        Err(why) => return Err(format!("not scanned, but runtimes answer: {why}")),
    };
    for (index, path) in facts.paths.iter().enumerate() {
        let at = format!("{} is {:?} and {:?}", path.path, path.overlay, path.applied);
        if (expected.contains("**error") || overlay.is_empty()) && path.portable {
            return Err(format!("{at}: runtimes refuse this, and it is called portable ({:?})", facts.refusals));
        }
        let allowed: BTreeSet<&str> = overlay.iter().map(|answers| answers[index].as_str()).collect();
        if !allowed.is_empty() && !allowed.iter().any(|want| same(&path.overlay, want)) {
            return Err(format!("{at}: overlay should be {allowed:?}"));
        }
        if let Some(want) = applied.first().filter(|want| !same(&path.applied, &want[index])) {
            return Err(format!("{at}: applied should be {}", want[index]));
        }
        if let (Some(one), Some(other)) = (overlay.first(), applied.first())
            && one[index] != other[index]
            && !path.runtime_dependent
        {
            return Err(format!("{at}: this depends on the runtime, and it is not said"));
        }
    }
    Ok(())
}

fn blob(layer: &Value) -> Blob {
    let decode = |text: &Value| base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
    let mut blob = Blob::gzip(&decode(&layer["tar"]));
    if !layer["blob"].is_null() {
        blob.bytes = decode(&layer["blob"]);
    }
    if let Some(media_type) = layer["media_type"].as_str() {
        blob.media_type = media_type.to_owned();
    }
    if let Some(diff_id) = layer["diff_id"].as_str() {
        blob.diff_id = diff_id.parse().unwrap();
    }
    blob
}

/// What those runtimes answered that took the image.
fn answers(case: &Value, names: &[&str]) -> Vec<Vec<String>> {
    let answers = names.iter().filter_map(|name| case["runtimes"][name]["answers"].as_array());
    answers.map(|all| all.iter().map(|answer| answer.as_str().unwrap().to_owned()).collect()).collect()
}

fn same(answer: &Answer, want: &str) -> bool {
    let content: &[u8] = match want {
        "-" => return is_nothing(answer),
        "SPARSE+A" => return matches!(answer, Answer::Present(file) if file.size == 1024 + 9),
        "DIR" => return is_obstacle(answer, Obstacle::Directory),
        "LOOP" => return is_obstacle(answer, Obstacle::LinkLoop),
        "CHR" | "BLK" => return is_obstacle(answer, Obstacle::Device),
        "FIFO" => return is_obstacle(answer, Obstacle::Fifo),
        "EMPTY" => b"",
        "A" => b"BUNDLE-A\n",
        "B" => b"BUNDLE-B\n",
        "C" => b"BUNDLE-C\n",
        other => panic!("unknown answer {other}"),
    };
    matches!(answer, Answer::Present(file) if file.sha256 == Digest::of(content))
}

fn is_nothing(answer: &Answer) -> bool {
    matches!(answer, Answer::Absent | Answer::Removed { .. }) || is_obstacle(answer, Obstacle::DanglingLink)
}

fn is_obstacle(answer: &Answer, want: Obstacle) -> bool {
    matches!(answer, Answer::Unusable { obstacle, .. } if *obstacle == want)
}

/// A short word for an answer.
fn word(answer: &Answer) -> String {
    match answer {
        Answer::Present(file) => format!("{} of layer {}", file.resolved, file.origin.index),
        Answer::Removed { by } => format!("removed by {}", by.created_by.as_deref().unwrap_or("?")),
        Answer::Absent => "absent".to_owned(),
        Answer::Unusable { obstacle, .. } => format!("{obstacle:?}"),
        Answer::Unknown { why } => why.clone(),
    }
}

const PEM: &str = "/etc/ssl/certs/rds-ca.pem";

fn ask(layers: &[&[&str]], path: &str) -> PathFacts {
    asked(layers, path).paths.remove(0)
}

fn asked(layers: &[&[&str]], path: &str) -> Facts {
    let layers: Vec<_> = layers.iter().map(|entries| layer(entries)).collect();
    facts(&layers, "", &[path]).unwrap()
}

#[test]
fn both_views_answer_for_our_own_stacks() {
    let al2023: &[&str] = &["etc/", "etc/ssl/", "etc/ssl/certs->../pki/tls/certs", "etc/pki/tls/certs/rds-ca.pem=A"];
    let present: &[&str] = &["etc/ssl/certs/rds-ca.pem=A"];
    let here = "/etc/ssl/certs/rds-ca.pem of layer";
    // Layers; the overlay view; the applied view where it is another; whether every runtime takes it.
    type Case<'a> = (&'a [&'a [&'a str]], &'a str, &'a str, bool);
    let cases: &[Case<'_>] = &[
        (&[&["etc/"]], "absent", "", true),
        (&[al2023], "/etc/pki/tls/certs/rds-ca.pem of layer 0", "", true),
        (&[al2023, &["etc/pki/tls/certs/.wh.rds-ca.pem"]], "removed by step 1", "", true),
        (&[present, &["etc/.wh.ssl"], &["other"]], "removed by step 1", "", true),
        (&[present, &["etc/ssl/certs/.wh..wh..opq"]], "removed by step 1", "", true),
        (&[present, &["etc/ssl/.wh.certs", "etc/ssl/certs/"]], &format!("{here} 0"), "removed by step 1", true),
        (&[present, &["etc/ssl/certs/rds-ca.pem=B", "etc/ssl/certs/.wh.rds-ca.pem"]], &format!("{here} 1"), "", false),
        (&[present, &[".wh..wh..opq"]], &format!("{here} 0"), "removed by step 1", true),
        (&[present, &["etc/ssl->nowhere"]], "removed by step 1", "", true),
        (&[&["etc/ssl->nowhere"]], "DanglingLink", "", true),
        (&[&["etc/ssl->ssl"]], "LinkLoop", "", true),
        (&[al2023, &["etc/ssl/certs/x"]], "removed by step 1", "/etc/pki/tls/certs/rds-ca.pem of layer 0", true),
        (&[&["etc/ssl/certs/rds-ca.pem/"]], "Directory", "", true),
        (&[&["opt/b=A", "etc/ssl/certs/rds-ca.pem=>opt/b"]], &format!("{here} 0"), "", true),
        (&[&["opt/b=A"], &["etc/ssl/certs/rds-ca.pem=>opt/b"]], &format!("{here} 1"), "", false),
        (&[&["etc/ssl/certs/rds-ca.pem=>opt/b", "opt/b"]], "absent", "", false),
        // Found by `make test-differential`: what is linked to is removed to make room for the link.
        (&[&["etc/ssl/certs/rds-ca.pem=A", "etc/ssl/certs=>etc/ssl/certs/rds-ca.pem"]], "absent", "", false),
        (&[&["etc/ssl/certs/rds-ca.pem=A", "etc/ssl/certs/rds-ca.pem=B"]], &format!("{here} 0"), "", false),
        (&[&["opt/b=A", "etc/ssl/certs/rds-ca.pem->/opt/c", "opt/c->b"]], "/opt/b of layer 0", "", true),
        (&[&["srv/c/", "etc/ssl/certs->/srv/c"], &["srv/c/rds-ca.pem"]], "/srv/c/rds-ca.pem of layer 1", "", true),
        (
            &[&["srv/c/rds-ca.pem", "srv/d->c", "etc/ssl/certs->/srv/d/../d"], &["srv/.wh.c"]],
            "removed by step 1",
            "",
            true,
        ),
    ];
    for (layers, overlay, applied, portable) in cases {
        let answer = ask(layers, PEM);
        let applied = if applied.is_empty() { overlay } else { applied };
        let words = (word(&answer.overlay), word(&answer.applied), answer.portable);
        assert_eq!(words, ((*overlay).to_owned(), (*applied).to_owned(), *portable), "{layers:?}");
        assert_eq!(answer.runtime_dependent, overlay != applied, "{layers:?}");
    }
}

#[test]
fn an_entry_below_a_link_of_a_lower_layer_is_found_by_its_other_name() {
    let answer = ask(&[&["usr/lib/", "lib->usr/lib"], &["lib/rds.pem"]], "/usr/lib/rds.pem");
    assert_eq!(word(&answer.overlay), "absent");
    assert_eq!(word(&answer.applied), "/usr/lib/rds.pem of layer 1");
    assert!(answer.runtime_dependent);
}

#[test]
fn a_directory_that_no_entry_names_replaces_a_link_of_a_lower_layer() {
    // Every path but the one asked for is out of sight: only what an unpacker makes on the way tells.
    let below: &[&str] = &["opt/real/rds.pem=A", "opt/certs->real"];
    for (above, overlay, applied) in [
        (&["opt/certs/other"][..], "removed by step 1", "/opt/real/rds.pem of layer 0"),
        (&["opt/certs/deep/er/other"], "removed by step 1", "/opt/real/rds.pem of layer 0"),
        (&["opt/certs/.wh.other"], "removed by step 1", "/opt/real/rds.pem of layer 0"),
        (&["opt/certs/other/.wh..wh..opq"], "removed by step 1", "/opt/real/rds.pem of layer 0"),
        (&["opt/certs/other", "opt/certs->real"], "/opt/real/rds.pem of layer 0", "/opt/real/rds.pem of layer 0"),
        (&["opt/certs->real", "opt/certs/other"], "/opt/real/rds.pem of layer 0", "/opt/real/rds.pem of layer 0"),
    ] {
        let answer = ask(&[below, above], "/opt/certs/rds.pem");
        assert_eq!((word(&answer.overlay).as_str(), word(&answer.applied).as_str()), (overlay, applied), "{above:?}");
        assert_eq!(answer.runtime_dependent, overlay != applied, "{above:?}");
    }
}

#[test]
fn who_can_read_a_file_depends_on_every_directory() {
    let base = &["etc/passwd=app:x:7:8::/:", "etc/group=certs:x:9:app", "0750 etc/ssl/", "etc/ssl/certs/rds-ca.pem"];
    for (user, expected) in [("", None), ("0", None), ("app", Some("/etc/ssl")), ("7:0", None)] {
        let facts = facts(&[layer(base)], user, &[PEM]).unwrap();
        let Answer::Present(file) = &facts.paths[0].overlay else { panic!("not there") };
        match (&file.access, expected) {
            (Access::Granted, None) => {}
            (Access::Denied { at, .. }, Some(expected)) => assert_eq!(at.to_string(), expected, "{user}"),
            (other, _) => panic!("{user}: {other:?}"),
        }
    }
    let facts = facts(&[layer(base)], "nobody", &[PEM]).unwrap();
    assert!(facts.user.identity.is_err());
    assert!(matches!(&facts.paths[0].overlay, Answer::Present(file) if file.access == Access::Unknown));
}

#[test]
fn system_and_environment_are_read_through_links() {
    let os = "usr/lib/os-release=ID=amzn\nVERSION_ID=2023";
    let facts = asked(&[&[os, "etc/os-release->../usr/lib/os-release"]], PEM);
    assert!(
        matches!(&facts.os, rdsca::image::Reading::Known(os) if os.is_amazon() && os.version.as_deref() == Some("2023"))
    );
    assert_eq!(facts.environment["A"], "2");
    assert_eq!(facts.platform, "linux/amd64");
    let elsewhere = asked(&[&["opt/release=ID=x", "etc/os-release->/opt/release"]], PEM);
    assert!(matches!(&elsewhere.os, rdsca::image::Reading::Known(os) if os.id == "x"));
    assert_eq!(asked(&[&["x"]], PEM).os, rdsca::image::Reading::Absent);
}

#[test]
fn bundles_are_found_wherever_they_are_and_not_where_they_were() {
    let bundle = std::str::from_utf8(rdsca::bundle::BUILTIN_PEM).unwrap();
    let first = layer(&["srv/app/", &format!("srv/app/notes.txt={bundle}")]);
    let found = |upper: &[&str]| {
        let layers = [Blob { bytes: first.bytes.clone(), media_type: first.media_type.clone(), ..first }, layer(upper)];
        let facts = facts(&layers, "", &[PEM]).unwrap();
        facts.certificate_files.iter().map(|found| found.file.resolved.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["srv/other", "srv/app/"]), ["/srv/app/notes.txt"]);
    assert_eq!(found(&["srv/app/.wh.notes.txt"]), [""; 0]);
    assert_eq!(found(&["srv/.wh.app"]), [""; 0]);
    assert_eq!(found(&["srv/app/notes.txt=gone"]), [""; 0]);
    assert_eq!(found(&["srv->elsewhere"]), [""; 0]);
}

/// An archive with the directory `etc/ssl/certs`, which carries an attribute, and a file in it.
fn with_attribute(name: &str, value: &str) -> Blob {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([(format!("SCHILY.xattr.{name}").as_str(), value.as_bytes())]).unwrap();
    for (name, kind) in [("etc/ssl/certs", tar::EntryType::Directory), ("etc/ssl/certs/x", tar::EntryType::Regular)] {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    Blob::gzip(&builder.into_inner().unwrap())
}

#[test]
fn attributes_of_overlayfs_are_told_whoever_restores_them() {
    let said = |name: &str, value: &str| {
        let layers = [layer(&["etc/ssl/certs/rds-ca.pem"]), with_attribute(name, value)];
        let facts = facts(&layers, "", &["/etc/ssl/certs/rds-ca.pem"]).unwrap();
        let path = &facts.paths[0];
        assert!(matches!(path.overlay, Answer::Present(_)), "{path:?}");
        (path.runtime_dependent, path.portable)
    };
    // Docker and Podman restore all, containerd those of users: what lies below is hidden there.
    assert_eq!(said("trusted.overlay.opaque", "y"), (true, true));
    assert_eq!(said("user.overlay.opaque", "y"), (true, true));
    assert_eq!(said("trusted.overlay.opaque", "n"), (false, true));
    // What the kernel makes of these is not followed, but it is said that there is something to be made of them.
    assert_eq!(said("trusted.overlay.redirect", "/srv"), (false, false));
    assert_eq!(said("user.overlay.metacopy", ""), (false, false));
    assert_eq!(said("user.comment", "y"), (false, true));
}

proptest::proptest! {
    #[test]
    fn no_archive_makes_it_panic(changes in proptest::collection::vec((0usize..8192, proptest::num::u8::ANY), 0..6)) {
        let mut archive = {
            let mut builder = tar::Builder::new(Vec::new());
            for (name, link) in [("etc/ssl/", ""), ("etc/ssl/certs", "../pki"), ("etc/.wh.x", ""), ("etc/pki/rds-ca.pem", "")] {
                let mut header = tar::Header::new_gnu();
                header.set_size(0);
                header.set_mode(0o755);
                if link.is_empty() {
                    builder.append_data(&mut header, name, &b""[..]).unwrap();
                } else {
                    header.set_entry_type(tar::EntryType::Symlink);
                    builder.append_link(&mut header, name, link).unwrap();
                }
            }
            builder.into_inner().unwrap()
        };
        for (at, byte) in changes {
            let length = archive.len();
            archive[at % length] = byte;
        }
        // Spoilt checksums would hide what lies behind them.
        for block in archive.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
        let _ = facts(&[Blob::gzip(&archive), layer(&["etc/ssl/certs/rds-ca.pem"])], "app", &[PEM]);
    }
}
