//! Lists what a registry has (distribution specification v1.1, "Listing Tags"; Docker's HTTP API V2, "Listing Repositories").
//! Pages are found by the `Link` that the registry sends and by nothing else, and only on the registry itself.

use std::sync::Arc;
use std::time::Instant;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, IF_NONE_MATCH, LINK};
use serde::Deserialize;

use super::authorization::Access;
use super::transport::Transport;
use super::{Client, MANIFESTS, Remote, body, failure, tags};
use crate::digest::Digest;
use crate::oci::source::{Catalog, KnownTag, Page, Source, SourceError, Tag};
use crate::text;

/// Asked for in one page; registries that want to send fewer do.
const PAGE: usize = 1_000;

/// The most bytes of one page. A thousand names are some kilobytes; Google's registries send all tags of a repository at once with some
/// 300 bytes for each of its manifests, of which 50,000 fit in.
const LARGEST_PAGE: usize = 16 << 20;

/// The lists of one registry.
pub(in crate::registry) struct Listing {
    client: Arc<Client>,
    registry: String,
}

#[derive(Deserialize)]
struct Repositories {
    repositories: Option<Vec<String>>,
}

impl Listing {
    /// The lists of a registry. Nothing is asked yet.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for what cannot be the name of a registry.
    pub(in crate::registry) fn new(client: Arc<Client>, registry: &str) -> Result<Self, SourceError> {
        let wrong = registry.is_empty() || registry.contains(|letter: char| !is_of_host(letter));
        if wrong {
            let registry = text::escape(registry);
            return Err(SourceError::Invalid(format!("{registry:?} is not the name of a registry: write HOST[:PORT]")));
        }
        Ok(Self { client, registry: registry.to_owned() })
    }

    /// A page of a list, as bytes, and the cursor of the next.
    fn page(&self, access: &Access, what: &str, path: &str) -> Result<(Vec<u8>, Option<String>), SourceError> {
        let transport = &self.client.transport;
        self.client.wait(async {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
            let reply = access.ask(transport, what, path, &headers).await?;
            if reply.response.status() != StatusCode::OK {
                return Err(failure::unwelcome(access, what, reply, &transport.pace).await);
            }
            let next =
                next(reply.response.headers()).map(|link| self.cursor(access, what, reply.response.url(), &link));
            let next = next.transpose()?;
            let bytes = body::read_whole(reply.response, LARGEST_PAGE, what, &transport.pace).await?;
            Ok((bytes, next))
        })
    }

    /// The part of a link that comes back as a cursor: its path and query, on this registry alone.
    fn cursor(&self, access: &Access, what: &str, from: &reqwest::Url, link: &str) -> Result<String, SourceError> {
        let wrong = |why: &str| {
            let link = text::escape(link);
            SourceError::Invalid(format!("{what}: {} says that the list goes on at {link:?}, {why}", self.registry))
        };
        let url = from.join(link).map_err(|_| wrong("which is no address"))?;
        if url.origin() != access.base.origin() {
            return Err(wrong("which is another server; links there are not followed"));
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }
}

impl Catalog for Listing {
    fn registry(&self) -> &str {
        &self.registry
    }

    fn repositories(&self, cursor: Option<&str>) -> Result<Page<String>, SourceError> {
        let access = self.client.access(&self.registry, "")?;
        let what = format!("the list of repositories of {}", self.registry);
        let first = format!("_catalog?n={PAGE}");
        let (bytes, next) = self.page(&access, &what, cursor.unwrap_or(&first))?;
        let list: Repositories = serde_json::from_slice(&bytes)
            .map_err(|error| SourceError::Invalid(format!("{what} is not readable: {error}")))?;
        Ok(Page { items: list.repositories.unwrap_or_default(), next })
    }

