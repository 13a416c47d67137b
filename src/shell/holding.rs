//! What is known of a file: where its contents came from, how much of it, and who put it there.

use std::sync::Arc;

use crate::text::Span;

/// A download, as the command or instruction that made it asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The address as far as it could be expanded.
    pub url: String,
    /// What fetched it: `curl`, `wget`, `ADD`, …
    pub by: String,
    /// The command that fetched it.
    pub span: Span,
    /// Whether the certificate of the server is checked: false for `-k`, `--no-check-certificate` and the like.
    pub certificate_checked: bool,
    /// Whether an answer such as 404 makes the command fail (`curl -f`; wget and ADD always do).
    pub fails_on_http_error: bool,
    /// Whether a failure of the command goes unnoticed (`|| true`, `;` in a script without `set -e`), and no later command of the
    /// script that must succeed names the file.
    pub failure_ignored: bool,
    /// Whether a later command that must succeed fails on anything but certificates (`openssl x509 -in`, `grep -q`).
    pub content_checked: bool,
    /// Whether its bytes are compared with a digest that stands in the Dockerfile (`ADD --checksum`, `sha256sum -c`).
    pub pinned: bool,
}

impl Fetch {
    /// Whether it is the same download, whatever else is known of it by now.
    pub fn is_same_request(&self, other: &Fetch) -> bool {
        self.span == other.span && self.url == other.url
    }

    /// The host of the address, with a port where it names one; none where it is no URL.
    pub fn host(&self) -> Option<&str> {
        self.url.split_once("://")?.1.split('/').next()
    }

    /// Whether the address is one that is only reached over TLS: without it anybody on the way chooses the bytes.
    pub fn is_encrypted(&self) -> bool {
        let scheme = self.url.split_once("://").map_or("", |(scheme, _)| scheme);
        // `aws s3` speaks https, whatever it calls the address.
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("s3")
    }
}

/// Where some of a file's contents came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// These very bytes: a literal in the Dockerfile, or a file of the context that was read (then with its path).
    Bytes {
        /// The bytes.
        bytes: Arc<[u8]>,
        /// The path in the context they were read from.
        path: Option<String>,
    },
    /// A download.
    Fetch(Arc<Fetch>),
    /// A file of the build context that could not be read here; its name is all that is known.
    Named(String),
    /// A file of an image that was read: it holds RDS certificates.
    Image {
        /// The image.
        reference: String,
        /// Its path there, without links.
        path: String,
    },
}

/// How much of a source there is, and in which shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Only the first certificate: `openssl x509` and one `keytool -importcert` read no further.
    First,
    /// All but the first certificate: what a splitter put into its second piece and all that follow (one piece stands for them).
    Rest,
    /// Some of it, it is not known how much (`head`, `grep`, …).
    Some,
}

/// A source and how much of it went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it came from.
    pub source: Source,
    /// How much of it.
    pub extent: Extent,
}

impl Part {
    /// All of a source.
    pub fn whole(source: Source) -> Self {
        Self { source, extent: Extent::Whole }
    }
}

/// What a file is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What went into it, in order. Parts that nobody asks about (a package's file) are not listed.
    pub parts: Vec<Part>,
    /// Whether there may be more in it than the parts, which bears on texts and scripts, not on certificates.
    pub open: bool,
    /// Whether the parts are the contents byte by byte, or were put into a container.
    pub form: Form,
    /// Whether it depends on something that could not be told that they are there at all.
    pub doubtful: bool,
}

/// The container around the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// The parts one behind the other.
    #[default]
    Plain,
    /// A Java or PKCS#12 keystore that holds the parts' certificates.
    Keystore,
}

