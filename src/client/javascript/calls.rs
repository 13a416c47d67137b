//! Calls that connect: of the drivers, and of what is built on them.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::File;
use super::syntax::{all, children};
use crate::client::dialect::{MARIADB_JS, MYSQL_JS, MYSQL2, NODE_PG, POSTGRES_JS, UNSEEN};
use crate::client::strings::{host, value};
use crate::client::url::ConnectionString;
use crate::client::{Connection, Driver, Origin, Value};

/// What a call takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An object, or a URL, of a driver.
    Driver(&'static Driver),
    /// The same, through a library.
    Through(&'static Driver, &'static str),
    Sequelize,
    Knex,
    TypeOrm,
}

/// Of each module the functions and classes that connect. `default` is the module itself.
const CALLS: &[(&str, &[&str], Kind)] = &[
    ("pg", &["Client", "Pool", "native"], Kind::Driver(&NODE_PG)),
    ("pg-pool", &["default"], Kind::Driver(&NODE_PG)),
    ("@neondatabase/serverless", &[], Kind::Driver(&NODE_PG)),
    ("@prisma/adapter-pg", &["PrismaPg"], Kind::Through(&NODE_PG, "Prisma")),
    ("drizzle-orm/node-postgres", &["drizzle"], Kind::Through(&NODE_PG, "Drizzle")),
    ("postgres", &["default"], Kind::Driver(&POSTGRES_JS)),
    ("mysql2", &["createConnection", "createPool", "createPoolPromise"], Kind::Driver(&MYSQL2)),
    ("mysql2/promise", &["createConnection", "createPool"], Kind::Driver(&MYSQL2)),
    ("drizzle-orm/mysql2", &["drizzle"], Kind::Through(&MYSQL2, "Drizzle")),
    ("mysql", &["createConnection", "createPool"], Kind::Driver(&MYSQL_JS)),
    ("promise-mysql", &["createConnection", "createPool"], Kind::Through(&MYSQL_JS, "promise-mysql")),
    ("mariadb", &["createConnection", "createPool"], Kind::Driver(&MARIADB_JS)),
    ("@prisma/adapter-mariadb", &["PrismaMariaDb"], Kind::Through(&MARIADB_JS, "Prisma")),
    ("sequelize", &["Sequelize", "default"], Kind::Sequelize),
    ("sequelize-typescript", &["Sequelize"], Kind::Sequelize),
    ("knex", &["knex", "Knex", "default"], Kind::Knex),
    ("typeorm", &["DataSource", "createConnection"], Kind::TypeOrm),
    ("@nestjs/typeorm", &["forRoot"], Kind::TypeOrm),
];

pub(super) fn read(file: &File<'_>, root: Node<'_>) {
    for node in all(root).filter(|node| matches!(node.kind(), "call_expression" | "new_expression")) {
        let Some(function) = node.child_by_field_name("function").or_else(|| node.child_by_field_name("constructor"))
        else {
            continue;
        };
        let Some(kind) = kind(file, function) else { continue };
        let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        for connection in connect(file, kind, node, &arguments) {
            file.keep(connection);
        }
        file.take(node);
    }
}

/// What a call is; none where it connects to nothing.
fn kind(file: &File<'_>, function: Node<'_>) -> Option<Kind> {
    let called = file.code.of(function);
    let (first, last) = match called.split_once('.') {
        Some((first, rest)) => (first, rest.rsplit('.').next().unwrap_or(rest)),
        None => (called, ""),
    };
    if let Some((module, imported)) = file.scope.import_of(first) {
        let (_, names, kind) = CALLS.iter().find(|(name, ..)| *name == module)?;
        // `pg.Pool`, `Pool`, and a module that is called itself.
        let name = match (imported, last) {
            ("*" | "default", "") => "default",
            (imported, "") => imported,
            (_, last) => last,
        };
        return names.contains(&name).then_some(*kind);
    }
    if called.starts_with("require(") {
        let module = called.split(['"', '\'']).nth(1)?;
        let (_, names, kind) = CALLS.iter().find(|(name, ..)| *name == module)?;
        let name = if called.ends_with(')') { "default" } else { last };
        return names.contains(&name).then_some(*kind);
    }
    // A part of a file, without what it imports: names that are always these.
    let is_declared = !file.scope.bindings(first, function).is_empty();
    match (first, last) {
        _ if is_declared || !file.scope.modules.is_empty() => None,
        ("mysql", "createConnection" | "createPool") => Some(Kind::Driver(&MYSQL2)),
        ("Sequelize", "") => Some(Kind::Sequelize),
        ("knex" | "Knex", "") => Some(Kind::Knex),
        ("pg", "Pool" | "Client") => Some(Kind::Driver(&NODE_PG)),
        _ => None,
    }
}

