//! Python: its source is followed, statement by statement, with what each name stands for, up to the calls that connect.

mod arguments;
mod classes;
mod contexts;
mod expressions;
mod finds;
mod functions;
mod library;
mod machine;
mod object;
mod reach;
mod shape;
mod state;
mod statements;
mod targets;
mod texts;
mod values;

mod django;
mod mysql;
mod orm;
mod postgresql;
mod sqlalchemy;

use super::{Connection, Language, Text};

/// Python.
pub static LANGUAGE: Language = Language { name: "Python", matches, mentions: &[DRIVERS, MENTIONS], read };

/// The modules of drivers, or how their names begin.
const DRIVERS: &[&str] =
    &["psycopg", "asyncpg", "aiopg", "pg8000", "pymysql", "aiomysql", "MySQLdb", "mysql.connector", "dj_database_url"];

/// One of these or of the drivers stands in every file that connects to something.
const MENTIONS: &[&str] = &[
    "mysql",
    "create_engine",
    "create_async_engine",
    "postgres",
    "ConnectionPool",
    "sslmode",
    "DATABASES",
    "peewee",
    "playhouse",
];

fn matches(path: &str) -> bool {
    path.ends_with(".py") || path.ends_with(".pyw")
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    let parsed = ruff_python_parser::parse_unchecked_source(text.text, ruff_python_ast::PySourceType::Python);
    machine::run(text.text, parsed.suite())
}
