//! Names the code that reads layers, so that facts which other code has stored are never believed (`store::layers`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What decides what is recorded of a layer, crates below it included.
const READERS: &[&str] =
    &["Cargo.lock", "src/bundle", "src/digest.rs", "src/image/mod.rs", "src/oci", "src/text", "src/tree"];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for reader in READERS {
        println!("cargo:rerun-if-changed={reader}");
        collect(Path::new(reader), &mut files)?;
    }
    files.sort();
    // FNV-1a of 64 bits: nobody gains by a collision here, and it is the same on every machine.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        for byte in fs::read(file)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    println!("cargo:rustc-env=RDSCA_FACTS_VERSION={hash:016x}");
    Ok(())
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
