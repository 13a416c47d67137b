//! What a setting is set to, as far as a text tells.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value in code, a connection string or an environment.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum Value {
    /// Words, or a number as written.
    Text(String),
    /// True or false.
    Bool(bool),
    /// Nothing: `None`, `null`, `nil`.
    Null,
    /// A dictionary or object, by key.
    Map(BTreeMap<String, Value>),
    /// A TLS context that was put together in code.
    Context(Box<Context>),
    /// A path that is seen from the folder of the file that says it.
    Beside(String),
    /// The contents of the file at that path.
    Contents(Box<Value>),
    /// What a variable of the environment says, and else a default.
    Environment {
        /// The variable.
        variable: String,
        /// What is taken where it is not set; none where that is an error or nothing.
        default: Option<Box<Value>>,
    },
    /// One of these: the text decides elsewhere.
    OneOf(Vec<Value>),
    /// Can't be told; why, in words that go behind "since".
    Unknown(String),
}

impl Value {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into())
    }

    /// Something that can't be told, since …
    pub fn unknown(why: impl Into<String>) -> Self {
        Value::Unknown(why.into())
    }

    /// One of several, without those that are the same; one alone is itself.
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Self {
        let mut all: Vec<Value> = Vec::new();
        for value in values {
            let parts = match value {
                Value::OneOf(parts) => parts,
                other => vec![other],
            };
            for part in parts {
                if !all.contains(&part) {
                    all.push(part);
                }
            }
        }
        match all.len() {
            1 => all.pop().unwrap_or(Value::Null),
            _ => Value::OneOf(all),
        }
    }

    /// The words, where it is words.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a program takes it for true: `true`, `yes`, `on` and `1` in any case are, too, since strings and environment have nothing else.
    /// None where that can't be told.
    pub fn is_true(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Null => Some(false),
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
                "false" | "no" | "off" | "0" | "f" | "n" | "" => Some(false),
                _ => None,
            },
            Value::Map(_) | Value::Context(_) | Value::Beside(_) | Value::Contents(_) => Some(true),
            Value::Environment { .. } | Value::OneOf(_) | Value::Unknown(_) => None,
        }
    }

    /// Why it can't be told what it is; none where it can.
    pub fn why_unknown(&self) -> Option<String> {
        match self {
            Value::Unknown(why) => Some(why.clone()),
            Value::Environment { variable, .. } => Some(format!("{variable} of the environment decides")),
            Value::OneOf(_) => Some("the code decides while it runs".to_owned()),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => out.write_str(text),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Null => out.write_str("nothing"),
            Value::Map(map) => {
                let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(out, "{{{}}}", pairs.join(", "))
            }
            Value::Context(_) => out.write_str("a TLS context"),
            Value::Beside(path) => write!(out, "{path} beside this file"),
            Value::Contents(path) => write!(out, "the contents of {path}"),
            Value::Environment { variable, default: Some(default) } => write!(out, "${variable} or {default}"),
            Value::Environment { variable, default: None } => write!(out, "${variable}"),
            Value::OneOf(values) => {
                let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                out.write_str(&values.join(" or "))
            }
            Value::Unknown(_) => out.write_str("something unknown"),
        }
    }
}

/// Whether something is checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Checked {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Can't be told, since …
    Unknown(String),
}

/// What a TLS context checks, as it is when it is handed to a driver.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Context {
    /// Whether the server's certificate is held against an authority.
    pub authority: Checked,
    /// Whether it has to name the host.
    pub host_name: Checked,
    /// Against which authorities.
    pub authorities: Authorities,
    /// Whether it is a server's context, which no client can connect with.
    pub server_side: bool,
}

impl Context {
    /// One that checks everything.
    pub fn verifying(authorities: Authorities) -> Self {
        Self { authority: Checked::Yes, host_name: Checked::Yes, authorities, server_side: false }
    }

    /// One that checks nothing.
    pub fn unverified() -> Self {
        Self { authority: Checked::No, host_name: Checked::No, authorities: Authorities::Nobody, server_side: false }
    }
}

/// The authorities that a client trusts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum Authorities {
    /// None.
    Nobody,
    /// Those that the system, the language or the driver comes with; none of them has RDS's.
    System,
    /// Those in a file, by its path.
    File(Value),
    /// Those of the user's `~/.postgresql/root.crt`.
    Home,
    /// RDS's own, which the driver brings in some version.
    BuiltIn,
    /// Given as text, or as something that can't be followed to a file.
    Given,
}
