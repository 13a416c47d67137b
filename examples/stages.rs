//! How fast one gzip layer is read from disk, beside its stages alone, in turns: `cargo run --release --example stages -- LAYOUT TAG`. The
//! first layer of the image is taken. The target is 1.2 times the slower of inflating it and of hashing what is stored.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;
use rdsca::audit::ahead;
use rdsca::audit::pool::Hands;
use rdsca::digest::HashingReader;
use rdsca::image::Passwords;
use rdsca::oci::layer::{Expected, Watch};
use serde_json::Value;

/// How often each is measured; the best counts, as the others were disturbed.
const ROUNDS: usize = 7;

const BUFFER: usize = 128 << 10;

/// What is measured: a name, and the work, which gives the number of bytes it made.
type Stage<'a> = (&'a str, &'a dyn Fn() -> Result<u64, Box<dyn Error>>);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stages: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [layout, tag] = arguments.as_slice() else { return Err("usage: stages LAYOUT TAG".into()) };
    let path = layer(Path::new(layout), tag)?;
    let size = path.metadata()?.len();
    let scanned = |threads| {
        let hands = Hands::new(threads, 1);
        let expected = Expected { size, digest: None, diff_id: None };
        let file = File::open(&path)?;
        let facts = ahead::read_layer(file, expected, &Watch::default(), &Passwords::default(), &hands)?;
        Ok(facts.uncompressed)
    };
    let stages: [Stage<'_>; 4] = [
        ("inflate alone", &|| Ok(io::copy(&mut MultiGzDecoder::new(open(&path)?), &mut sink())?)),
        ("SHA-256 of what is stored alone", &|| Ok(io::copy(&mut HashingReader::new(open(&path)?), &mut sink())?)),
        ("rdsca, one thread", &|| scanned(1)),
        ("rdsca, other threads to spare", &|| scanned(2)),
    ];
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for ((_, work), best) in stages.iter().zip(&mut best) {
            let start = Instant::now();
            work()?;
            *best = start.elapsed().min(*best);
        }
    }
    let uncompressed = scanned(1)?;
    println!("\nOne gzip layer from disk: {size} bytes, {uncompressed} uncompressed; best of {ROUNDS}, in turns");
    let [inflate, hash, ..] = best;
    for ((name, _), time) in stages.iter().zip(best) {
        let (seconds, slower) = (time.as_secs_f64(), inflate.max(hash).as_secs_f64());
        let speed = uncompressed as f64 / seconds / 1e6;
        println!(
            "  {name:<44} {seconds:7.3} s {speed:7.0} MB/s uncompressed, {:5.2} of the slower stage",
            seconds / slower
        );
    }
    Ok(())
}

/// The file of the first layer of an image in a layout.
fn layer(layout: &Path, tag: &str) -> Result<PathBuf, Box<dyn Error>> {
    let read = |path: PathBuf| -> Result<Value, Box<dyn Error>> { Ok(serde_json::from_slice(&fs::read(path)?)?) };
    let blob = |value: &Value| {
        let hex = value["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
        hex.map(|hex| layout.join("blobs/sha256").join(hex)).ok_or("a descriptor has no digest")
    };
    let index = read(layout.join("index.json"))?;
    let named = |manifest: &&Value| manifest["annotations"]["org.opencontainers.image.ref.name"] == tag;
    let manifest =
        index["manifests"].as_array().and_then(|all| all.iter().find(named)).ok_or("there is no such tag")?;
    Ok(blob(&read(blob(manifest)?)?["layers"][0])?)
}

fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(BUFFER, File::open(path)?))
}

/// Takes blocks of the size that a layer is read in.
fn sink() -> BufWriter<io::Sink> {
    BufWriter::with_capacity(BUFFER, io::sink())
}
