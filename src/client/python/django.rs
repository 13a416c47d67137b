//! Django's `DATABASES`, and `dj_database_url`, which fills it.

use super::machine::Machine;
use super::object::{Dictionary, Thing};
use super::shape::is_token;
use super::sqlalchemy;
use crate::client::dialect::{MYSQL_CONNECTOR, MYSQLCLIENT, PSYCOPG2};
use crate::client::url::ConnectionString;
use crate::client::{Connection, Driver, Origin, Value};

/// What the engine of a database is called that `dj_database_url` makes.
pub const DJ_DATABASE_URL: &str = "dj_database_url";

/// Takes every dictionary that is a database of Django's for a connection.
pub fn settle(machine: &mut Machine<'_>) {
    let databases: Vec<_> = machine
        .state
        .heap
        .values()
        .filter_map(|thing| match &**thing {
            Thing::Dictionary(dictionary) if dictionary.entries.contains_key("ENGINE") => Some(dictionary.clone()),
            _ => None,
        })
        .collect();
    for database in databases {
        let engines = database.entries.get("ENGINE").map(|(object, _)| object.clone().alternatives());
        let engines: Vec<_> =
            engines.into_iter().flatten().filter_map(|engine| engine.as_text().map(ToOwned::to_owned)).collect();
        for engine in engines {
            if let Some(connection) = connection(machine, &engine, &database) {
                machine.finds.connection(connection);
            }
        }
    }
}

fn driver(engine: &str) -> Option<&'static Driver> {
    let engine = engine.to_ascii_lowercase();
    match () {
        () if engine == "mysql.connector.django" => Some(&MYSQL_CONNECTOR),
        () if engine.contains("postgres") || engine.contains("postgis") || engine.contains("psqlextra") => {
            Some(&PSYCOPG2)
        }
        () if engine.contains("mysql") => Some(&MYSQLCLIENT),
        () => None,
    }
}

fn connection<'a>(machine: &mut Machine<'a>, engine: &str, database: &Dictionary<'a>) -> Option<Connection> {
    let entry = |name: &str| database.entries.get(name).cloned();
    let url = entry("URL").map(|(object, _)| machine.value(&object));
    let parsed = url.as_ref().and_then(Value::as_text).and_then(ConnectionString::parse);
    let driver = if engine == DJ_DATABASE_URL {
        match &parsed {
            Some(parsed) => sqlalchemy::by_scheme(&parsed.scheme)?,
            None => &PSYCOPG2,
        }
    } else {
        driver(engine)?
    };
    let mut connection = Connection::new(driver, database.span, 0);
    connection.via = Some("Django".to_owned());
    connection.unseen = database.unseen.clone();
    if let Some((host, _)) = entry("HOST") {
        connection.host = Some(machine.value(&host));
    }
    connection.iam_token = entry("PASSWORD").is_some_and(|(object, _)| is_token(&object));
    if let Some((options, _)) = entry("OPTIONS") {
        let mut given = Dictionary::default();
        machine.spread(&options, &mut given);
        connection.unseen = connection.unseen.take().or(given.unseen);
        for (name, (object, at)) in &given.entries {
            machine.set(&mut connection, name, object, Origin::Configuration, *at);
        }
    }
    if engine == DJ_DATABASE_URL {
        match (&url, &parsed) {
            (_, Some(parsed)) => {
                connection.host = parsed.host.as_deref().map(super::shape::literal);
                for (name, value) in &parsed.parameters {
                    connection.set(name.clone(), super::shape::literal(value), Origin::Url, database.span);
                }
            }
            (Some(value), None) => {
                let why = value.why_unknown().unwrap_or_else(|| "the URL is computed".to_owned());
                connection.unseen.get_or_insert(why);
            }
            (None, None) => {}
        }
    }
    Some(connection)
}
