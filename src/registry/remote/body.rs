//! Reads the body of a response: a small one whole, a blob as a stream that outlives cut connections.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf as _, Bytes};
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderValue, RANGE};
use reqwest::{Response, StatusCode};

use super::authorization::Access;
use super::client::Client;
use super::failure;
use super::pace::{Pace, Speed};
use super::transport::{self, Broken, host};
use crate::oci::source::SourceError;
use crate::text;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`SourceError::Invalid`] when it is larger, [`SourceError::Io`] when it is cut off or too slow.
pub(super) async fn read_whole(
    mut response: Response,
    limit: usize,
    what: &str,
    pace: &Pace,
) -> Result<Vec<u8>, SourceError> {
    let mut whole = Vec::new();
    let mut speed = Speed::new();
    while let Some(chunk) = next_chunk(&mut response, what, pace, &mut speed).await.map_err(|broken| broken.error)? {
        if whole.len() + chunk.len() > limit {
            return Err(SourceError::Invalid(format!(
                "{what}: {} sends more than {limit} bytes",
                host(response.url())
            )));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// The next bytes of a body; `None` at its end.
async fn next_chunk(
    response: &mut Response,
    what: &str,
    pace: &Pace,
    speed: &mut Speed,
) -> Result<Option<Bytes>, Broken> {
    let begin = Instant::now();
    let next = tokio::time::timeout(speed.patience(pace), response.chunk()).await;
    let stalled = |response: &Response| {
        Broken::from(SourceError::Io {
            context: format!("{what}: {} has stalled", host(response.url())),
            source: io::Error::new(
                io::ErrorKind::TimedOut,
                format!("less than {} bytes in {} s", pace.least_in_window, pace.window.as_secs()),
            ),
        })
    };
    match next {
        Err(_) => Err(stalled(response)),
        Ok(Err(error)) => Err(transport::broken(what, response.url(), &error)),
        Ok(Ok(chunk)) => {
            let bytes = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            // An end is an end, however long it was waited for.
            if speed.note(pace, begin.elapsed(), bytes) || chunk.is_none() { Ok(chunk) } else { Err(stalled(response)) }
        }
    }
}

/// A blob as it comes from the registry. When the connection is cut, the rest is asked for and joined on; whether the parts
/// belong together is what the blob's digest tells the reader above.
pub(super) struct Blob {
    client: Arc<Client>,
    access: Arc<Access>,
    what: String,
    path: String,
    /// The size that the manifest says.
    size: u64,
    /// Bytes handed out.
    at: u64,
    response: Option<Response>,
    /// Bytes that are to be passed over, because the server began again from the start.
    passed: u64,
    chunk: Bytes,
    resumes: u32,
    speed: Speed,
}

impl Blob {
    /// Asks for a blob at `path`.
    ///
    /// # Errors
    /// When the registry does not give it, or gives one of another size.
    pub(super) fn open(
        client: Arc<Client>,
        access: Arc<Access>,
        what: String,
        path: String,
        size: u64,
    ) -> Result<Self, SourceError> {
        let mut blob = Self {
            client,
            access,
            what,
            path,
            size,
            at: 0,
            response: None,
            passed: 0,
            chunk: Bytes::new(),
            resumes: 0,
            speed: Speed::new(),
        };
        blob.request()?;
        Ok(blob)
    }

    /// Asks for the blob from where it was left.
    fn request(&mut self) -> Result<(), SourceError> {
        let client = Arc::clone(&self.client);
        client.wait(async {
            let mut headers = HeaderMap::new();
            if self.at > 0 {
                let range = HeaderValue::try_from(format!("bytes={}-", self.at));
                headers.extend(range.ok().map(|range| (RANGE, range)));
            }
            let transport = &self.client.transport;
            let reply = self.access.ask(transport, &self.what, &self.path, &headers).await?;
            let server = host(reply.response.url());
            let wrong = |why: String| SourceError::Invalid(format!("{}: {server} {why}", self.what));
            let length = reply.response.content_length();
            self.passed = match reply.response.status() {
                StatusCode::OK if length.is_some_and(|length| length != self.size) => {
                    let length = length.unwrap_or_default();
                    return Err(wrong(format!("sends {length} bytes where the manifest says {}", self.size)));
                }
                StatusCode::OK => self.at,
                StatusCode::PARTIAL_CONTENT if self.at > 0 => {
                    let range = reply
                        .response
                        .headers()
                        .get(CONTENT_RANGE)
                        .map(|range| String::from_utf8_lossy(range.as_bytes()));
                    let range = range.unwrap_or_default();
                    if !continues(&range, self.at, self.size) {
                        let range = text::escape(&range);
                        return Err(wrong(format!(
                            "continues at {range:?} where byte {} of {} was asked for",
                            self.at, self.size
                        )));
                    }
                    0
                }
                _ => return Err(failure::unwelcome(&self.access, &self.what, reply, &transport.pace).await),
            };
            if let Some(encoding) =
                reply.response.headers().get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity")
            {
                let encoding = String::from_utf8_lossy(encoding.as_bytes());
                return Err(wrong(format!(
                    "changes the bytes on the way (Content-Encoding {:?})",
                    text::escape(&encoding)
                )));
            }
            self.response = Some(reply.response);
            Ok(())
        })
    }

    /// The next bytes, over as many connections as it takes; empty at the end.
    fn fill(&mut self) -> Result<Bytes, SourceError> {
        loop {
            let Some(response) = &mut self.response else { return Ok(Bytes::new()) };
            let pace = &self.client.transport.pace;
            let next = self.client.wait(next_chunk(response, &self.what, pace, &mut self.speed));
            let cut = match next {
                Ok(Some(mut chunk)) => {
                    let passed = self.passed.min(chunk.len() as u64);
                    self.passed -= passed;
                    // Lossless: not more than the length of the chunk.
                    chunk.advance(passed as usize);
                    if chunk.is_empty() {
                        continue;
                    }
                    return Ok(chunk);
                }
                Ok(None) | Err(Broken { transient: true, .. }) if self.at >= self.size => {
                    self.response = None;
                    return Ok(Bytes::new());
                }
                // A body may end early without saying so, where nothing announced its length.
                Ok(None) => SourceError::Io {
                    context: format!(
                        "{}: {} ends it after {} of {} bytes",
                        self.what,
                        host(response.url()),
                        self.at,
                        self.size
                    ),
                    source: io::ErrorKind::UnexpectedEof.into(),
                },
                Err(Broken { error, transient: true }) => error,
                Err(Broken { error, transient: false }) => return Err(error),
            };
            if self.resumes == pace.resumes {
                return Err(cut);
            }
            self.resumes += 1;
            self.response = None;
            self.request()?;
        }
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && !buffer.is_empty() {
            self.chunk = self.fill().map_err(into_io)?;
        }
        let read = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

/// An error in the shape that `Read` wants; its words stay what they are.
fn into_io(error: SourceError) -> io::Error {
    let kind = match &error {
        SourceError::NotFound(_) => io::ErrorKind::NotFound,
        SourceError::Denied(_) => io::ErrorKind::PermissionDenied,
        SourceError::Invalid(_) => io::ErrorKind::InvalidData,
        SourceError::Unsupported(_) => io::ErrorKind::Unsupported,
        SourceError::Busy { .. } => io::ErrorKind::ResourceBusy,
        SourceError::Io { source, .. } => source.kind(),
    };
    io::Error::new(kind, error)
}

/// Whether a `Content-Range` (RFC 9110, section 14.4) goes on at byte `at` of `size`.
fn continues(range: &str, at: u64, size: u64) -> bool {
    let parts = range.strip_prefix("bytes ").and_then(|range| range.trim().split_once('/'));
    let Some((part, total)) = parts else { return false };
    let Some((first, last)) = part.split_once('-') else { return false };
    let last = last.parse::<u64>();
    first.parse() == Ok(at)
        && last.is_ok_and(|last| (at..size).contains(&last))
        && (total == "*" || total.parse() == Ok(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_must_go_on_where_the_bytes_ended() {
        assert!(continues("bytes 5-9/10", 5, 10));
        assert!(continues("bytes 5-7/*", 5, 10));
        for wrong in [
            "",
            "bytes 4-9/10",
            "bytes 5-9/11",
            "bytes 5-10/10",
            "bytes 5-4/10",
            "bytes */10",
            "items 5-9/10",
            "bytes 5-9",
        ] {
            assert!(!continues(wrong, 5, 10), "{wrong}");
        }
    }
}
