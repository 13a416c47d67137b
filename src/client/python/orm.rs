//! What connects through other libraries: peewee, Tortoise, databases, and the calls of `dj_database_url`.

use std::collections::BTreeMap;

use super::arguments::Arguments;
use super::django::DJ_DATABASE_URL;
use super::library::{self, Call};
use super::machine::Machine;
use super::object::{Dictionary, Instance, Object, Thing};
use super::shape::{LIBPQ, Shape, literal, take_string};
use super::{mysql, sqlalchemy};
use crate::client::dialect::{ASYNCPG, PSYCOPG, PSYCOPG2, PYMYSQL};
use crate::client::url::ConnectionString;
use crate::client::{Connection, Origin, Value};

/// Every call that connects.
pub static CALLS: &[(&str, Call)] = &[
    ("peewee.PostgresqlDatabase", peewee_postgresql),
    ("playhouse.pool.PooledPostgresqlDatabase", peewee_postgresql),
    ("playhouse.pool.PooledPostgresqlExtDatabase", peewee_postgresql),
    ("playhouse.postgres_ext.PostgresqlExtDatabase", peewee_postgresql),
    ("peewee.MySQLDatabase", peewee_mysql),
    ("playhouse.pool.PooledMySQLDatabase", peewee_mysql),
    ("playhouse.db_url.connect", by_url),
    ("databases.Database", databases),
    ("tortoise.Tortoise.init", tortoise),
    ("tortoise.contrib.fastapi.register_tortoise", tortoise),
    ("dj_database_url.config", dj_config),
    ("dj_database_url.parse", dj_parse),
];

/// What a database of peewee's is called among instances that is told later where it is.
const DEFERRED: &str = "peewee's";

/// A database of peewee's that is given no name yet: `PostgresqlDatabase(None)`; none where it is given one.
fn deferred<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Option<Object<'a>> {
    let (database, _) = arguments.get("database", Some(0))?;
    (*database == Object::Value(Value::Null)).then(|| {
        let kind = format!("{DEFERRED} {name}");
        machine.new_thing(Thing::Instance(Instance { kind, ..Instance::default() }))
    })
}

/// `db.init("name", host=…)`; none where the owner is another or it is another method.
pub fn method<'a>(
    machine: &mut Machine<'a>,
    owner: &Object<'a>,
    name: &str,
    arguments: &Arguments<'a>,
) -> Option<Object<'a>> {
    let kind = machine.state.instance(owner)?.kind.clone();
    let class = kind.strip_prefix(DEFERRED)?.trim_start();
    let (_, connect) = CALLS.iter().find(|(known, _)| *known == class && name == "init")?;
    Some(connect(machine, class, arguments))
}

/// `environ.Env().db("DATABASE_URL", default=…)`: as `dj_database_url.config`.
pub fn from_environment<'a>(machine: &mut Machine<'a>, arguments: &Arguments<'a>) -> Object<'a> {
    dj_config(machine, "", arguments)
}

fn peewee_postgresql<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Object<'a> {
    if let Some(database) = deferred(machine, name, arguments) {
        return database;
    }
    let shape = Shape {
        driver: &PSYCOPG2,
        via: Some("peewee"),
        string: Some(("database", Some(0))),
        host: ("host", None),
        names: LIBPQ,
    };
    shape.connect(machine, arguments);
    Object::unknown("it is a database")
}

fn peewee_mysql<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Object<'a> {
    if let Some(database) = deferred(machine, name, arguments) {
        return database;
    }
    let shape =
        Shape { driver: &PYMYSQL, via: Some("peewee"), string: None, host: ("host", None), names: mysql::NAMES };
    shape.connect(machine, arguments);
    Object::unknown("it is a database")
}

/// `playhouse.db_url.connect("postgresql://…")`.
fn by_url<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let url = arguments.positional.first().map(|(object, at)| (object.clone(), *at));
    let Some((object, at)) = url else { return Object::unknown("it is a database") };
    let parsed = object.as_text().and_then(ConnectionString::parse);
    let driver = match parsed.as_ref().map(|parsed| parsed.scheme.trim_end_matches("+pool")) {
        Some("postgres" | "postgresql" | "postgresext") | None => &PSYCOPG2,
        Some("mysql") => &PYMYSQL,
        Some(_) => return Object::unknown("it is a database"),
    };
    let names = if driver == &PSYCOPG2 { LIBPQ } else { mysql::NAMES };
    let mut connection = Connection::new(driver, arguments.span, 0);
    connection.via = Some("peewee".to_owned());
    take_string(machine, &mut connection, &object, at, names);
    machine.finds.connection(connection);
    Object::unknown("it is a database")
}

/// `databases.Database("postgresql://…", ssl=…)`.
fn databases<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let url = arguments.get("url", Some(0)).map(|(object, at)| (object.clone(), at));
    let Some((object, at)) = url else { return Object::unknown("it is a database") };
    let parsed = object.as_text().and_then(ConnectionString::parse);
    let driver = match parsed.as_ref().map(|parsed| parsed.dialect()) {
        Some(("postgres" | "postgresql", None | Some("asyncpg"))) => &ASYNCPG,
        Some((_, Some("aiopg"))) => &PSYCOPG2,
        _ => return Object::unknown("it is a database"),
    };
    let mut connection = Connection::new(driver, arguments.span, 0);
    connection.via = Some("databases".to_owned());
    connection.unseen = arguments.unseen.clone();
    if let Some((object, at)) = arguments.by_name("ssl") {
        machine.set(&mut connection, "ssl", object, Origin::Argument, at);
    }
    take_string(machine, &mut connection, &object, at, &[]);
    // It knows two words for `ssl` in a URL, and hands nothing else on.
    let dropped =
        parsed.iter().flat_map(|parsed| &parsed.parameters).filter(|(name, _)| LIBPQ.contains(&name.as_str()));
    for (name, value) in dropped {
        connection.ignore(name.clone(), literal(value), Origin::Url, at);
    }
    if let Some(word) = parsed.and_then(|parsed| parsed.parameters.get("ssl").cloned()) {
        let value = match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => Value::text(other),
        };
        connection.set("ssl", value, Origin::Url, at);
    }
    machine.finds.connection(connection);
    Object::unknown("it is a database")
}

