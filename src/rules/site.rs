//! Where a connection is made, with all that is known around it: what the rules about clients look at.

use std::sync::Arc;

use super::barrier::Barrier;
use super::ca_file::CaFile;
use super::{Rule, Settings};
use crate::client::{Authorities, Connection, Host, Judgement, Standing, Surroundings, Value};
use crate::finding::{Finding, ImagePlace, Level, Location};
use crate::image;
use crate::text::{Place, SourceFile, Span};
use crate::tree::TreePath;

/// A connection, and what is known around it.
pub struct Site<'s> {
    /// The connection.
    pub connection: &'s Connection,
    /// What its driver makes of it.
    pub judgement: &'s Judgement,
    /// What is around it.
    pub surroundings: &'s Surroundings,
    /// The file that it stands in.
    pub file: SiteFile<'s>,
    /// What that is to the program.
    pub standing: Standing,
    /// Where the image has the bundle, or will have it; none where nobody knows.
    pub bundle: Option<TreePath>,
    /// What is where the connection looks for authorities; none where that is not known, or it looks nowhere.
    pub ca: Option<CaFile>,
    /// What keeps the user of its image out of his home; none where nothing is known to.
    pub home: Option<Barrier>,
    /// The image that it is made in; none in a source tree.
    pub image: Option<&'s image::Facts>,
}

/// The file that a connection stands in.
#[derive(Clone, Debug)]
pub enum SiteFile<'s> {
    /// A file of a source tree.
    Source(&'s Arc<SourceFile>),
    /// A file of an image, or the environment of one.
    Image(ImagePlace),
}

impl Site<'_> {
    /// How bad something is here that is bad where it matters; none where it does not matter: on this machine, and among services
    /// of one composition, nobody stands between.
    pub fn level(&self, level: Level) -> Option<Level> {
        let level = match self.connection.host() {
            Host::Rds(_) | Host::Named(_) => level,
            Host::Unknown => level.min(Level::Warning),
            Host::Loopback | Host::Socket | Host::Dotless(_) => return None,
        };
        Some(if self.standing == Standing::Program { level } else { Level::Note })
    }

    /// The place of a part of the file.
    pub fn location(&self, span: Span) -> Location {
        match &self.file {
            SiteFile::Source(file) => Location::Text(Place { file: Arc::clone(file), span }),
            SiteFile::Image(place) => Location::Image(place.clone()),
        }
    }

    /// The place of the connection.
    pub fn here(&self) -> Location {
        self.location(self.connection.span)
    }

    /// The place of a parameter, or of the whole connection where that is not given.
    pub fn at(&self, parameter: &str) -> Location {
        let ignored = || self.connection.ignored.iter().find(|ignored| ignored.name == parameter);
        let span = self
            .connection
            .parameter(parameter)
            .or_else(ignored)
            .map_or(self.connection.span, |parameter| parameter.span);
        self.location(span)
    }

    /// Where the bundle is, or should be.
    pub fn bundle_path(&self, settings: &Settings) -> String {
        let declared = || settings.bundle_paths.first().map(ToString::to_string).unwrap_or_default();
        self.bundle.as_ref().map_or_else(declared, ToString::to_string)
    }

    /// What to write instead.
    pub fn help(&self, settings: &Settings) -> String {
        format!("write {}", self.connection.remedy(&self.bundle_path(settings)))
    }

    /// To whom it connects, in words that go behind "connects": " to db.example".
    pub fn to_whom(&self) -> String {
        match self.connection.host() {
            Host::Rds(host) => format!(" to {}", host.name),
            Host::Named(name) | Host::Dotless(name) => format!(" to {name}"),
            _ => String::new(),
        }
    }

    /// The file with authorities that it names, as it names it; none where it names none.
    pub fn ca_file(&self) -> Option<&Value> {
        match self.judgement.authorities.as_ref()? {
            Authorities::File(path) => Some(path),
            _ => None,
        }
    }
}

impl Rule {
    /// A finding of this rule about a connection, as bad as it is there; none where it does not matter.
    pub(super) fn about(&self, site: &Site<'_>, location: Location, message: String) -> Option<Finding> {
        let level = site.level(self.level)?;
        let message = match site.standing.noun() {
            Some(noun) => format!("{message} (in {noun})"),
            None => message,
        };
        Some(Finding { level, ..self.finding(location, message) })
    }
}
