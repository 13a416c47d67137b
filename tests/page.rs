//! The page of a sweep in a real browser: headless Chromium, driven by `tests/browser/drive.mjs`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::program::rdsca;
use fixture::sweep::{broken, empty, hostile, long, registry, unscanned, well};
use rdsca::report::sweep::{FORMATS, SweepReport};

/// What the driver is to find out; a driver that finds out less has not done its work.
const HOLDS: usize = 30;

fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn write(report: &SweepReport, file: &Path) {
    let format = FORMATS.iter().find(|format| format.name == "html").unwrap();
    let mut page = Vec::new();
    (format.write)(report, &mut page).unwrap();
    fs::write(file, page).unwrap();
}

#[test]
fn the_page_of_a_sweep_works_in_a_browser() {
    let browser = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let (Some(node), Some(chromium)) = (found("node"), found("chromium")) else {
        println!("skipped: node or chromium is not installed; scripts/install-browser.sh installs them");
        return;
    };
    if !browser.join("node_modules/playwright-core").exists() {
        println!("skipped: tests/browser has no node_modules; scripts/install-browser.sh installs them");
        return;
    }
    // Pages and pictures stay, to be looked at.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::create_dir_all(&folder).unwrap();
    let mut first = registry(12);
    first.previous = None;
    first.changes.clear();
    first.history.drain(..first.history.len() - 1);
    for (name, report) in [
        ("registry", registry(206)),
        ("small", registry(20)),
        ("first", first),
        ("hostile", hostile()),
        ("empty", empty()),
        ("well", well()),
        ("broken", broken()),
        ("unscanned", unscanned()),
        ("long", long()),
    ] {
        write(&report, &folder.join(format!("{name}.html")));
    }
    let check = folder.join("check.html");
    let to = format!("html={}", check.display());
    let source = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("a", "FROM amazonlinux:2023\n"),
        (
            "<b>&'\"",
            "FROM amazonlinux:2\nRUN curl -ko /a.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n",
        ),
        ("c", "FROM ${x}\n"),
    ] {
        fs::create_dir(source.path().join(name)).unwrap();
        fs::write(source.path().join(name).join("Dockerfile"), text).unwrap();
    }
    let checked = rdsca(source.path(), &["check", "--no-config", ".", "gone", "--report", &to], &[]);
    assert_eq!(checked.status.code(), Some(1));
    let done = Command::new(node)
        .arg(browser.join("drive.mjs"))
        .args([&chromium, &folder])
        .current_dir(&browser)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(told.lines().filter(|line| line.starts_with("holds: ")).count(), HOLDS, "{told}");
}