/// The connections that a call makes.
pub(super) fn connect(file: &File<'_>, kind: Kind, node: Node<'_>, arguments: &[Node<'_>]) -> Vec<Connection> {
    let values: Vec<Value> = arguments.iter().map(|argument| file.evaluate(*argument)).collect();
    let first = || values.first().cloned().unwrap_or(Value::Map(BTreeMap::new()));
    match kind {
        Kind::Driver(driver) => {
            let mut connection = file.code.connection(driver, node);
            driver_options(&mut connection, first(), values.get(1).cloned());
            vec![connection]
        }
        // What it is handed is a connection that is read by itself.
        Kind::Through(..) if arguments.first().is_some_and(|argument| file.is_connected(*argument)) => Vec::new(),
        Kind::Through(driver, via) => {
            let mut connection = file.code.connection(driver, node);
            connection.via = Some(via.to_owned());
            // Drizzle keeps them under `connection`.
            let given = match first() {
                Value::Map(mut map) if map.contains_key("connection") => {
                    map.remove("connection").unwrap_or(Value::Null)
                }
                other => other,
            };
            driver_options(&mut connection, given, values.get(1).cloned());
            vec![connection]
        }
        Kind::Sequelize => sequelize(file, node, &values),
        Kind::Knex => knex(file, node, first()).into_iter().collect(),
        Kind::TypeOrm => typeorm(file, node, first()).into_iter().collect(),
    }
}

impl File<'_> {
    /// Whether an expression is, or is a name that stands for, something that is made by a call that connects.
    fn is_connected(&self, node: Node<'_>) -> bool {
        let makes = |node: Node<'_>| {
            let made = ["function", "constructor"].into_iter().find_map(|field| node.child_by_field_name(field));
            made.is_some_and(|made| kind(self, made).is_some())
        };
        let bindings = self.scope.bindings(self.code.of(node), node);
        let bound = bindings.iter().filter(|binding| binding.key.is_none());
        let mut bound =
            bound.filter_map(|binding| self.root.named_descendant_for_byte_range(binding.value.0, binding.value.1));
        makes(node) || node.kind() == "identifier" && bound.any(makes)
    }
}

/// An object of a driver, or a URL with or without one.
pub(super) fn driver_options(connection: &mut Connection, given: Value, more: Option<Value>) {
    let (url, mut options) = match given {
        Value::Map(mut map) => {
            let names = ["connectionString", "connectionUri", "uri", "url"];
            (names.iter().find_map(|name| map.remove(*name)), map)
        }
        Value::OneOf(all) if all.iter().all(|one| matches!(one, Value::Map(_) | Value::Null)) => match joined(all) {
            Value::Map(mut map) => (map.remove("connectionString"), map),
            _ => (None, BTreeMap::new()),
        },
        url => (Some(url), BTreeMap::new()),
    };
    if let Some(Value::Map(more)) = more {
        options.extend(more);
    }
    // postgres.js takes the object before the URL, the others the URL before the object.
    let object_first = connection.driver == &POSTGRES_JS;
    if object_first {
        put(connection, &options);
    }
    match url {
        Some(Value::Text(text)) => take_url(connection, &text),
        Some(Value::Null) | None => {}
        Some(other) => unseen(connection, other),
    }
    if !object_first {
        put(connection, &options);
    }
    if connection.host.is_none() && connection.unseen.is_none() {
        // Nothing says whom: the environment does, or a default.
        let variable =
            if connection.driver == &NODE_PG || connection.driver == &POSTGRES_JS { "PGHOST" } else { "MYSQL_HOST" };
        connection.host = Some(Value::Environment { variable: variable.to_owned(), default: None });
        if options.is_empty() && connection.parameters.is_empty() {
            connection.unseen = Some("the environment decides".to_owned());
        }
    }
}

/// One object of several: what is not in all of them may be missing.
fn joined(all: Vec<Value>) -> Value {
    let maps: Vec<BTreeMap<String, Value>> =
        all.into_iter().filter_map(|one| if let Value::Map(map) = one { Some(map) } else { None }).collect();
    let names: std::collections::BTreeSet<_> = maps.iter().flat_map(|map| map.keys().cloned()).collect();
    let all = names.into_iter().map(|name| {
        let value = Value::one_of(maps.iter().map(|map| map.get(&name).cloned().unwrap_or(Value::Null)));
        (name, value)
    });
    Value::Map(all.collect())
}

fn put(connection: &mut Connection, options: &BTreeMap<String, Value>) {
    let span = connection.span;
    for name in ["host", "hostname", "server", "socketPath", "PGHOST"] {
        if let Some(given) = options.get(name)
            && connection.host.is_none()
        {
            connection.host = Some(match given {
                Value::Text(text) => host(text),
                other => other.clone(),
            });
        }
    }
    if let Some(given) = options.get("ssl") {
        connection.set("ssl", given.clone(), Origin::Argument, span);
    }
    for name in ["sslmode", "sslrootcert"] {
        if let Some(given) = options.get(name) {
            connection.ignore(name, given.clone(), Origin::Argument, span);
        }
    }
    if let Some(why) = options.get(UNSEEN).and_then(Value::why_unknown) {
        connection.unseen = Some(why);
    }
}

