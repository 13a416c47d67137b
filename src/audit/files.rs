//! Files that the user has: what reports call them, where they lie, and what they say.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest Dockerfile that is read, and the largest lock file; BuildKit's own limit for what a frontend is sent is of the same order.
const MAX_DOCKERFILE: u64 = 4 << 20;

/// Room that is made before one is read: nearly all are smaller.
const USUAL_DOCKERFILE: usize = 8 << 10;

/// What a file or folder is called in reports.
pub fn name(path: &Path) -> String {
    let name = path.strip_prefix("./").unwrap_or(path);
    if name.as_os_str().is_empty() { ".".to_owned() } else { name.display().to_string() }
}

/// A path as files are called in reports: without a dot before it.
pub fn plain(path: &Path) -> &Path {
    if path == Path::new(".") { Path::new("") } else { path.strip_prefix("./").unwrap_or(path) }
}

/// The folder that a file lies in: the build context of a Dockerfile.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The text of a Dockerfile.
///
/// # Errors
/// Why it cannot be read, or is none.
pub fn read(path: &Path) -> Result<String, String> {
    read_bytes(path).map(text)
}

/// What is not UTF-8 in a Dockerfile (a comment in another encoding) is replaced.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The bytes of a Dockerfile; `-` is stdin.
///
/// # Errors
/// Why it cannot be read, or is none.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(USUAL_DOCKERFILE);
    let read = if path == Path::new("-") {
        io::stdin().lock().take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_DOCKERFILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_DOCKERFILE {
        return Err("it is larger than 4 MiB, which no Dockerfile is".to_owned());
    }
    if bytes.contains(&0) {
        return Err("it is not text, so it is no Dockerfile".to_owned());
    }
    Ok(bytes)
}

/// Why a file cannot be read, for people.
pub fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
