//! Names the code that reads layers, so that facts which other code has stored are never believed (`store::layers`), and the code that
//! judges images, so that a sweep judges them again when it has changed (`audit::sweep`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What decides what is recorded of a layer, crates below it included.
const READERS: &[&str] = &[
    "Cargo.lock",
    "src/bundle",
    "src/client",
    "src/digest.rs",
    "src/image/mod.rs",
    "src/image/programs.rs",
    "src/oci",
    "src/text",
    "src/tree",
];

/// What decides what is said of an image whose layers are known.
const JUDGES: &[&str] =
    &["src/audit/sweep/verdicts.rs", "src/bundle", "src/client", "src/image", "src/rules", "src/tree"];

fn main() -> io::Result<()> {
    println!("cargo:rustc-env=RDSCA_FACTS_VERSION={:016x}", hash(READERS)?);
    println!("cargo:rustc-env=RDSCA_RULES_VERSION={:016x}", hash(JUDGES)?);
    Ok(())
}

/// A hash of files, and of those below folders.
fn hash(paths: &[&str]) -> io::Result<u64> {
    let mut files = Vec::new();
    for path in paths {
        println!("cargo:rerun-if-changed={path}");
        collect(Path::new(path), &mut files)?;
    }
    files.sort();
    // FNV-1a of 64 bits: nobody gains by a collision here, and it is the same on every machine.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        for byte in fs::read(file)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    Ok(hash)
}

/// A file, or the files below a folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        if path.is_file() {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
