//! References of images in registries, `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`, as Docker reads them (`distribution/reference`).
//!
//! `oci-spec` has such a parser; its regular expression takes 20 ms and several MiB to build, which is more than the rest of a scan of an
//! image that was scanned before. A test holds this one to it.

use std::fmt;
use std::str::FromStr;

use crate::digest::{Digest, DigestError};
use crate::text;

/// Where a name leads that names no registry, and where such names lie there that have one part only.
const HUB: &str = "docker.io";
const OFFICIAL: &str = "library/";

/// Most bytes of a repository's name.
const LONGEST_REPOSITORY: usize = 255;

/// Most bytes of a tag.
const LONGEST_TAG: usize = 128;

/// Names an image in a registry. What was left out has been filled in: the registry is `docker.io`, the tag is `latest` where there is
/// no digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Host of the registry, and its port where one is named.
    pub registry: String,
    /// The repository, `library/alpine`.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest of the manifest.
    pub digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The name of the repository is not one.
    #[error("{0:?} is no name of a repository")]
    Repository(String),
    /// The name of the repository has letters that no repository has.
    #[error("{0:?} is no name of a repository: those are in lower case")]
    UpperCase(String),
    /// The name of the repository is too long.
    #[error("the name of the repository has more than {LONGEST_REPOSITORY} characters")]
    Long,
    /// The host or the port of the registry is none.
    #[error("{0:?} is no host of a registry")]
    Registry(String),
    /// The tag is none.
    #[error("{0:?} is no tag")]
    Tag(String),
    /// The digest is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(written: &str) -> Result<Self, ReferenceError> {
        let (rest, digest) = match written.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>()?)),
            None => (written, None),
        };
        // The last part alone can have a tag; a colon before it is that of a port.
        let last = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest.get(last..).and_then(|part| part.find(':')) {
            Some(colon) => {
                let (name, tag) = rest.split_at(last + colon);
                (name, tag.strip_prefix(':'))
            }
            None => (rest, None),
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag(text::escape(tag).into_owned()));
        }
        let (registry, repository) = split(name);
        if !is_registry(registry) {
            return Err(ReferenceError::Registry(text::escape(registry).into_owned()));
        }
        if !repository.split('/').all(is_component) {
            let said = text::escape(repository).into_owned();
            let is_upper = repository.to_ascii_lowercase().split('/').all(is_component);
            return Err(if is_upper { ReferenceError::UpperCase(said) } else { ReferenceError::Repository(said) });
        }
        let is_official = registry == HUB && !repository.contains('/');
        let repository = format!("{}{repository}", if is_official { OFFICIAL } else { "" });
        if repository.len() > LONGEST_REPOSITORY {
            return Err(ReferenceError::Long);
        }
        let tag = tag.or_else(|| digest.is_none().then_some("latest")).map(str::to_owned);
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.registry, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(out, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(out, "@{digest}"))
    }
}

/// The registry and the repository of a name. Its first part is a registry if it looks like a host.
fn split(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some(("index.docker.io", repository)) => (HUB, repository),
        Some((registry, repository))
            if registry.contains(['.', ':'])
                || registry == "localhost"
                || registry.contains(|letter: char| letter.is_ascii_uppercase()) =>
        {
            (registry, repository)
        }
        _ => (HUB, name),
    }
}

/// Whether this is a host, and a port where there is one.
fn is_registry(registry: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    if let Some((address, behind)) = registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_address = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        return is_address && (behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

/// Whether this is one part of a repository's name: letters and digits, between which a dot, one or two underscores, or any number of
/// hyphens may stand.
fn is_component(part: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = part.split(|letter: char| letter.is_ascii() && is_letter(letter as u8));
    let is_separator =
        |between: &str| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-');
    let ends = [part.bytes().next(), part.bytes().next_back()];
    ends.into_iter().all(|end| end.is_some_and(is_letter)) && separators.into_iter().all(is_separator)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn what_is_left_out_is_filled_in() {
        for (written, whole) in [
            ("alpine", "docker.io/library/alpine:latest"),
            ("team/app:1", "docker.io/team/app:1"),
            ("index.docker.io/alpine", "docker.io/library/alpine:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("test.com:5000", "docker.io/library/test.com:5000"),
            ("test.com:5000/app", "test.com:5000/app:latest"),
            ("[::1]:5000/app:1", "[::1]:5000/app:1"),
            ("Host/app", "Host/app:latest"),
        ] {
            assert_eq!(written.parse::<Reference>().unwrap().to_string(), whole, "{written}");
        }
        let pinned: Reference = format!("ghcr.io/team/app:1@{SHA256}").parse().unwrap();
        assert_eq!((pinned.tag.as_deref(), pinned.digest), (Some("1"), Some(Digest::of(""))));
        assert_eq!(format!("app@{SHA256}").parse::<Reference>().unwrap().tag, None);
    }

    #[test]
    fn what_is_none_says_why() {
        let long = "a".repeat(256);
        for (written, why) in [
            ("", "\"\" is no name of a repository"),
            ("Team", "\"Team\" is no name of a repository: those are in lower case"),
            ("team/App", "\"team/App\" is no name of a repository: those are in lower case"),
            ("team//app", "\"team//app\" is no name of a repository"),
            ("team/a..b", "\"team/a..b\" is no name of a repository"),
            ("app:", "\"\" is no tag"),
            ("app:a b", "\"a b\" is no tag"),
            ("app:ä", "\"ä\" is no tag"),
            ("-host.com/app", "\"-host.com\" is no host of a registry"),
            // By Go's grammar a path without a registry, which leads nowhere.
            ("0.a_a/a", "\"0.a_a\" is no host of a registry"),
            ("host.com:/app", "\"host.com:\" is no host of a registry"),
            ("[::g]/app", "\"[::g]\" is no host of a registry"),
            ("app@sha512:00", "digest algorithm \"sha512\" is not supported, only sha256 is"),
            (&long, "the name of the repository has more than 255 characters"),
        ] {
            assert_eq!(written.parse::<Reference>().unwrap_err().to_string(), why, "{written}");
        }
    }

    #[test]
    fn a_tag_has_128_characters_at_most() {
        let of = |length: usize| format!("app:{}", "t".repeat(length)).parse::<Reference>();
        assert!(of(128).is_ok() && matches!(of(129), Err(ReferenceError::Tag(_))));
    }

    proptest! {
        /// Made of what references are made of, so that many are some.
        #[test]
        fn it_agrees_with_the_parser_of_the_oci(
            name in "(([a-z.]{1,6}|localhost|host\\.com)(:[0-9]{0,4})?/)?[a-z0-9._/-]{1,12}(:[A-Za-z0-9_.-]{0,6})?",
            is_pinned: bool,
        ) {
            let written = if is_pinned { format!("{name}@{SHA256}") } else { name };
            let ours = written.parse::<Reference>().map(|reference| reference.to_string());
            // What looks like a host, is none, and might be a folder is a path without a registry by Go's grammar.
            prop_assume!(!matches!(&ours, Err(ReferenceError::Registry(host)) if is_component(host)));
            let theirs = written.parse::<oci_spec::distribution::Reference>().map(|reference| reference.whole());
            prop_assert_eq!(ours.ok(), theirs.ok(), "{}", written);
        }
    }
}
