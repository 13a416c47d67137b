//! What was found on the way through a file.

use std::collections::{BTreeMap, BTreeSet};

use super::object::Object;
use crate::client::url::ConnectionString;
use crate::client::{Connection, Value};
use crate::text::Span;

/// More ways to one call than these are not told apart.
const MAX_WAYS: usize = 6;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Finds {
    /// Whether what is followed now has parameters that nobody gave.
    pub explored: bool,
    /// Connections by their place, each with whether it was found with parameters that nobody gave.
    connections: BTreeMap<Span, Vec<(bool, Connection)>>,
    /// Connection strings, by their place.
    texts: BTreeMap<Span, String>,
    /// Those that something connects with.
    taken: BTreeSet<String>,
    /// The places of dictionaries that something connects with.
    dictionaries: BTreeSet<Span>,
    /// The hosts that calls are given beside dictionaries, by the places of these.
    hosts: BTreeMap<Span, Value>,
    /// Variables that the code sets for itself.
    environment: BTreeMap<String, Value>,
    /// Whether a token of IAM is made anywhere here.
    pub has_token: bool,
}

impl Finds {
    /// Something connects.
    pub fn connection(&mut self, mut connection: Connection) {
        for (variable, value) in &self.environment {
            // What the code puts into its environment its libraries find there.
            let name = match variable.as_str() {
                "PGSSLMODE" => "sslmode",
                "PGSSLROOTCERT" => "sslrootcert",
                _ => continue,
            };
            if connection.parameter(name).is_none() {
                connection.set(name, value.clone(), crate::client::Origin::Environment, connection.span);
            }
        }
        let ways = self.connections.entry(connection.span).or_default();
        let found = (self.explored, connection);
        if ways.len() < MAX_WAYS && !ways.contains(&found) {
            ways.push(found);
        }
    }

    /// A text stands in the code.
    pub fn text_seen(&mut self, text: &str, at: Span) {
        if text.contains("://") && text.len() < 4096 {
            self.texts.insert(at, text.to_owned());
        }
    }

    /// Something connects with a text, or makes another one of it.
    pub fn text_taken(&mut self, text: &str) {
        self.taken.insert(text.to_owned());
    }

    /// Something connects with a dictionary.
    pub fn dictionary_taken(&mut self, at: Span) {
        self.dictionaries.insert(at);
    }

    /// A call is given a host beside a dictionary.
    pub fn host_given(&mut self, dictionary: Span, host: Value) {
        self.hosts.insert(dictionary, host);
    }

    /// The host that a call is given beside a dictionary.
    pub fn host_beside(&self, dictionary: Span) -> Option<&Value> {
        self.hosts.get(&dictionary)
    }

    /// Whether something connects with a dictionary.
    pub fn is_taken(&self, at: Span) -> bool {
        self.dictionaries.contains(&at)
    }

    /// The connection strings that nothing here connects with.
    pub fn strings_left(&self) -> Vec<(Span, ConnectionString)> {
        let left = self.texts.iter().filter(|(_, text)| !self.taken.contains(*text));
        left.filter_map(|(at, text)| Some((*at, ConnectionString::parse(text)?))).collect()
    }

    /// A token of IAM is made.
    pub fn token_made(&mut self) {
        self.has_token = true;
    }

    /// The code sets a variable of its own environment.
    pub fn environment_set(&mut self, key: &Object<'_>, object: Object<'_>) {
        if let (Some(key), Object::Value(value)) = (key.as_text(), object) {
            self.environment.insert(key.to_owned(), value);
        }
    }

    /// Whether anything was found so far.
    pub fn has_connections(&self) -> bool {
        !self.connections.is_empty()
    }

    /// All connections. Where some ways to a place were followed with all their parameters, those alone count.
    pub fn connections(self, line: impl Fn(Span) -> usize) -> Vec<Connection> {
        let mut all = Vec::new();
        for (_, ways) in self.connections {
            let is_called = ways.iter().any(|(explored, _)| !explored);
            let ways = ways.into_iter().filter(|(explored, _)| !(*explored && is_called));
            all.extend(ways.map(|(_, mut connection)| {
                connection.line = line(connection.span);
                connection
            }));
        }
        all.dedup();
        all
    }
}
