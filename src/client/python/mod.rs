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
pub static LANGUAGE: Language = Language { name: "Python", matches, mentions: MENTIONS, read };

/// One of these stands in every file that connects to something.
const MENTIONS: &[&str] = &[
    "psycopg",
    "asyncpg",
    "aiopg",
    "pg8000",
    "pymysql",
    "aiomysql",
    "MySQLdb",
    "mysql",
    "create_engine",
    "create_async_engine",
    "postgres",
    "ConnectionPool",
    "sslmode",
    "DATABASES",
    "dj_database_url",
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
