//! `docker://`: an image in a registry, read with a read-only client of the OCI distribution specification (v1.1) and
//! Docker's HTTP API V2.

mod authorization;
mod body;
mod catalog;
mod challenge;
mod client;
mod credentials;
mod failure;
mod file;
mod pace;
mod tags;
mod transport;

use std::io::Read;
use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};

pub(super) use catalog::Listing;
pub use challenge::{Challenge, challenges};
pub(super) use client::Client;
pub use credentials::credential_files;
pub use pace::Pace;

use self::authorization::Access;
use self::body::Blob;
use super::{Kind, Opener, Passing, Sources, media_type};
use crate::digest::Digest;
use crate::oci::manifest::Descriptor;
use crate::oci::reference::{Reference, ReferenceError};
use crate::oci::source::{LARGEST_MANIFEST, Source, SourceError};
use crate::text;

/// The kind.
pub(super) const KIND: Kind = Kind {
    prefix: "docker://",
    form: "docker://[HOST[:PORT]/]NAME[:TAG][@DIGEST]",
    summary: "an image in a registry; the prefix may be left out",
    open,
};

/// What a registry may answer with; without these it may convert what it has to an older form.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

/// An image in a registry.
struct Remote {
    name: String,
    client: Arc<Client>,
    registry: String,
    repository: String,
    /// What is asked for: a tag, or a digest.
    reference: String,
    /// The digest of the reference, where it has one.
    digest: Option<Digest>,
}

/// Reads the reference; the network is not touched before something is asked of the source.
fn open(rest: &str, opener: &Opener, _: &mut Passing<'_>) -> Result<Sources, SourceError> {
    let invalid = |why: String| SourceError::Invalid(format!("{:?} does not name an image: {why}", text::escape(rest)));
    let reference: Reference = rest.parse().map_err(|error: ReferenceError| match error {
        ReferenceError::UpperCase(_) | ReferenceError::Digest(_) => invalid(error.to_string()),
        _ => invalid(format!("{error}; write [HOST[:PORT]/]NAME[:TAG] or a path that exists")),
    })?;
    let name = reference.to_string();
    let Reference { registry, repository, tag, digest } = reference;
    let client = opener.client()?;
    let reference = digest.map(|digest| digest.to_string()).or(tag).unwrap_or_default();
    Ok(vec![Box::new(Remote { name, client, registry, repository, reference, digest })])
}

impl Remote {
    /// An image whose registry and repository are known apart, by its tag or digest.
    ///
    /// # Errors
    /// [`SourceError::Invalid`] for a digest that is none.
    fn named(
        name: String,
        client: Arc<Client>,
        registry: &str,
        repository: &str,
        reference: &str,
    ) -> Result<Self, SourceError> {
        let digest = reference.contains(':').then(|| reference.parse::<Digest>()).transpose();
        let digest = digest.map_err(|error| SourceError::Invalid(format!("{name}: {error}")))?;
        let (registry, repository) = (registry.to_owned(), repository.to_owned());
        Ok(Self { name, client, registry, repository, reference: reference.to_owned(), digest })
    }

    fn access(&self) -> Result<Arc<Access>, SourceError> {
        self.client.access(&self.registry, &self.repository)
    }

    /// The bytes of a manifest and what the registry says about them.
    fn fetch(&self, what: &str, reference: &str) -> Result<(Vec<u8>, HeaderMap), SourceError> {
        let access = self.access()?;
        let transport = &self.client.transport;
        self.client.wait(async {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(MANIFESTS))]);
            let reply = access.ask(transport, what, &format!("manifests/{reference}"), &headers).await?;
            if reply.response.status() != StatusCode::OK {
                return Err(failure::unwelcome(&access, what, reply, &transport.pace).await);
            }
            let headers = reply.response.headers().clone();
            let bytes = body::read_whole(reply.response, LARGEST_MANIFEST, what, &transport.pace).await?;
            Ok::<_, SourceError>((bytes, headers))
        })
    }
}

impl Source for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn root(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        let what = format!("the manifest of {}", self.name);
        let (bytes, headers) = self.fetch(&what, &self.reference)?;
        let digest = match self.digest {
            Some(digest) => digest,
            None => tagged_digest(&what, &bytes, &headers)?,
        };
        let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok((Descriptor { media_type: media_type::of(&bytes, declared), digest, size: bytes.len() as u64 }, bytes))
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Vec<u8>, SourceError> {
        let digest = descriptor.digest.to_string();
        Ok(self.fetch(&format!("manifest {digest} of {}", self.name), &digest)?.0)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let digest = descriptor.digest;
        // Who knows a blob and not its image names it by itself.
        let what = match self.digest == Some(digest) {
            true => format!("blob {digest} of {}/{}", self.registry, self.repository),
            false => format!("blob {digest} of {}", self.name),
        };
        let path = format!("blobs/{digest}");
        Ok(Box::new(Blob::open(Arc::clone(&self.client), self.access()?, what, path, descriptor.size)?))
    }
}

/// The digest of a manifest that was asked for by tag. There is nothing to check it against but what the registry itself says.
fn tagged_digest(what: &str, bytes: &[u8], headers: &HeaderMap) -> Result<Digest, SourceError> {
    let digest = Digest::of(bytes);
    let said = headers.get("docker-content-digest").and_then(|value| value.to_str().ok());
    match said.map(str::parse::<Digest>) {
        Some(Ok(said)) if said != digest => Err(SourceError::Invalid(format!(
            "{what}: the registry says its digest is {said}, but the bytes are those of {digest}"
        ))),
        // Another algorithm than SHA-256, which says nothing about this digest.
        _ => Ok(digest),
    }
}
