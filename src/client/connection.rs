//! A connection: who connects, to whom, and every setting that concerns TLS with where it comes from.

use serde::{Deserialize, Serialize};

use super::dialect::{self, Driver};
use super::{Host, Value};
use crate::text::Span;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// An argument of the call.
    Argument,
    /// A connection string.
    Url,
    /// The environment of the image, container or shell.
    Environment,
    /// A configuration that the call is made from, such as Django's `DATABASES`.
    Configuration,
}

impl Origin {
    /// As written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::Argument => "argument",
            Origin::Url => "url",
            Origin::Environment => "environment",
            Origin::Configuration => "configuration",
        }
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Parameter {
    /// What the driver calls it (`sslmode`, `ssl_context`, `ssl`).
    pub name: String,
    /// What it is set to.
    pub value: Value,
    /// Where that comes from.
    pub origin: Origin,
    /// Where it stands in the text.
    pub span: Span,
}

/// A connection that a text makes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Connection {
    /// Who connects.
    #[serde(with = "driver_by_name")]
    pub driver: &'static Driver,
    /// Through which library that is ("SQLAlchemy"), where it is not called itself.
    pub via: Option<String>,
    /// The call, string or setting.
    pub span: Span,
    /// The line on which that begins, from 1.
    pub line: usize,
    /// The host, as it is given; none where it is not.
    pub host: Option<Value>,
    /// What concerns TLS, as the driver calls it. Of a name that is there twice the first counts.
    pub parameters: Vec<Parameter>,
    /// What is given and nobody reads: the library in between drops it.
    pub ignored: Vec<Parameter>,
    /// Whether the password is a token of IAM, which whoever reads it can use.
    pub iam_token: bool,
    /// Why there may be settings that were not seen; none where all were.
    pub unseen: Option<String>,
    /// Why it never connects, whatever its driver makes of the rest.
    pub refused: Option<String>,
}

impl Connection {
    /// A connection of which nothing is known but who makes it and where.
    pub fn new(driver: &'static Driver, span: Span, line: usize) -> Self {
        Self {
            driver,
            via: None,
            span,
            line,
            host: None,
            parameters: Vec::new(),
            ignored: Vec::new(),
            iam_token: false,
            unseen: None,
            refused: None,
        }
    }

    /// Adds a setting; one of the same name that is there already counts more.
    pub fn set(&mut self, name: impl Into<String>, value: Value, origin: Origin, span: Span) {
        self.parameters.push(Parameter { name: name.into(), value, origin, span });
    }

    /// Adds a setting that the library in between drops.
    pub fn ignore(&mut self, name: impl Into<String>, value: Value, origin: Origin, span: Span) {
        self.ignored.push(Parameter { name: name.into(), value, origin, span });
    }

    /// The setting of that name that counts.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Moves every place of it: what was read alone stands in another text.
    pub(super) fn move_spans(&mut self, to: impl Fn(Span) -> Span) {
        self.span = to(self.span);
        for parameter in self.parameters.iter_mut().chain(&mut self.ignored) {
            parameter.span = to(parameter.span);
        }
    }

    /// Whom it talks to. A driver that is given no host takes this machine, unless something unseen names another.
    pub fn host(&self) -> Host {
        match (&self.host, &self.unseen) {
            (None, Some(_)) => Host::Unknown,
            (host, _) => Host::of(host.as_ref()),
        }
    }

    /// Who connects, in words: "psycopg2 through SQLAlchemy".
    pub fn who(&self) -> String {
        match &self.via {
            Some(via) => format!("{} through {via}", self.driver.name),
            None => self.driver.name.to_owned(),
        }
    }
}

/// A driver is stored by its name.
pub mod driver_by_name {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{Driver, dialect};

    /// Writes the name.
    pub fn serialize<S: Serializer>(driver: &&'static Driver, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(driver.name)
    }

    /// Finds the driver of that name.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Driver, D::Error> {
        let name = String::deserialize(from)?;
        dialect::find(&name).ok_or_else(|| D::Error::custom(format!("there is no driver {name:?}")))
    }
}
