//! A tar archive on disk whose files are read in any order: its headers are read once, its bodies when they are wanted.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::Directory;
use super::files::Files;
use super::{Sources, docker_save, input, layout};
use crate::oci::source::SourceError;
use crate::oci::tar::{Header, Kind, Reader, TarError};
use crate::text;

/// 1,000 layers and what docker save writes beside each make 4,000; this is far more, and few enough to keep in memory.
const MOST_FILES: usize = 200_000;

/// Bodies larger than this, in bytes, are jumped over; smaller ones are quicker read, as the reader has them in its buffer.
const WORTH_A_JUMP: u64 = 256 << 10;

/// The size of a tar block.
const BLOCK: u64 = 512;

/// Opens the images of an archive, whichever of the two forms it has. Docker 25 and later write both into one file; then the
/// OCI layout is read, because its manifests are the real ones.
///
/// # Errors
/// One message for each: nothing there, a folder, empty, compressed, no tar archive, an archive of something else.
pub(super) fn open(path: &Path, input: &str, wanted: Option<&str>) -> Result<Sources, SourceError> {
    let archive = Arc::new(Archive::read(path)?);
    open_files(archive, input, wanted)
}

/// Opens the images among files, whichever of the two forms they have.
pub(super) fn open_files(files: Arc<dyn Files>, input: &str, wanted: Option<&str>) -> Result<Sources, SourceError> {
    if files.contains("index.json") && files.contains("oci-layout") {
        return layout::open(files, input, wanted);
    }
    if files.contains("manifest.json") {
        return docker_save::open(files, input, wanted);
    }
    Err(SourceError::Invalid(format!(
        "{} is a tar archive, but not of an image: it has neither manifest.json (docker save) nor index.json (OCI layout)",
        files.name()
    )))
}

/// An archive and where its files lie in it.
struct Archive {
    name: String,
    path: PathBuf,
    directory: Directory<Extent>,
}

/// Where a body lies in an archive, in bytes.
#[derive(Clone, Copy)]
struct Extent {
    offset: u64,
    size: u64,
}

impl Archive {
    /// Reads the headers of an archive; large bodies are jumped over.
    fn read(path: &Path) -> Result<Self, SourceError> {
        input::refuse_what_is_no_archive(path)?;
        let name = text::escape(&path.display().to_string()).into_owned();
        let failed = |source| SourceError::Io { context: format!("{name} cannot be read"), source };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut directory = Directory::default();
        let mut next = Some(0);
        while let Some(start) = next {
            file.seek(SeekFrom::Start(start)).map_err(failed)?;
            next = read_headers(&name, &file, start, length, &mut directory)?;
        }
        Ok(Self { name, path: path.to_owned(), directory })
    }
}

/// Reads headers from `start` on: up to the first large body, behind which the next header lies at the offset given back, or
/// up to the end.
fn read_headers(
    name: &str,
    file: &File,
    start: u64,
    length: u64,
    directory: &mut Directory<Extent>,
) -> Result<Option<u64>, SourceError> {
    let mut reader = Reader::new(file);
    while let Some(entry) = reader.next().map_err(|error| not_tar(name, directory.len() == 0, error))? {
        if directory.len() >= MOST_FILES {
            return Err(SourceError::Invalid(format!(
                "{name} holds more than {MOST_FILES} files, which no image does"
            )));
        }
        let extent = Extent { offset: start + entry.header.offset, size: entry.header.size };
        note(directory, entry.header, extent);
        if entry.header.sparse {
            continue;
        }
        let end = extent.offset.saturating_add(extent.size);
        if end > length {
            return Err(SourceError::Invalid(format!(
                "{name} is cut off: it ends after {length} bytes, and has at least {end}"
            )));
        }
        if extent.size > WORTH_A_JUMP {
            return Ok(Some(end.next_multiple_of(BLOCK)));
        }
    }
    Ok(None)
}

/// Notes what an entry puts where. What is no file, or stored with holes, or has a name that is no text, no image names.
fn note(directory: &mut Directory<Extent>, header: &Header, extent: Extent) {
    let (Ok(path), Ok(target)) = (str::from_utf8(&header.path), str::from_utf8(&header.link)) else { return };
    match header.kind {
        Kind::File if !header.sparse => directory.put(path, extent),
        Kind::HardLink => directory.link(path, target),
        Kind::Symlink => directory.symlink(path, target),
        _ => {}
    }
}

/// The message for what is wrong with an archive; where its very first header is wrong, it most likely is none.
pub(super) fn not_tar(name: &str, first: bool, error: TarError) -> SourceError {
    match error {
        TarError::Io(source) => SourceError::Io { context: format!("{name} cannot be read"), source },
        error if first => SourceError::Invalid(format!("{name} is not a tar archive: {error}")),
        TarError::Truncated { .. } => SourceError::Invalid(format!("{name} is cut off: {error}")),
        error => SourceError::Invalid(format!("{name}: {error}")),
    }
}

impl Files for Archive {
    fn name(&self) -> &str {
        &self.name
    }

    fn contains(&self, path: &str) -> bool {
        self.directory.find(path).is_some()
    }

    fn open(&self, path: &str) -> Result<(Box<dyn Read + Send + '_>, u64), SourceError> {
        let Some(Extent { offset, size }) = self.directory.find(path).copied() else {
            return Err(SourceError::NotFound(format!("{}: {path} is missing; is the archive complete?", self.name)));
        };
        // A handle of its own for each reader: several are read side by side, each at its own place.
        let opened = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        let file = opened.map_err(|source| SourceError::Io { context: format!("{}: {path}", self.name), source })?;
        Ok((Box::new(file.take(size)), size))
    }
}