/// `Tortoise.init(db_url=…)` and `Tortoise.init(config={…})`.
fn tortoise<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let done = Object::unknown("nothing is given back");
    if let Some((object, at)) = arguments.by_name("db_url").map(|(object, at)| (object.clone(), at)) {
        let mut connection = Connection::new(&ASYNCPG, arguments.span, 0);
        take_tortoise_url(machine, &mut connection, &object, at);
        return done;
    }
    let configuration = arguments.get("config", Some(0)).map(|(object, _)| object.clone());
    let entry = |machine: &Machine<'a>, object: &Object<'a>, name: &str| {
        machine.state.dictionary(object).and_then(|dictionary| dictionary.entries.get(name)).cloned()
    };
    let connections = configuration.and_then(|object| entry(machine, &object, "connections"));
    let Some(all) = connections.and_then(|(object, _)| machine.state.dictionary(&object).cloned()) else { return done };
    for (object, at) in all.entries.into_values() {
        let mut connection = Connection::new(&ASYNCPG, at, 0);
        if object.as_text().is_some() {
            take_tortoise_url(machine, &mut connection, &object, at);
            continue;
        }
        let engine = entry(machine, &object, "engine");
        let engine = engine.and_then(|(engine, _)| engine.as_text().map(ToOwned::to_owned)).unwrap_or_default();
        connection.driver = match engine.rsplit('.').next() {
            Some("asyncpg") => &ASYNCPG,
            Some("psycopg") => &PSYCOPG,
            _ => continue,
        };
        connection.via = Some("Tortoise".to_owned());
        let mut given = Dictionary::default();
        match entry(machine, &object, "credentials") {
            Some((credentials, _)) => machine.spread(&credentials, &mut given),
            None => given.unseen = Some("its credentials can't be told".to_owned()),
        }
        machine.set_given(&mut connection, &given, Origin::Configuration);
        connection.unseen = given.unseen;
        machine.finds.connection(connection);
    }
    done
}

fn take_tortoise_url<'a>(
    machine: &mut Machine<'a>,
    connection: &mut Connection,
    object: &Object<'a>,
    at: crate::text::Span,
) {
    let parsed = object.as_text().and_then(ConnectionString::parse);
    connection.driver = match parsed.as_ref().map(|parsed| parsed.scheme.as_str()) {
        Some("postgres" | "asyncpg") | None => &ASYNCPG,
        Some("psycopg") => &PSYCOPG,
        Some(_) => return,
    };
    connection.via = Some("Tortoise".to_owned());
    take_string(machine, connection, object, at, &[]);
    // Whatever it says in a URL is taken for true.
    if let Some(parsed) = parsed
        && parsed.parameters.get("ssl").is_some_and(|word| !word.is_empty() && word != "False")
    {
        connection.set("ssl", Value::Bool(true), Origin::Url, at);
    }
    machine.finds.connection(connection.clone());
}

/// `dj_database_url.config(default=…, ssl_require=…)`: the URL of `DATABASE_URL`.
fn dj_config<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let variable = arguments.get("env", Some(0)).map(|(object, _)| object.clone());
    let variable = variable.unwrap_or_else(|| Object::text("DATABASE_URL"));
    let default = arguments.get("default", Some(1)).map(|(object, _)| object.clone());
    if let Some(text) = default.as_ref().and_then(Object::as_text) {
        machine.finds.text_taken(text);
    }
    let url = library::variable(&variable, default.as_ref());
    dj(machine, url, arguments)
}

fn dj_parse<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let url = arguments.get("url", Some(0)).map(|(object, _)| object.clone());
    let url = url.unwrap_or_else(|| Object::unknown("the URL can't be told"));
    if let Some(text) = url.as_text() {
        machine.finds.text_taken(text);
    }
    dj(machine, url, arguments)
}

fn dj<'a>(machine: &mut Machine<'a>, url: Object<'a>, arguments: &Arguments<'a>) -> Object<'a> {
    // A database of another kind has nothing to do with TLS.
    if url.as_text().and_then(ConnectionString::parse).is_some_and(|url| sqlalchemy::by_scheme(&url.scheme).is_none()) {
        return Object::unknown("it is another kind of database");
    }
    let at = arguments.span;
    let mut options = Dictionary::default();
    if let Some((object, at)) = arguments.by_name("ssl_require") {
        match object.truth() {
            Some(true) => {
                options.entries.insert("sslmode".to_owned(), (Object::text("require"), at));
            }
            Some(false) => {}
            None => options.unseen = Some("whether ssl_require is set can't be told".to_owned()),
        }
    }
    let options = machine.new_thing(Thing::Dictionary(options));
    let entries = BTreeMap::from([
        ("ENGINE".to_owned(), (Object::text(DJ_DATABASE_URL), at)),
        ("URL".to_owned(), (url, at)),
        ("OPTIONS".to_owned(), (options, at)),
    ]);
    machine.new_thing(Thing::Dictionary(Dictionary { entries, unseen: None, span: at }))
}