    fn tags(&self, repository: &str, cursor: Option<&str>) -> Result<Page<Tag>, SourceError> {
        let access = self.client.access(&self.registry, repository)?;
        let what = format!("the list of tags of {}/{repository}", self.registry);
        let first = format!("tags/list?n={PAGE}");
        let (bytes, next) = self.page(&access, &what, cursor.unwrap_or(&first))?;
        let items =
            tags::read(&bytes).map_err(|error| SourceError::Invalid(format!("{what} is not readable: {error}")))?;
        Ok(Page { items, next })
    }

    fn digests(&self, tags: &[KnownTag<'_>], until: Instant) -> Vec<Result<Option<Digest>, SourceError>> {
        let ask = |tag: &KnownTag<'_>| {
            Ok((self.client.access(&self.registry, tag.repository)?, tag.name.to_owned(), tag.digest))
        };
        let asks: Vec<Result<_, SourceError>> = tags.iter().map(ask).collect();
        let client = Arc::clone(&self.client);
        let answers = self.client.run(async move {
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                answers.push(match ask {
                    Ok((access, tag, known)) => digest(&client.transport, &access, &tag, known).await,
                    Err(error) => Err(error),
                });
                if answers.last().is_some_and(Result::is_err) || Instant::now() >= until {
                    break;
                }
            }
            answers
        });
        answers.unwrap_or_else(|error| vec![Err(error)])
    }

    fn image(&self, repository: &str, reference: &str) -> Result<Box<dyn Source>, SourceError> {
        let separator = if reference.contains(':') { '@' } else { ':' };
        let name = format!("{}/{repository}{separator}{reference}", self.registry);
        Ok(Box::new(Remote::named(name, Arc::clone(&self.client), &self.registry, repository, reference)?))
    }
}

/// The digest that a tag points at.
async fn digest(
    transport: &Transport,
    access: &Access,
    tag: &str,
    known: Digest,
) -> Result<Option<Digest>, SourceError> {
    let what = format!("the manifest of {}/{}:{tag}", access.registry, access.repository);
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(MANIFESTS))]);
    // Registries that have entity tags for manifests have their digests for them. One that knows no more than where a tag points
    // need not look at what is there (a quarter of the work of docker-registry).
    headers.extend(HeaderValue::from_str(&format!("\"{known}\"")).map(|tag| (IF_NONE_MATCH, tag)).ok());
    let reply = access.ask_head(transport, &what, &format!("manifests/{tag}"), &headers).await?;
    match reply.response.status() {
        StatusCode::NOT_MODIFIED => Ok(Some(known)),
        StatusCode::OK => {
            let said = reply.response.headers().get("docker-content-digest");
            Ok(said.and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok()))
        }
        // The specification has this request, and some registries have not.
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => Ok(None),
        _ => Err(failure::unwelcome(access, &what, reply, &transport.pace).await),
    }
}

/// What a host and its port are made of; brackets are those of IPv6.
fn is_of_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | ':' | '[' | ']' | '_')
}

/// The target of the link to the next page (RFC 8288, section 3).
fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        let mut rest = value;
        loop {
            let (_, after) = rest.split_once('<')?;
            let (target, after) = after.split_once('>')?;
            // Parameters end at a comma; one inside of quotes would only cut a parameter that is not looked at.
            let (parameters, others) = after.split_once(",").unwrap_or((after, ""));
            let is_next =
                parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
                    name.trim().eq_ignore_ascii_case("rel")
                        && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
                });
            if is_next {
                return Some(target.to_owned());
            }
            rest = others;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(value: &str) -> Option<String> {
        next(&HeaderMap::from_iter([(LINK, HeaderValue::from_str(value).unwrap())]))
    }

    #[test]
    fn the_next_page_is_the_one_that_says_so() {
        assert_eq!(link("</v2/_catalog?last=b&n=2>; rel=\"next\"").as_deref(), Some("/v2/_catalog?last=b&n=2"));
        assert_eq!(link("</a>; rel=prev, </b>; title=x; REL=Next").as_deref(), Some("/b"));
        for none in ["</a>; rel=prev", "</a>", "<a", "", "rel=next"] {
            assert_eq!(link(none), None, "{none}");
        }
    }
}
