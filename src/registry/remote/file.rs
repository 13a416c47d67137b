//! One file over a connection that is encrypted and verified, from anybody: no credentials are sent.

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};

use super::body;
use super::client::Client;
use super::failure;
use super::transport::{Ask, host};
use crate::oci::source::SourceError;

impl Client {
    /// The bytes at an address, `limit` of them at most.
    ///
    /// # Errors
    /// [`SourceError`] when the address is not one of https, nobody answers, the server's certificate is not trusted, or the answer is
    /// another than 200.
    pub(in crate::registry) fn file(&self, what: &str, address: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let invalid = |why: String| SourceError::Invalid(format!("{what}: {why}"));
        let url = Url::parse(address).map_err(|error| invalid(format!("{address:?} is no address: {error}")))?;
        if url.scheme() != "https" {
            return Err(invalid(format!(
                "{address:?} is not an address of https, and over anything else anybody may answer"
            )));
        }
        let pace = &self.transport.pace;
        self.wait(async {
            let host = host(&url);
            let ask = Ask { what, url, headers: HeaderMap::new(), authorization: None, form: None, head: false };
            let reply = self.transport.ask(&ask).await?;
            let status = reply.response.status();
            if status != StatusCode::OK {
                let said = failure::said(reply.response, pace).await;
                return Err(invalid(format!(
                    "{host} answers {status}{}{said}",
                    if said.is_empty() { "" } else { ": " }
                )));
            }
            body::read_whole(reply.response, limit, what, pace).await
        })
    }
}
