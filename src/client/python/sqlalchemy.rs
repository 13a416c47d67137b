//! SQLAlchemy: URLs as strings and as objects, `connect_args`, and how each dialect hands them on to its driver.

use std::collections::BTreeMap;

use super::arguments::Arguments;
use super::library::Call;
use super::machine::Machine;
use super::mysql;
use super::object::{Dictionary, Instance, Object, Thing};
use super::shape::{LIBPQ, is_token, literal};
use crate::client::dialect::{
    AIOMYSQL, ASYNCPG, Database, MYSQL_CONNECTOR, MYSQLCLIENT, PG8000, PSYCOPG, PSYCOPG2, PYMYSQL,
};
use crate::client::url::{ConnectionString, HOLE};
use crate::client::{Connection, Driver, Host, Origin, Value};
use crate::text::Span;

/// Every call that connects, or makes a URL.
pub static CALLS: &[(&str, Call)] = &[
    ("sqlalchemy.create_engine", engine),
    ("sqlalchemy.engine.create_engine", engine),
    ("sqlalchemy.engine.create.create_engine", engine),
    ("sqlalchemy.ext.asyncio.create_async_engine", engine),
    ("sqlalchemy.ext.asyncio.engine.create_async_engine", engine),
    ("sqlmodel.create_engine", engine),
    ("sqlalchemy.URL", url),
    ("sqlalchemy.URL.create", url),
    ("sqlalchemy.engine.URL", url),
    ("sqlalchemy.engine.URL.create", url),
    ("sqlalchemy.engine.url.URL", url),
    ("sqlalchemy.engine.url.URL.create", url),
    ("sqlalchemy.make_url", make_url),
    ("sqlalchemy.engine.make_url", make_url),
    ("sqlalchemy.engine.url.make_url", make_url),
];

/// What a URL object is called among instances.
const URL: &str = "sqlalchemy.URL";

/// A URL, as far as it is known.
#[derive(Clone, Debug, Default)]
struct Parts {
    /// `postgresql+asyncpg`; none where it can't be told.
    scheme: Option<String>,
    host: Option<Value>,
    query: Vec<(String, Value)>,
    iam_token: bool,
    unseen: Option<String>,
}

fn url<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let slots = ["drivername", "username", "password", "host", "port", "database", "query"].into_iter().enumerate();
    let fields = slots
        .filter_map(|(at, name)| Some((name.to_owned(), arguments.get(name, Some(at))?.0.clone())))
        .collect::<BTreeMap<_, _>>();
    machine.new_thing(Thing::Instance(Instance { kind: URL.to_owned(), fields, ..Instance::default() }))
}

fn make_url<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let first = arguments.get("name_or_url", Some(0)).map(|(object, _)| object.clone());
    let first = first.unwrap_or_else(|| Object::unknown("the URL can't be told"));
    let Some(text) = first.as_text().map(ToOwned::to_owned) else { return first };
    let Some(parsed) = ConnectionString::parse(&text).filter(|parsed| !parsed.scheme.is_empty() && !parsed.is_open)
    else {
        return first;
    };
    machine.finds.text_taken(&text);
    let at = arguments.span;
    let entries = parsed.parameters.iter().map(|(name, value)| (name.clone(), (Object::Value(literal(value)), at)));
    let query = Dictionary { entries: entries.collect(), unseen: None, span: at };
    let query = machine.new_thing(Thing::Dictionary(query));
    let mut fields =
        BTreeMap::from([("drivername".to_owned(), Object::text(parsed.scheme.clone())), ("query".to_owned(), query)]);
    fields.extend(parsed.host.as_deref().map(|host| ("host".to_owned(), Object::Value(literal(host)))));
    if parsed.iam_token {
        fields.insert("password".to_owned(), Object::Token);
    }
    machine.new_thing(Thing::Instance(Instance { kind: URL.to_owned(), fields, ..Instance::default() }))
}

