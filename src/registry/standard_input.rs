//! `-`: what `docker save` and its like write, from standard input, read once as it comes and kept nowhere.
//!
//! The layers come before anything says that they are layers. So every file that is not a small document is given to be read
//! while it passes; when the documents are known, each layer of an image has been read already.

use std::io::{self, Read};
use std::sync::Arc;

use super::directory::Directory;
use super::files::{Files, read_start};
use super::{Expected, Kind, Opener, Passing, Sources, archive, docker_save, input};
use crate::digest::Digest;
use crate::oci::source::{LARGEST_MANIFEST, SourceError};
use crate::oci::tar::{self, Header, Reader};
use crate::text;

/// The kind.
pub(super) const KIND: Kind =
    Kind { prefix: "-", form: "-", summary: "the output of docker save, from standard input", open };

/// Documents kept from one stream, in bytes: thousands of manifests and configs of usual size.
const MOST_KEPT: u64 = 64 << 20;

/// Files of one stream: far more than 1,000 layers and their documents need.
const MOST_FILES: usize = 200_000;

const NAME: &str = "standard input";

fn open(_: &str, _: &Opener, passing: &mut Passing<'_>) -> Result<Sources, SourceError> {
    read(io::stdin(), passing)
}

/// Reads a stream to its end and opens the images in it.
pub(super) fn read(mut stream: impl Read + Send, passing: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let failed = |source| SourceError::Io { context: format!("{NAME} cannot be read"), source };
    let start = read_start(&mut stream).map_err(failed)?;
    if start.is_empty() {
        return Err(SourceError::Invalid(format!("{NAME} is empty; did the command before it fail?")));
    }
    if let Some((name, tool)) = input::compression(&start) {
        return Err(SourceError::Unsupported(format!(
            "{NAME} is compressed with {name}; put this before it: {tool} -dc |"
        )));
    }
    let mut passed = Passed::default();
    let mut reader = Reader::new(start.as_slice().chain(stream));
    while let Some(mut entry) =
        reader.next().map_err(|error| archive::not_tar(NAME, passed.directory.len() == 0, error))?
    {
        passed.note(entry.header, &mut entry.body, passing)?;
    }
    // A writer that is not read to its end would be told that its pipe is broken.
    reader.finish().map_err(failed)?;
    archive::open_files(Arc::new(passed), "-", None)
}

/// What has passed.
#[derive(Default)]
struct Passed {
    directory: Directory<Stored>,
    kept: u64,
}

/// One file that has passed.
struct Stored {
    /// The digest of its bytes, where it is known.
    digest: Option<Digest>,
    size: u64,
    content: Content,
}

enum Content {
    /// Small enough to keep.
    Document(Vec<u8>),
    /// Read as a layer.
    Layer,
    /// Read as a layer, and why it is none. Only told when an image says that it is one.
    NoLayer(String),
}

impl Passed {
    fn note(
        &mut self,
        header: &Header,
        body: &mut (dyn Read + Send),
        passing: &mut Passing<'_>,
    ) -> Result<(), SourceError> {
        // Names that are no text are none that an image names.
        let (Ok(path), Ok(target)) = (str::from_utf8(&header.path), str::from_utf8(&header.link)) else {
            return Ok(());
        };
        if self.directory.len() >= MOST_FILES {
            return Err(SourceError::Invalid(format!(
                "{NAME} holds more than {MOST_FILES} files, which no image does"
            )));
        }
        match header.kind {
            tar::Kind::File => {
                let stored = self.store(path, header.size, body, passing)?;
                self.directory.put(path, stored);
            }
            tar::Kind::HardLink => self.directory.link(path, target),
            tar::Kind::Symlink => self.directory.symlink(path, target),
            _ => {}
        }
        Ok(())
    }

    fn store(
        &mut self,
        path: &str,
        size: u64,
        body: &mut (dyn Read + Send),
        passing: &mut Passing<'_>,
    ) -> Result<Stored, SourceError> {
        let failed = |source| SourceError::Io { context: format!("{NAME}: {}", text::escape(path)), source };
        let digest = docker_save::digest_in_name(path);
        let mut start = read_start(body).map_err(failed)?;
        // What is small is kept whatever it is, so that it does not matter when it turns out to be a layer after all.
        if size <= start.len() as u64 || (size <= LARGEST_MANIFEST as u64 && is_like_json(&start)) {
            self.kept += size;
            if self.kept > MOST_KEPT {
                return Err(SourceError::Invalid(format!("{NAME} holds more than {MOST_KEPT} bytes of documents")));
            }
            body.read_to_end(&mut start).map_err(failed)?;
            return Ok(Stored { digest, size, content: Content::Document(start) });
        }
        Ok(match passing(Expected { digest, size }, &mut start.as_slice().chain(body)) {
            Ok(digest) => Stored { digest: Some(digest), size, content: Content::Layer },
            Err(reason) => Stored { digest, size, content: Content::NoLayer(reason) },
        })
    }
}

/// Whether bytes begin as the documents of an image do.
fn is_like_json(start: &[u8]) -> bool {
    matches!(start.trim_ascii_start().first(), Some(b'{' | b'['))
}

impl Files for Passed {
    fn name(&self) -> &str {
        NAME
    }

    fn contains(&self, path: &str) -> bool {
        self.directory.find(path).is_some()
    }

    fn open(&self, path: &str) -> Result<(Box<dyn Read + Send + '_>, u64), SourceError> {
        let shown = text::escape(path);
        match self.directory.find(path) {
            None => Err(SourceError::NotFound(format!("{NAME}: {shown} is missing; is the stream complete?"))),
            Some(Stored { size, content: Content::Document(bytes), .. }) => Ok((Box::new(bytes.as_slice()), *size)),
            Some(Stored { content: Content::NoLayer(reason), .. }) => {
                Err(SourceError::Invalid(format!("{NAME}: {shown}: {reason}")))
            }
            Some(Stored { content: Content::Layer, .. }) => Err(SourceError::Unsupported(format!(
                "{NAME} can be read only once, and {shown} is needed again; write the stream to a file and name that"
            ))),
        }
    }

    fn known(&self, path: &str) -> Option<(Digest, u64)> {
        let Stored { digest, size, content } = self.directory.find(path)?;
        // A document is read again when it is wanted, and described then.
        if matches!(content, Content::Document(_)) { None } else { digest.map(|digest| (digest, *size)) }
    }

    fn opens_again(&self) -> bool {
        false
    }
}
