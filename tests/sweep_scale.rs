//! Memory, time and room for large registries, made up as they are asked for. Small here; `make bench-sweep` sets RDSCA_SWEEP_IMAGES to
//! 10000 and 100000.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod fixture;

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fixture::simulated::{Simulated, Size};
use rusqlite::Connection;

/// The most memory, in MiB.
const MOST_MEMORY: u64 = 256;

/// Five tags in each repository, and one layer for five images.
fn size() -> Size {
    let images: usize = env::var("RDSCA_SWEEP_IMAGES").ok().and_then(|images| images.parse().ok()).unwrap_or(1_000);
    let repositories = images / 5 - images / 500;
    Size { repositories: repositories.max(10), tags: 5, shared: (images / 500).max(20), each: 7, files: 40, bytes: 100 }
}

/// The largest resident size that a process has had, in KiB; none where the system does not tell.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[test]
fn a_large_registry_takes_little_memory_and_little_room() {
    let size = size();
    let registry = Simulated::start(size);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("sweep.db");
    let sweep = |name: &str| {
        let report = folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdsca"));
        command.args(["sweep", &registry.host(), "--no-config", "--fail-on", "never", "--report"]);
        command.arg(format!("json={}", report.display())).arg("--store").arg(&store).env("HOME", folder.path());
        let begin = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut memory = 0;
        let status = loop {
            memory = peak(child.id()).unwrap_or(0).max(memory);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{status}");
        let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
        assert_eq!(report["counts"]["images"].as_u64().unwrap(), size.images() as u64);
        (begin.elapsed(), memory / 1024)
    };
    let (cold, cold_memory) = sweep("cold.json");
    let bytes = registry.layer_bytes();
    assert!(registry.layers().iter().all(|layer| registry.sent(layer) <= 1));
    let (again, again_memory) = sweep("again.json");
    assert_eq!(registry.layer_bytes(), bytes, "nothing new, and layers were read");

    let database = Connection::open(&store).unwrap();
    let number = |query: &str| database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    let layers = number("SELECT count(*) FROM layers");
    let facts = number("SELECT sum(length(facts)) FROM layers");
    let whole = number("SELECT (SELECT * FROM pragma_page_count()) * (SELECT * FROM pragma_page_size())");
    let (per_layer, per_image) = (facts / layers, (whole - facts) / size.images() as u64);
    println!(
        "{} images, {layers} layers: cold {:.1} s, {cold_memory} MiB; again {:.1} s, {again_memory} MiB; \
         {per_image} bytes an image, {per_layer} bytes of facts a layer, {} MiB in all",
        size.images(),
        cold.as_secs_f64(),
        again.as_secs_f64(),
        whole >> 20
    );
    assert!(cold_memory.max(again_memory) < MOST_MEMORY);
    assert!(per_layer < 4096 && per_image < 1024);
}
