//! BuildKit's own parser: the Python package `dockerfile`, which wraps the Go code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that holds the Python package, installed when it is missing; none where it cannot be had.
fn package() -> Option<PathBuf> {
    let folder = root().join("target/buildkit-oracle");
    if !folder.join("dockerfile").exists() {
        let done = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--target"])
            .arg(&folder)
            .arg("dockerfile")
            .output();
        if !done.is_ok_and(|done| done.status.success()) {
            return None;
        }
    }
    Some(folder)
}

/// What BuildKit reads in each of some files (the shape is that of `tests/buildkit_oracle.py`); none where it cannot be asked.
pub fn ask(files: &[PathBuf]) -> Option<Vec<Value>> {
    let mut child = Command::new("python3")
        .arg(root().join("tests/buildkit_oracle.py"))
        .env("PYTHONPATH", package()?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let names: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
    child.stdin.take().unwrap().write_all(names.join("\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    let lines = done.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let answers: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert_eq!(answers.len(), files.len());
    Some(answers)
}