/// The parts of a URL.
fn take_url(connection: &mut Connection, text: &str) {
    let span = connection.span;
    let Some(parsed) = ConnectionString::parse(text) else {
        connection.unseen = Some("the connection string can't be read".to_owned());
        return;
    };
    connection.host = parsed.host.as_deref().map(host);
    for (name, text) in &parsed.parameters {
        connection.set(name.clone(), value(text), Origin::Url, span);
    }
    if parsed.is_open || parsed.host.is_none() && text.contains(crate::client::url::HOLE) {
        connection.unseen = Some("a part of the connection string is put together elsewhere".to_owned());
    }
}

/// A URL that is said elsewhere.
fn unseen(connection: &mut Connection, url: Value) {
    let why = match &url {
        Value::Environment { variable, .. } => {
            format!("the connection string is what {variable} of the environment says")
        }
        other => other.why_unknown().map_or_else(
            || "the connection string is computed".to_owned(),
            |why| format!("the connection string can't be told: {why}"),
        ),
    };
    connection.unseen = Some(why);
    connection.host = Some(url);
}

/// `new Sequelize(url, options)`, `(database, user, password, options)` or `(options)`.
fn sequelize(file: &File<'_>, node: Node<'_>, values: &[Value]) -> Vec<Connection> {
    let options = values.iter().rev().find_map(|value| match value {
        Value::Map(map) => Some(map.clone()),
        _ => None,
    });
    let url = match values {
        [Value::Map(_)] | [] => None,
        [url] | [url, _] => Some(url.clone()),
        _ => None,
    };
    sequelize_options(file, node, url, options.unwrap_or_default()).into_iter().collect()
}

/// Sequelize's options, with a URL or without.
pub(super) fn sequelize_options(
    file: &File<'_>,
    node: Node<'_>,
    url: Option<Value>,
    mut options: BTreeMap<String, Value>,
) -> Option<Connection> {
    let scheme = url
        .as_ref()
        .and_then(Value::as_text)
        .and_then(|url| url.split_once("://"))
        .map(|(scheme, _)| scheme.to_owned());
    let dialect = options.get("dialect").and_then(Value::as_text).map(ToOwned::to_owned).or(scheme);
    let mut connection = file.code.connection(driver_of(dialect.as_deref()?)?, node);
    connection.via = Some("Sequelize".to_owned());
    let handed_on = options.remove("dialectOptions");
    let dropped = options.remove("ssl");
    let mut given = BTreeMap::new();
    match handed_on {
        Some(Value::Map(inner)) => given = inner,
        Some(Value::OneOf(all)) => {
            if let Value::Map(inner) = joined(all) {
                given = inner;
            }
        }
        Some(other) if other.why_unknown().is_some() => {
            given.insert(UNSEEN.to_owned(), other);
        }
        _ => {}
    }
    for name in ["host", UNSEEN] {
        if let Some(value) = options.remove(name) {
            given.insert(name.to_owned(), value);
        }
    }
    let url = url.or_else(|| options.remove("url"));
    let by_variable = options.remove("use_env_variable").map(|variable| Value::Environment {
        variable: variable.as_text().unwrap_or("a variable").to_owned(),
        default: None,
    });
    if let Some(url) = url.or(by_variable) {
        given.insert("connectionString".to_owned(), url);
    }
    driver_options(&mut connection, Value::Map(given), None);
    if let Some(dropped) = dropped {
        let span = connection.span;
        connection.ignore("ssl", dropped, Origin::Argument, span);
    }
    Some(connection)
}

/// `knex({ client, connection })`.
pub(super) fn knex(file: &File<'_>, node: Node<'_>, given: Value) -> Option<Connection> {
    let Value::Map(mut options) = given else { return None };
    let client = options.get("client").and_then(Value::as_text)?.to_owned();
    let mut connection = file.code.connection(driver_of(&client)?, node);
    connection.via = Some("Knex".to_owned());
    let given = options.remove("connection").unwrap_or_else(|| Value::unknown("it is said elsewhere"));
    driver_options(&mut connection, given, None);
    Some(connection)
}

/// `new DataSource({ type, host, ssl, extra })`: what `extra` says counts more.
pub(super) fn typeorm(file: &File<'_>, node: Node<'_>, given: Value) -> Option<Connection> {
    let Value::Map(mut options) = given else { return None };
    let mut connection = file.code.connection(driver_of(options.get("type").and_then(Value::as_text)?)?, node);
    connection.via = Some("TypeORM".to_owned());
    if let Some(Value::Map(extra)) = options.remove("extra")
        && let Some(inner) = extra.get("ssl")
    {
        options.insert("ssl".to_owned(), inner.clone());
    }
    driver_options(&mut connection, Value::Map(options), None);
    Some(connection)
}

/// The driver behind what libraries call a dialect, a client or a type.
fn driver_of(name: &str) -> Option<&'static Driver> {
    Some(match name {
        "postgres" | "postgresql" | "pg" | "aurora-postgres" | "pgnative" => &NODE_PG,
        "mysql" | "mysql2" | "aurora-mysql" => &MYSQL2,
        "mariadb" => &MARIADB_JS,
        _ => return None,
    })
}