impl Contents {
    /// Contents that are known to the byte.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::of(Source::Bytes { bytes: bytes.into(), path: None })
    }

    /// Contents of one source.
    pub fn of(source: Source) -> Self {
        Self { parts: vec![Part::whole(source)], ..Self::default() }
    }

    /// Contents nobody asks about, of which nothing is known but that no RDS certificate is in them.
    pub fn other() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Puts `more` behind these.
    pub fn append(&mut self, more: Contents) {
        self.open |= more.open;
        // What is doubtful in a file does not make doubtful what was in it before.
        self.doubtful = if self.parts.is_empty() { self.doubtful | more.doubtful } else { self.doubtful };
        for part in more.parts {
            let other = self.parts.iter_mut().find(|other| other.source == part.source && other.extent != part.extent);
            match (other.as_deref().map(|other| other.extent), part.extent) {
                (Some(Extent::Whole), _) => {}
                (Some(Extent::First), Extent::Rest)
                | (Some(Extent::Rest), Extent::First)
                | (Some(_), Extent::Whole) => {
                    if let Some(other) = other {
                        other.extent = Extent::Whole;
                    }
                }
                _ if self.parts.len() >= MAX_PARTS => self.open = true,
                _ => self.parts.push(part),
            }
        }
    }

    /// Whether anything is listed.
    pub fn is_listed(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Whether any of it may be certificates: bytes that are known say so themselves, by PEM's or DER's beginning or a keystore's.
    pub fn may_certify(&self) -> bool {
        self.parts.iter().any(|part| match &part.source {
            Source::Bytes { bytes, .. } => {
                memchr::memmem::find(bytes, b"-----BEGIN").is_some()
                    || matches!(bytes.first(), Some(0x30 | 0xFE | 0xCE))
            }
            Source::Fetch(_) | Source::Named(_) | Source::Image { .. } => true,
        })
    }

    /// The exact bytes, where all of them are known.
    pub fn exact(&self) -> Option<Vec<u8>> {
        if self.open || self.form != Form::Plain {
            return None;
        }
        let mut all = Vec::new();
        for part in &self.parts {
            match (&part.source, part.extent) {
                (Source::Bytes { bytes, .. }, Extent::Whole) => all.extend_from_slice(bytes),
                _ => return None,
            }
        }
        Some(all)
    }

    /// Takes the first line off, without its end; with whether it had one, as the last need not. None where it is not known.
    pub fn take_line(&mut self) -> Option<(String, bool)> {
        let bytes = self.exact()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let line = String::from_utf8_lossy(bytes.get(..end.unwrap_or(bytes.len()))?).into_owned();
        let rest = end.and_then(|end| bytes.get(end + 1..)).unwrap_or_default();
        *self = if rest.is_empty() { Self::default() } else { Self::bytes(rest) };
        Some((line, end.is_some()))
    }

    /// The same parts, but no more than `extent` of each.
    #[must_use]
    pub fn limited(mut self, extent: Extent) -> Self {
        for part in &mut self.parts {
            // The piece that stands for all pieces behind the first holds one certificate each.
            part.extent = match (part.extent, extent) {
                (Extent::Rest, Extent::First) => Extent::Rest,
                (old, new) => old.max(new),
            };
        }
        self.open |= extent != Extent::Whole;
        self
    }
}

/// Parts kept of one file: no real file is made of so many, a hostile loop could be.
const MAX_PARTS: usize = 256;

/// The payload of a node in a stage's tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// What a file holds; of directories, links and tombstones nothing.
    pub contents: Contents,
    /// What put it there, or removed it: a command or an instruction; none where the base image brought it.
    pub by: Option<Span>,
    /// Whether its bytes were compared with a digest that stands in the Dockerfile.
    pub pinned: bool,
}

impl Holding {
    /// Something put there by `span` of which no more is to be said.
    pub fn by(span: Span) -> Self {
        Self { contents: Contents::other(), by: Some(span), pinned: false }
    }

    /// A file with these contents, put there by `span`.
    pub fn file(contents: Contents, span: Span) -> Self {
        Self { contents, by: Some(span), pinned: false }
    }
}

/// Something that was not understood, and so may have done more than is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What was not understood.
    pub span: Span,
    /// Why, in half a sentence: "`make` runs commands that are not in the Dockerfile".
    pub why: String,
    /// What it may have changed.
    pub reach: Reach,
}

/// What a gap may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any file.
    Anywhere,
    /// What lies at or below this path.
    Below(crate::tree::TreePath),
}
