//! Drivers of PostgreSQL: psycopg2 and aiopg, psycopg 3, asyncpg, pg8000.

use super::arguments::Arguments;
use super::library::Call;
use super::machine::Machine;
use super::object::Object;
use super::shape::{LIBPQ, Shape};
use crate::client::Value;
use crate::client::dialect::{ASYNCPG, PG8000, PSYCOPG, PSYCOPG2};

/// Every call that connects.
pub static CALLS: &[(&str, Call)] = &[
    ("psycopg2.connect", psycopg2),
    ("psycopg2._connect", psycopg2),
    ("psycopg2.extensions.connection", psycopg2),
    ("psycopg2.pool.SimpleConnectionPool", psycopg2_pool),
    ("psycopg2.pool.ThreadedConnectionPool", psycopg2_pool),
    ("psycopg2.pool.AbstractConnectionPool", psycopg2_pool),
    ("psycopg2.pool.PersistentConnectionPool", psycopg2_pool),
    ("aiopg.connect", psycopg2),
    ("aiopg.create_pool", psycopg2),
    ("aiopg.sa.create_engine", psycopg2),
    ("psycopg.connect", psycopg),
    ("psycopg.Connection.connect", psycopg),
    ("psycopg.AsyncConnection.connect", psycopg),
    ("psycopg_pool.ConnectionPool", psycopg_pool),
    ("psycopg_pool.AsyncConnectionPool", psycopg_pool),
    ("psycopg_pool.NullConnectionPool", psycopg_pool),
    ("psycopg_pool.AsyncNullConnectionPool", psycopg_pool),
    ("asyncpg.connect", asyncpg),
    ("asyncpg.connection.connect", asyncpg),
    ("asyncpg.create_pool", asyncpg),
    ("asyncpg.pool.create_pool", asyncpg),
    ("pg8000.connect", pg8000),
    ("pg8000.dbapi.connect", pg8000),
    ("pg8000.dbapi.Connection", pg8000),
    ("pg8000.legacy.connect", pg8000),
    ("pg8000.native.Connection", pg8000),
];

fn psycopg2<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let shape =
        Shape { driver: &PSYCOPG2, via: None, string: Some(("dsn", Some(0))), host: ("host", None), names: LIBPQ };
    shape.connect(machine, arguments);
    Object::unknown("it is a connection")
}

fn psycopg2_pool<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let shape =
        Shape { driver: &PSYCOPG2, via: None, string: Some(("dsn", Some(2))), host: ("host", None), names: LIBPQ };
    shape.connect(machine, arguments);
    Object::unknown("it is a pool")
}

fn psycopg<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let shape =
        Shape { driver: &PSYCOPG, via: None, string: Some(("conninfo", Some(0))), host: ("host", None), names: LIBPQ };
    shape.connect(machine, arguments);
    Object::unknown("it is a connection")
}

/// A pool of psycopg takes what its connections are made with as a dictionary.
fn psycopg_pool<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let mut spread = super::object::Dictionary::default();
    if let Some((object, _)) = arguments.by_name("kwargs") {
        let object = object.clone();
        machine.spread(&object, &mut spread);
    }
    let mut arguments = arguments.clone();
    arguments.unseen = arguments.unseen.or(spread.unseen);
    arguments.named.extend(spread.entries.into_iter().map(|(name, (object, at))| (name, object, at)));
    psycopg(machine, "", &arguments)
}

fn asyncpg<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let names = &["ssl", "sslmode", "sslrootcert"];
    let shape = Shape { driver: &ASYNCPG, via: None, string: Some(("dsn", Some(0))), host: ("host", None), names };
    shape.connect(machine, arguments);
    Object::unknown("it is a connection")
}

fn pg8000<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    // A connector of Google's or a tunnel hands over a socket of its own: what that does is not seen.
    let given = arguments.by_name("sock").filter(|(object, _)| !matches!(object, Object::Value(Value::Null)));
    let mut arguments = arguments.clone();
    if given.is_some() {
        arguments.unseen = Some("it is given a socket that is made elsewhere".to_owned());
    }
    let names = &["ssl_context", "ssl", "unix_sock"];
    let shape = Shape { driver: &PG8000, via: None, string: None, host: ("host", Some(1)), names };
    shape.connect(machine, &arguments);
    Object::unknown("it is a connection")
}
