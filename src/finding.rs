//! What is wrong, where, and how sure: the words are SARIF's (v2.1.0, section 3.27).

pub mod ignore;

use std::fmt;

use crate::digest::Digest;
use crate::text::{Place, Position};
use crate::tree::TreePath;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Works today, and will not under conditions that come.
    Warning,
    /// Cannot verify, or not what it seems.
    Error,
}

impl Level {
    /// As written in reports and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// The level that is written so.
    pub fn named(name: &str) -> Option<Self> {
        [Level::Note, Level::Warning, Level::Error].into_iter().find(|level| level.as_str() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Whether something is wrong or could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is wrong.
    Fail,
    /// It could not be told from what was there to read; never a pass.
    Open,
}

impl Kind {
    /// As written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Fail => "fail",
            Kind::Open => "open",
        }
    }
}

/// Where a finding points.
#[derive(Clone, Debug)]
pub enum Location {
    /// Part of a text, with what that part is in this context ("the final stage begins here").
    Text(Place),
    /// A place in an image.
    Image(ImagePlace),
    /// The subject as a whole.
    Whole,
}

/// A place in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagePlace {
    /// The path in the merged file system.
    pub path: Option<TreePath>,
    /// The line in it, from 1, where it is about one.
    pub line: Option<usize>,
    /// The digest of the layer that decides there.
    pub layer: Option<Digest>,
    /// The instruction that made that layer, from the image's history.
    pub created_by: Option<String>,
}

/// A second place that explains the first.
#[derive(Clone, Debug)]
pub struct Related {
    /// The place.
    pub place: Place,
    /// What is to be seen there.
    pub message: String,
}

/// Why a finding is not counted (SARIF, section 3.35).
#[derive(Clone, Debug)]
pub struct Suppression {
    /// Who decided it.
    pub kind: SuppressionKind,
    /// The reason that was given.
    pub justification: String,
    /// Where it was given.
    pub place: Place,
}

/// Where a suppression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuppressionKind {
    /// Beside what it is about.
    InSource,
    /// In the configuration.
    External,
}

impl SuppressionKind {
    /// As written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            SuppressionKind::InSource => "inSource",
            SuppressionKind::External => "external",
        }
    }
}

/// One finding of one rule about one subject.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// Wrong, or could not be told.
    pub kind: Kind,
    /// How bad.
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do, where it can be said in one line.
    pub help: Option<String>,
    /// Where.
    pub location: Location,
    /// What explains it.
    pub related: Vec<Related>,
}

impl Finding {
    /// A finding without help or related places.
    pub fn new(rule: &'static str, level: Level, location: Location, message: impl Into<String>) -> Self {
        Self { rule, kind: Kind::Fail, level, message: message.into(), help: None, location, related: Vec::new() }
    }

    /// The same as something that could not be told.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.kind = Kind::Open;
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// Names the same finding in two runs though lines moved between them: the rule, the subject, and the text (not the
    /// line) that it points at, as SARIF's `partialFingerprints` wants (section 3.27.17).
    pub fn fingerprint(&self, subject: &str) -> Digest {
        let place = match &self.location {
            Location::Text(place) => place.file.slice(place.span).split_whitespace().collect::<Vec<_>>().join(" "),
            Location::Image(place) => place.path.as_ref().map(TreePath::to_string).unwrap_or_default(),
            Location::Whole => String::new(),
        };
        // A zero byte cannot stand in any of the parts, so two different triples cannot read the same.
        Digest::of([self.rule, subject, &place].join("\0"))
    }

    /// The line and column where it begins, for what points into a text.
    pub fn start(&self) -> Option<Position> {
        match &self.location {
            Location::Text(place) => Some(place.start()),
            Location::Image(_) | Location::Whole => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceFile, Span};

    fn at(text: &str, start: usize, end: usize) -> Finding {
        let file = SourceFile::new("Dockerfile", text);
        let place = Place { file, span: Span::new(start, end) };
        Finding::new("a-rule", Level::Error, Location::Text(place), "m")
    }

    #[test]
    fn a_fingerprint_outlives_a_moved_line_and_no_more() {
        let one = at("FROM a\n", 0, 6).fingerprint("Dockerfile");
        assert_eq!(at("# new\nFROM  a\n", 6, 13).fingerprint("Dockerfile"), one);
        assert_ne!(at("FROM b\n", 0, 6).fingerprint("Dockerfile"), one);
        assert_ne!(at("FROM a\n", 0, 6).fingerprint("other/Dockerfile"), one);
    }
}
