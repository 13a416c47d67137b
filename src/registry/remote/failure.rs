//! What a registry says when it does not give what was asked for.

use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::authorization::Access;
use super::body;
use super::pace::{self, Pace};
use super::transport::{self, Reply, host};
use crate::oci::source::SourceError;
use crate::text;

/// An error is a line or two of JSON.
const LARGEST_ERROR: usize = 16 << 10;

/// The error that an unwelcome status is.
pub(super) async fn unwelcome(access: &Access, what: &str, reply: Reply, pace: &Pace) -> SourceError {
    let status = reply.response.status();
    let server = host(reply.response.url());
    let wait = pace::retry_after(reply.response.headers());
    if !reply.own && transport::is_busy(status) {
        let message =
            format!("{what}: {server}, where {} keeps it, answers {status}; try again later", access.registry);
        return SourceError::Busy { message, wait };
    }
    if !reply.own {
        // A store that the registry sent us to knows nothing of our credentials.
        return SourceError::Invalid(format!("{what}: {server}, where {} keeps it, answers {status}", access.registry));
    }
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => access.refused(what, reply, pace).await,
        StatusCode::NOT_FOUND => {
            let next = next_step(reply.response.url().path());
            let said = said(reply.response, pace).await;
            SourceError::NotFound(format!("{what}: {} has no such thing{said}{next}", access.registry))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let said = said(reply.response, pace).await;
            let message = format!(
                "{what}: {} limits how often it is asked{said}; try again later, or after: docker login {}",
                access.registry, access.registry
            );
            SourceError::Busy { message, wait }
        }
        status if transport::is_busy(status) => {
            let said = said(reply.response, pace).await;
            SourceError::Busy { message: format!("{what}: {server} answers {status}{said}; try again later"), wait }
        }
        _ => {
            let said = said(reply.response, pace).await;
            SourceError::Invalid(format!("{what}: {server} answers {status}{said}"))
        }
    }
}

/// What to do about something that is not there, by the path that it was asked for at.
fn next_step(path: &str) -> &'static str {
    if path.contains("/manifests/") {
        "; are name and tag right?"
    } else if path.contains("/blobs/") {
        "; it has lost a part of the image: push that again"
    } else {
        ""
    }
}

/// The registry's own words (distribution specification, "Error Codes"), made safe to print, with a space and brackets around
/// them; empty where it says nothing that can be read.
pub(super) async fn said(response: Response, pace: &Pace) -> String {
    let Ok(body) = body::read_whole(response, LARGEST_ERROR, "the error", pace).await else { return String::new() };
    let Ok(Errors { errors }) = serde_json::from_slice(&body) else { return String::new() };
    let Some(ErrorEntry { code, message }) = errors.into_iter().next() else { return String::new() };
    let words: Vec<String> = [code, message].into_iter().flatten().filter(|word| !word.is_empty()).collect();
    let words: String = words.join(": ").chars().take(300).collect();
    if words.is_empty() { words } else { format!(" ({})", text::escape(&words)) }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    code: Option<String>,
    message: Option<String>,
}
