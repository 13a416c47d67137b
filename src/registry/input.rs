//! Tells what an input is: by its prefix, by what lies at its path, or as a reference.

use std::fs::{self, File};
use std::path::Path;

use super::{KINDS, Kind, Opener, Passing, Sources, archive, files, layout, remote};
use crate::oci::source::SourceError;
use crate::text;

/// Opens an input; see [`Opener::open`].
pub(super) fn open(input: &str, opener: &Opener, passing: &mut Passing<'_>) -> Result<Sources, SourceError> {
    if let Some((kind, rest)) = KINDS.iter().find_map(|kind| Some((kind, prefixed(kind, input)?))) {
        return (kind.open)(rest, opener, passing);
    }
    if input.is_empty() {
        return Err(SourceError::Invalid("an image without a name: write a reference or a path".to_owned()));
    }
    let shown = text::escape(input);
    if let Some((scheme, _)) = input.split_once("://") {
        let scheme = text::escape(scheme);
        return Err(SourceError::Unsupported(format!(
            "{shown}: {scheme}:// is not an image; for a registry write docker://NAME"
        )));
    }
    let path = Path::new(input);
    if fs::symlink_metadata(path).is_ok() {
        return open_path(input, path);
    }
    if looks_like_path(input) {
        return Err(SourceError::NotFound(format!("{shown}: no such file or folder")));
    }
    (remote::KIND.open)(input, opener, passing)
}

/// What stands behind the prefix of a kind; `-` is the whole input.
fn prefixed<'a>(kind: &Kind, input: &'a str) -> Option<&'a str> {
    let rest = input.strip_prefix(kind.prefix)?;
    (kind.prefix != "-" || rest.is_empty()).then_some(rest)
}

fn open_path(input: &str, path: &Path) -> Result<Sources, SourceError> {
    let shown = text::escape(input);
    let folder = fs::metadata(path)
        .map_err(|source| SourceError::Io { context: format!("{shown} cannot be read"), source })?
        .is_dir();
    if !folder {
        return archive::open(path, input, None);
    }
    if !path.join("index.json").is_file() {
        return Err(SourceError::Invalid(format!(
            "{shown} is a folder, but not an OCI layout (it has no index.json); for an image of that name in a registry \
             write docker://{}",
            shown.trim_start_matches("./")
        )));
    }
    layout::open(files::Folder::shared(input, path), input, None)
}

/// Whether an input is meant as a path, though nothing is there.
fn looks_like_path(input: &str) -> bool {
    const ENDINGS: &[&str] = &[".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz", ".oci"];
    let lower = input.to_ascii_lowercase();
    let path = Path::new(input);
    matches!(input, "." | "..")
        || ["./", "../", "~/", "~"].iter().any(|start| input.starts_with(start))
        || path.has_root()
        || path.is_absolute()
        || input.contains('\\')
        || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Parts `PATH[:REFERENCE]` and `PATH@DIGEST`: the shortest path that exists and ends there, or else the text up to the first colon or
/// `@`.
pub(super) fn split_reference(text: &str) -> (&str, Option<&str>) {
    if Path::new(text).exists() {
        return (text, None);
    }
    let parts = || text.match_indices([':', '@']).map(|(at, _)| (&text[..at], Some(&text[at + 1..])));
    // A drive of Windows is not a path that ends at a colon.
    let real = parts().find(|(path, _)| path.len() > 1 && Path::new(path).exists());
    real.or_else(|| parts().next()).unwrap_or((text, None))
}

/// Refuses a path that cannot be an archive, before anything is made of it.
///
/// # Errors
/// One message for each: nothing there, a folder, empty, compressed.
pub(super) fn refuse_what_is_no_archive(path: &Path) -> Result<(), SourceError> {
    let name = path.display().to_string();
    let shown = text::escape(&name);
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound(format!("{shown}: no such file")),
        _ => SourceError::Io { context: format!("{shown} cannot be read"), source },
    };
    if fs::metadata(path).map_err(io)?.is_dir() {
        return Err(SourceError::Invalid(format!(
            "{shown} is a folder, not an archive; for an OCI layout write oci:{shown}"
        )));
    }
    let start = File::open(path).and_then(|mut file| files::read_start(&mut file)).map_err(io)?;
    if start.is_empty() {
        return Err(SourceError::Invalid(format!("{shown} is empty")));
    }
    match compression(&start) {
        Some((name, tool)) => Err(SourceError::Unsupported(format!(
            "{shown} is compressed with {name}, and an archive is not read in order; use: {tool} -dc {shown} | rdsca scan -"
        ))),
        None => Ok(()),
    }
}

/// The compression that a file begins with, and the tool that undoes it.
pub(super) fn compression(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let known: &[(&[u8], &str, &str)] = &[
        (&[0x1f, 0x8b], "gzip", "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd"),
        (b"BZh", "bzip2", "bzip2"),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz", "xz"),
    ];
    known.iter().find(|(magic, ..)| start.starts_with(magic)).map(|(_, name, tool)| (*name, *tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_references() {
        for path in ["./a", "../a", "/a", "~/a", ".", "a.tar", "a.TAR.gz", "b/c.tgz", "C:\\a"] {
            assert!(looks_like_path(path), "{path}");
        }
        for reference in ["a", "a/b", "a:1", "localhost:5000/a", "registry.example.com/a.b:1", "a@sha256:00"] {
            assert!(!looks_like_path(reference), "{reference}");
        }
    }

    #[test]
    fn a_reference_follows_the_path_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("with:colon.tar");
        fs::write(&path, "x").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(split_reference(path), (path, None));
        assert_eq!(split_reference(&format!("{path}:localhost:5000/a:1")), (path, Some("localhost:5000/a:1")));
        assert_eq!(split_reference("absent.tar:a:1"), ("absent.tar", Some("a:1")));
        assert_eq!(split_reference("absent.tar"), ("absent.tar", None));
        assert_eq!(split_reference(&format!("{path}@sha256:00")), (path, Some("sha256:00")));
    }
}