/// Methods of URLs; none where the owner is none or it is another method.
pub fn method<'a>(
    machine: &mut Machine<'a>,
    owner: &Object<'a>,
    name: &str,
    arguments: &Arguments<'a>,
) -> Option<Object<'a>> {
    let instance = machine.state.instance(owner).filter(|instance| instance.kind == URL)?.clone();
    let mut changed = instance;
    match name {
        "set" => {
            for (name, object, _) in &arguments.named {
                changed.fields.insert(name.clone(), object.clone());
            }
        }
        "update_query_dict" => {
            let mut query = Dictionary::default();
            for object in changed.fields.get("query").cloned().iter().chain(arguments.positional.iter().map(|(o, _)| o))
            {
                machine.spread(object, &mut query);
            }
            let query = machine.new_thing(Thing::Dictionary(query));
            changed.fields.insert("query".to_owned(), query);
        }
        "render_as_string" | "__str__" | "__to_string__" => return Some(owner.clone()),
        _ => return None,
    }
    Some(machine.new_thing(Thing::Instance(changed)))
}

/// All that a URL may be.
fn parts<'a>(machine: &mut Machine<'a>, object: &Object<'a>) -> Vec<Parts> {
    match object {
        Object::OneOf(all) => all.iter().take(4).flat_map(|one| parts(machine, one)).collect(),
        Object::Value(Value::Text(text)) => vec![of_text(machine, text)],
        Object::Value(Value::Environment { variable, default }) => {
            if let Some(Value::Text(text)) = default.as_deref() {
                machine.finds.text_taken(text);
            }
            // Whoever sets the variable sets another host and other settings, but for the driver: the code has one alone.
            let scheme = default.as_deref().and_then(Value::as_text).and_then(ConnectionString::parse);
            let unseen = Some(format!("the URL is what {variable} of the environment says"));
            vec![Parts { scheme: scheme.map(|parsed| parsed.scheme), unseen, ..Parts::default() }]
        }
        object => match machine.state.instance(object).filter(|instance| instance.kind == URL).cloned() {
            Some(instance) => vec![of_instance(machine, &instance)],
            None => {
                let why = machine.value(object).why_unknown();
                let why = why.unwrap_or_else(|| "it is computed".to_owned());
                vec![Parts { unseen: Some(format!("the URL can't be told: {why}")), ..Parts::default() }]
            }
        },
    }
}

fn of_text(machine: &mut Machine<'_>, text: &str) -> Parts {
    machine.finds.text_taken(text);
    match ConnectionString::parse(text) {
        Some(parsed) if !parsed.scheme.is_empty() => Parts {
            scheme: Some(parsed.scheme.clone()),
            host: parsed.host.as_deref().map(literal),
            query: parsed.parameters.iter().map(|(name, value)| (name.clone(), literal(value))).collect(),
            iam_token: parsed.iam_token,
            unseen: parsed.is_open.then(|| "a part of the URL is computed".to_owned()),
        },
        // The query may still stand there: `f"{url}?sslmode=require"`.
        _ => {
            let query = text.split_once('?').map(|(_, query)| format!("x://h/?{query}"));
            let query = query.and_then(|query| ConnectionString::parse(&query)).unwrap_or_default();
            Parts {
                query: query.parameters.iter().map(|(name, value)| (name.clone(), literal(value))).collect(),
                unseen: Some("the URL is computed".to_owned()),
                ..Parts::default()
            }
        }
    }
}

fn of_instance<'a>(machine: &mut Machine<'a>, instance: &Instance<'a>) -> Parts {
    let field = |name: &str| instance.fields.get(name).cloned();
    let mut parts = Parts {
        scheme: field("drivername").and_then(|object| object.as_text().map(str::to_ascii_lowercase)),
        host: field("host").map(|object| machine.value(&object)),
        iam_token: field("password").is_some_and(|object| is_token(&object)),
        ..Parts::default()
    };
    if let Some(query) = field("query") {
        let mut dictionary = Dictionary::default();
        machine.spread(&query, &mut dictionary);
        parts.unseen = dictionary.unseen;
        let entries = dictionary.entries.iter();
        parts.query = entries.map(|(name, (object, _))| (name.clone(), machine.value(object))).collect();
    }
    parts
}

