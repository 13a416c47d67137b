//! How the calls of a driver take their arguments, and the connection that comes of them.

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::Object;
use crate::client::dialect::ASYNCPG;
use crate::client::url::{ConnectionString, TOKEN};
use crate::client::{Connection, Driver, Origin, Value};

/// A name and, where it can be given without, its place.
pub type Slot = (&'static str, Option<usize>);

/// How a call takes its arguments.
pub struct Shape {
    /// Who connects.
    pub driver: &'static Driver,
    /// Through which library.
    pub via: Option<&'static str>,
    /// A connection string.
    pub string: Option<Slot>,
    /// The host.
    pub host: Slot,
    /// What concerns TLS.
    pub names: &'static [&'static str],
}

/// The parameters of libpq that concern TLS.
pub const LIBPQ: &[&str] = &["sslmode", "sslrootcert", "requiressl", "service", "channel_binding", "require_auth"];

impl Shape {
    /// Takes a call for a connection.
    pub fn connect<'a>(&self, machine: &mut Machine<'a>, arguments: &Arguments<'a>) {
        let mut connection = Connection::new(self.driver, arguments.span, 0);
        connection.via = self.via.map(ToOwned::to_owned);
        connection.unseen = arguments.unseen.clone();
        if let Some((host, _)) = arguments.get(self.host.0, self.host.1) {
            connection.host = Some(machine.value(host));
        }
        self.take_named(machine, &mut connection, arguments);
        let string =
            self.string.and_then(|(name, at)| arguments.get(name, at)).map(|(object, at)| (object.clone(), at));
        match string {
            Some((object, at)) => {
                // Each way to the string is a connection of its own.
                for object in object.alternatives().into_iter().take(4) {
                    let mut one = connection.clone();
                    take_string(machine, &mut one, &object, at, self.names);
                    machine.finds.connection(one);
                }
            }
            None => machine.finds.connection(connection),
        }
    }

    fn take_named<'a>(&self, machine: &Machine<'a>, connection: &mut Connection, arguments: &Arguments<'a>) {
        for name in self.names {
            if let Some((object, at)) = arguments.by_name(name) {
                machine.set(connection, name, object, Origin::Argument, at);
            }
        }
        for name in ["password", "passwd"] {
            if let Some((object, _)) = arguments.by_name(name) {
                connection.iam_token |= is_token(object);
            }
        }
    }
}

/// Whether an object is, or may be, a token of IAM.
pub fn is_token(object: &Object<'_>) -> bool {
    match object {
        Object::Token => true,
        Object::OneOf(all) => all.iter().any(is_token),
        Object::Value(Value::Text(text)) => text.contains(TOKEN),
        _ => false,
    }
}

/// Takes what a connection string says that the call does not.
pub fn take_string<'a>(
    machine: &mut Machine<'a>,
    connection: &mut Connection,
    object: &Object<'a>,
    at: crate::text::Span,
    names: &[&str],
) {
    let text = match object {
        Object::Value(Value::Text(text)) => text.clone(),
        Object::Value(Value::Null) => return,
        other => {
            let value = machine.value(other);
            let why = value.why_unknown().unwrap_or_else(|| "the connection string can't be told".to_owned());
            if let Value::Environment { default: Some(default), .. } = &value
                && let Value::Text(text) = &**default
            {
                machine.finds.text_taken(text);
            }
            connection.unseen.get_or_insert(format!("the connection string can't be told: {why}"));
            return;
        }
    };
    machine.finds.text_taken(&text);
    let Some(parsed) = ConnectionString::parse(&text) else {
        if text.contains(crate::client::url::HOLE) {
            connection.unseen.get_or_insert("the connection string is computed".to_owned());
        }
        return;
    };
    if parsed.is_open {
        connection.unseen.get_or_insert("a part of the connection string is computed".to_owned());
    }
    connection.iam_token |= parsed.iam_token;
    if connection.host.is_none() {
        connection.host = parsed.host.as_deref().map(literal);
    }
    let ssl = parsed.parameters.get("ssl").filter(|_| connection.via.is_none() && !parsed.scheme.is_empty());
    if let Some(word) = ssl {
        if connection.driver == &ASYNCPG {
            let why = "asyncpg hands ssl of a connection string on to the server, which refuses it";
            connection.refused = Some(why.to_owned());
        } else if word == "true" && names.contains(&"sslmode") {
            // So that URLs of JDBC can be used.
            connection.set("sslmode", Value::text("require"), Origin::Url, at);
        }
    }
    for name in names {
        if let Some(value) = parsed.parameters.get(*name) {
            connection.set(*name, literal(value), Origin::Url, at);
        }
    }
}

/// A text as a value; one with a hole can't be told.
pub fn literal(text: &str) -> Value {
    if text.contains(crate::client::url::HOLE) && !text.contains(".rds.amazonaws.com") {
        Value::unknown("a part of it is computed")
    } else {
        Value::text(text)
    }
}
