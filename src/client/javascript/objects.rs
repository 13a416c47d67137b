//! Objects that are the options of a connection although no call takes them in this file: configurations that others read.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::File;
use super::calls::{driver_options, knex, sequelize_options, typeorm};
use super::syntax::{all, around, children};
use crate::client::dialect::{MARIADB_JS, MYSQL2, NODE_PG, POSTGRES_IN_NODE, POSTGRES_JS};
use crate::client::{Driver, Origin, Value};

pub(super) fn read(file: &File<'_>, root: Node<'_>) {
    for node in all(root).filter(|node| node.kind() == "object") {
        if file.is_taken(node) {
            continue;
        }
        let keys = keys(file, node);
        let connection = match () {
            () if has(&keys, &["dialect", "dbCredentials"]) => {
                options(file, node).and_then(|map| drizzle_kit(file, node, map))
            }
            () if has(&keys, &["dialect"]) => options(file, node).and_then(|mut map| {
                let url = map.remove("url");
                sequelize_options(file, node, url, map)
            }),
            () if has(&keys, &["client", "connection"]) => knex(file, node, file.evaluate(node)),
            () if has(&keys, &["type"]) && (has(&keys, &["host"]) || has(&keys, &["url"])) => {
                typeorm(file, node, file.evaluate(node))
            }
            () => driver_object(file, node, &keys),
        };
        if let Some(connection) = connection {
            file.keep(connection);
            file.take(node);
        }
    }
    for node in all(root).filter(|node| node.kind() == "object") {
        if !file.is_taken(node) {
            off(file, node);
        }
    }
}

/// The keys that stand in an object.
fn keys<'t>(file: &File<'t>, node: Node<'_>) -> Vec<&'t str> {
    children(node)
        .into_iter()
        .filter_map(|part| match part.kind() {
            "pair" => Some(file.code.of(part.child_by_field_name("key")?).trim_matches(['"', '\''])),
            "shorthand_property_identifier" => Some(file.code.of(part)),
            _ => None,
        })
        .collect()
}

fn has(keys: &[&str], names: &[&str]) -> bool {
    names.iter().all(|name| keys.contains(name))
}

fn options(file: &File<'_>, node: Node<'_>) -> Option<BTreeMap<String, Value>> {
    match file.evaluate(node) {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// The configuration of Drizzle's tools.
fn drizzle_kit(file: &File<'_>, node: Node<'_>, mut map: BTreeMap<String, Value>) -> Option<crate::client::Connection> {
    let driver: &'static Driver = match map.get("dialect").and_then(Value::as_text)? {
        // Its tools take whichever driver is installed.
        "postgresql" => &POSTGRES_IN_NODE,
        "mysql" => &MYSQL2,
        _ => return None,
    };
    let mut connection = file.code.connection(driver, node);
    connection.via = Some("Drizzle".to_owned());
    driver_options(&mut connection, map.remove("dbCredentials")?, None);
    Some(connection)
}

/// An object with `ssl` and what else a driver takes.
fn driver_object(file: &File<'_>, node: Node<'_>, keys: &[&str]) -> Option<crate::client::Connection> {
    let known = ["host", "port", "user", "username", "password", "database", "connectionString"];
    let count = known.iter().filter(|name| keys.contains(name)).count();
    if !keys.contains(&"ssl") || count < 2 {
        return None;
    }
    let map = options(file, node)?;
    let mut connection = file.code.connection(driver(file, &map)?, node);
    driver_options(&mut connection, Value::Map(map), None);
    Some(connection)
}

/// The driver that takes it: by what is imported, and else by the port.
fn driver(file: &File<'_>, map: &BTreeMap<String, Value>) -> Option<&'static Driver> {
    let imported = imported(file);
    if imported.is_some() {
        return imported;
    }
    let port = match map.get("port") {
        Some(Value::Environment { default: Some(default), .. }) => default.as_text().map(ToOwned::to_owned),
        Some(Value::OneOf(all)) => all.iter().find_map(|one| one.as_text()).map(ToOwned::to_owned),
        Some(other) => other.as_text().map(ToOwned::to_owned),
        None => None,
    };
    let url = map.get("connectionString").and_then(Value::as_text).unwrap_or_default();
    match port.as_deref() {
        Some("5432") => Some(&NODE_PG),
        Some("3306") => Some(&MYSQL2),
        _ if url.starts_with("postgres") => Some(&NODE_PG),
        _ if url.starts_with("mysql") => Some(&MYSQL2),
        _ => None,
    }
}

/// The one driver that a file imports; none where it imports none or several.
fn imported(file: &File<'_>) -> Option<&'static Driver> {
    let mut found: Vec<&'static Driver> = Vec::new();
    for module in &file.scope.modules {
        let driver: &'static Driver = match *module {
            "pg" | "pg-pool" | "@prisma/adapter-pg" | "drizzle-orm/node-postgres" => &NODE_PG,
            "postgres" | "drizzle-orm/postgres-js" => &POSTGRES_JS,
            "mysql2" | "mysql2/promise" | "mysql" => &MYSQL2,
            "mariadb" => &MARIADB_JS,
            _ => continue,
        };
        if !found.contains(&driver) {
            found.push(driver);
        }
    }
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// An object that turns verification off, in a file that talks to a database by one driver, and is handed to nothing else.
fn off(file: &File<'_>, node: Node<'_>) {
    let Some(driver) = imported(file) else { return };
    let is_off = children(node).into_iter().any(|part| {
        let text = |name| part.child_by_field_name(name).map(|part| file.code.of(part));
        part.kind() == "pair"
            && text("key").is_some_and(|key| key.trim_matches(['"', '\'']) == "rejectUnauthorized")
            && text("value") == Some("false")
    });
    if !is_off || !file.code.fuel.spend(file.code.text.len()) {
        return;
    }
    let elsewhere = around(node)
        .take_while(|outer| !outer.kind().ends_with("statement"))
        .any(|outer| matches!(outer.kind(), "call_expression" | "new_expression"));
    let is_ssl = around(node).take(3).any(|outer| match outer.kind() {
        "return_statement" => true,
        "pair" => outer.child_by_field_name("key").is_some_and(|key| file.code.of(key) == "ssl"),
        "variable_declarator" => outer
            .child_by_field_name("name")
            .is_some_and(|name| file.code.of(name).to_ascii_lowercase().contains("ssl")),
        "assignment_expression" => {
            outer.child_by_field_name("left").is_some_and(|left| file.code.of(left).ends_with("ssl"))
        }
        _ => false,
    });
    if elsewhere || !is_ssl {
        return;
    }
    let mut connection = file.code.connection(driver, node);
    let span = connection.span;
    connection.host = Some(Value::unknown("it is said elsewhere"));
    connection.set("ssl", file.evaluate(node), Origin::Argument, span);
    file.keep(connection);
    file.take(node);
}