fn engine<'a>(machine: &mut Machine<'a>, name: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let is_given =
        |name: &str| arguments.by_name(name).is_some_and(|(object, _)| !matches!(object, Object::Value(Value::Null)));
    // The function that makes connections connects by itself.
    if is_given("creator") || is_given("async_creator") {
        let creators = ["creator", "async_creator"].into_iter().filter_map(|name| arguments.by_name(name));
        for creator in creators.map(|(object, _)| object.clone()).collect::<Vec<_>>() {
            machine.apply(creator, Arguments::default());
        }
        return Object::unknown("it is an engine");
    }
    let Some((object, at)) = arguments.get("url", Some(0)).map(|(object, at)| (object.clone(), at)) else {
        return Object::unknown("it is an engine");
    };
    let mut given = Dictionary::default();
    if let Some((object, _)) = arguments.by_name("connect_args") {
        let object = object.clone();
        machine.spread(&object, &mut given);
    }
    given.unseen = given.unseen.take().or_else(|| arguments.unseen.clone()).or_else(|| listened(machine.source));
    for parts in parts(machine, &object) {
        let Some(driver) = driver(parts.scheme.as_deref(), &given, name.contains("async")) else { continue };
        let mut connection = Connection::new(driver, arguments.span, 0);
        connection.via = Some("SQLAlchemy".to_owned());
        connection.iam_token = parts.iam_token;
        connection.host = parts.host.clone();
        connection.unseen = given.unseen.clone().or_else(|| parts.unseen.clone());
        machine.set_given(&mut connection, &given, Origin::Argument);
        hand_on(&mut connection, parts.query, at);
        machine.finds.connection(connection);
    }
    Object::unknown("it is an engine")
}

/// Why a listener of SQLAlchemy's `do_connect` in this file may set more; none where there is none that does.
fn listened(source: &str) -> Option<String> {
    let (_, listener) = source.split_once("do_connect")?;
    let sets = ["[\"ssl", "['ssl", ".update(", "setdefault("].iter().any(|way| listener.contains(way));
    sets.then(|| "what listens to do_connect may set more".to_owned())
}

/// The driver that a URL names, or that takes what is given beside it; none where it is a driver of something else.
fn driver(scheme: Option<&str>, given: &Dictionary<'_>, is_async: bool) -> Option<&'static Driver> {
    let guessed = || {
        let has = |name: &str| given.entries.contains_key(name);
        Some(match () {
            () if has("sslmode") || has("sslrootcert") => &PSYCOPG2,
            () if has("ssl_context") => &PG8000,
            () if has("ssl_ca") || has("ssl_verify_cert") => &PYMYSQL,
            () if has("ssl") && is_async => &ASYNCPG,
            () if has("ssl") => &PYMYSQL,
            // Nothing speaks of a database that is meant here at all.
            () => return None,
        })
    };
    let Some(scheme) = scheme.filter(|scheme| !scheme.contains(HOLE)) else { return guessed() };
    by_scheme(scheme)
}

/// The driver of a scheme; none where it is a driver of something else.
pub fn by_scheme(scheme: &str) -> Option<&'static Driver> {
    let (dialect, driver) = scheme.split_once('+').map_or((scheme, None), |(dialect, driver)| (dialect, Some(driver)));
    match (dialect, driver) {
        ("postgresql" | "postgres", None | Some("psycopg2" | "psycopg2cffi" | "aiopg")) => Some(&PSYCOPG2),
        ("postgresql" | "postgres", Some("psycopg" | "psycopg_async")) => Some(&PSYCOPG),
        ("postgresql" | "postgres", Some("asyncpg")) => Some(&ASYNCPG),
        ("postgresql" | "postgres", Some("pg8000")) => Some(&PG8000),
        ("mysql" | "mariadb", None | Some("mysqldb")) => Some(&MYSQLCLIENT),
        ("mysql" | "mariadb", Some("pymysql")) => Some(&PYMYSQL),
        ("mysql" | "mariadb", Some("aiomysql" | "asyncmy")) => Some(&AIOMYSQL),
        ("mysql" | "mariadb", Some("mysqlconnector")) => Some(&MYSQL_CONNECTOR),
        _ => None,
    }
}

