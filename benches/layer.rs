//! `cargo bench --bench layer [-- FILE]`: how fast one gzip layer is read from disk, beside its stages alone, in turns. The target is
//! 1.2 times the slower of inflating it and of hashing what is stored. Without a FILE it makes one from what the machine has.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail where it stands, and prints")]

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;
use rdsca::audit::hashing::Aside;
use rdsca::audit::pool::Hands;
use rdsca::digest::{Digest, HashingReader};
use rdsca::image;
use rdsca::oci::layer::{Expected, Watch};

/// Bytes of the layer that is made, uncompressed.
const SAMPLE: u64 = 600 << 20;

/// How often each is measured; the best counts, as the others were disturbed.
const ROUNDS: usize = 7;

const BUFFER: usize = 128 << 10;

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let path = named.unwrap_or_else(sample);
    let size = path.metadata().unwrap().len();
    let (digest, uncompressed) = facts(&path, size, 1, None);
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        let runs: [&dyn Fn(); 4] = [
            &|| drop(io::copy(&mut MultiGzDecoder::new(open(&path)), &mut sink()).unwrap()),
            &|| drop(io::copy(&mut HashingReader::new(open(&path)), &mut sink()).unwrap()),
            &|| drop(facts(&path, size, 1, Some(digest))),
            &|| drop(facts(&path, size, 2, Some(digest))),
        ];
        for (best, run) in best.iter_mut().zip(runs) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    let [inflate, hash, alone, aside] = best;
    println!("{}: {size} bytes, {uncompressed} uncompressed; best of {ROUNDS} rounds", path.display());
    let slower = inflate.max(hash).as_secs_f64();
    for (name, time) in [
        ("inflate alone", inflate),
        ("SHA-256 of what is stored alone", hash),
        ("rdsca, one thread", alone),
        ("rdsca, hashing on another", aside),
    ] {
        let seconds = time.as_secs_f64();
        let speed = uncompressed as f64 / seconds / 1e6;
        println!("{name:34} {seconds:7.3} s {speed:7.0} MB/s uncompressed {:6.2} x the slower stage", seconds / slower);
    }
}

/// The digest of a layer and its uncompressed size, as `scan` finds them with so many threads.
fn facts(path: &Path, size: u64, threads: usize, digest: Option<Digest>) -> (Digest, u64) {
    let hands = Hands::new(threads, 1);
    let expected = Expected { size, digest, diff_id: None };
    let file = File::open(path).unwrap();
    let facts = image::read_layer_hashed(file, expected, &Watch::default(), Aside::both(&hands)).unwrap();
    (facts.digest, facts.uncompressed)
}

fn open(path: &Path) -> BufReader<File> {
    BufReader::with_capacity(BUFFER, File::open(path).unwrap())
}

/// Takes blocks of the size that a layer is read in.
fn sink() -> io::BufWriter<io::Sink> {
    io::BufWriter::with_capacity(BUFFER, io::sink())
}

/// A layer of real files: programs, libraries and texts below `/usr`, as far as they go.
fn sample() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join("sample-layer.tar.gz");
    if path.exists() {
        return path;
    }
    let unfinished = folder.join("sample-layer.unfinished");
    let encoder = flate2::write::GzEncoder::new(File::create(&unfinished).unwrap(), flate2::Compression::default());
    let mut archive = tar::Builder::new(encoder);
    let mut left = SAMPLE;
    for entry in ignore::WalkBuilder::new("/usr").standard_filters(false).sort_by_file_path(Ord::cmp).build().flatten()
    {
        let Some(meta) = entry.metadata().ok().filter(|meta| meta.is_file() && meta.len() <= left) else { continue };
        let mut body = Vec::new();
        if File::open(entry.path()).and_then(|file| file.take(meta.len()).read_to_end(&mut body)).is_err() {
            continue;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o644);
        let name = entry.path().strip_prefix("/").unwrap();
        archive.append_data(&mut header, name, body.as_slice()).unwrap();
        left -= body.len() as u64;
        if left < 1 << 20 {
            break;
        }
    }
    archive.into_inner().unwrap().finish().unwrap().flush().unwrap();
    std::fs::rename(&unfinished, &path).unwrap();
    path
}