/// Hands the query of a URL on to the driver, as its dialect in SQLAlchemy does.
fn hand_on(connection: &mut Connection, query: Vec<(String, Value)>, at: Span) {
    let names: Vec<_> = query.iter().map(|(name, _)| name.clone()).collect();
    let driver = connection.driver;
    if driver == &ASYNCPG || driver == &PG8000 {
        let foreign = names.iter().chain(connection.parameters.iter().map(|parameter| &parameter.name));
        if foreign.clone().any(|name| name == "sslmode") {
            let why = format!("SQLAlchemy hands sslmode on to {}, which does not know it", driver.name);
            connection.refused = Some(why);
        }
    }
    if (driver == &PSYCOPG2 || driver == &PSYCOPG) && names.iter().any(|name| name == "ssl") {
        connection.refused = Some("libpq has no ssl".to_owned());
    }
    if driver == &PYMYSQL || driver == &MYSQLCLIENT || driver == &AIOMYSQL {
        // `?ssl_ca=…` becomes `ssl={"ca": …}`.
        let keys = ["ca", "cert", "key", "capath", "cipher", "check_hostname"];
        let mut map = BTreeMap::new();
        for (name, value) in &query {
            if let Some(key) = name.strip_prefix("ssl_").filter(|key| keys.contains(key)) {
                map.insert(key.to_owned(), value.clone());
            }
        }
        if !map.is_empty() {
            connection.set("ssl", Value::Map(map), Origin::Url, at);
        }
    }
    let known = |name: &str| match connection.driver.database {
        Database::PostgreSql => LIBPQ.contains(&name) || ["ssl", "ssl_context"].contains(&name),
        Database::MySql => {
            // Those of a context were put into a dictionary above.
            let is_of_context = ["ssl_ca", "ssl_cert", "ssl_key", "ssl_check_hostname"].contains(&name);
            mysql::NAMES.contains(&name) && (driver == &MYSQL_CONNECTOR || !is_of_context)
        }
    };
    let mut taken = Vec::new();
    for (name, value) in query {
        if known(&name) {
            taken.push((name, value));
        }
    }
    for (name, value) in taken {
        connection.set(name, value, Origin::Url, at);
    }
}

/// What stands in the code as a connection string or a dictionary of settings and is used somewhere else.
pub fn settle(machine: &mut Machine<'_>) {
    let has_connections = machine.finds.has_connections();
    for (at, parsed) in machine.finds.strings_left() {
        let Some(driver) = by_scheme(&parsed.scheme) else { continue };
        let host = parsed.host.as_deref().map(Host::named);
        if !matches!(host, Some(Host::Rds(_) | Host::Named(_))) {
            continue;
        }
        let mut connection = Connection::new(driver, at, 0);
        connection.via = parsed.scheme.contains('+').then(|| "SQLAlchemy".to_owned());
        connection.host = parsed.host.as_deref().map(literal);
        connection.iam_token = parsed.iam_token;
        connection.unseen = parsed.is_open.then(|| "a part of the URL is computed".to_owned());
        let query = parsed.parameters.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
        hand_on(&mut connection, query, at);
        machine.finds.connection(connection);
    }
    if has_connections {
        return;
    }
    let dictionaries: Vec<_> = machine
        .state
        .heap
        .values()
        .filter_map(|thing| match &**thing {
            Thing::Dictionary(dictionary) => Some(dictionary.clone()),
            _ => None,
        })
        .collect();
    for dictionary in dictionaries {
        let has = |name: &str| dictionary.entries.contains_key(name);
        // What has no password, and every value literally, names the parts of something: `{"host": "info.host", …}`.
        let is_filled = has("password")
            || dictionary.entries.values().any(|(object, _)| !matches!(object, Object::Value(Value::Text(_))));
        let is_complete = has("host") && has("user") && (has("dbname") || has("database")) && is_filled;
        let is_settings = has("sslmode") || is_complete && machine.source.contains("import psycopg2");
        if !is_settings || dictionary.span.end == 0 || machine.finds.is_taken(dictionary.span) {
            continue;
        }
        let mut connection = Connection::new(&PSYCOPG2, dictionary.span, 0);
        connection.unseen = dictionary.unseen.clone();
        // Who takes these settings says whom they are for.
        connection.host = match dictionary.entries.get("host") {
            Some((object, _)) => Some(machine.value(object)),
            None => {
                let beside = machine.finds.host_beside(dictionary.span).cloned();
                Some(beside.unwrap_or_else(|| Value::unknown("these settings do not name a host")))
            }
        };
        for name in LIBPQ {
            if let Some((object, at)) = dictionary.entries.get(*name) {
                machine.set(&mut connection, name, object, Origin::Configuration, *at);
            }
        }
        machine.finds.connection(connection);
    }
}
