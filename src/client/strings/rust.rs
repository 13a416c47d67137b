//! Rust: not a language of its own here, but what decides in it stands behind the string: the connector, and sqlx's options.

use super::urls::set_connector;
use super::{Reader, head};
use crate::client::dialect::SQLX_POSTGRES;
use crate::client::{Connection, Origin, Value};

/// sqlx's options as calls: `.ssl_mode(PgSslMode::VerifyFull)`.
pub(super) fn read(reader: &mut Reader<'_>) {
    if !reader.is(&["rs"]) {
        return;
    }
    const MODE: &str = "PgSslMode::";
    for at in memchr::memmem::find_iter(reader.text.as_bytes(), MODE.as_bytes()) {
        let called = reader.text.get(..at).is_some_and(|before| before.trim_end().ends_with(".ssl_mode("));
        let rest = reader.text.get(at + MODE.len()..).unwrap_or_default();
        let length = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let mode = match rest.get(..length).unwrap_or_default() {
            "Disable" => "disable",
            "Allow" => "allow",
            "Prefer" => "prefer",
            "Require" => "require",
            "VerifyCa" => "verify-ca",
            "VerifyFull" => "verify-full",
            _ => continue,
        };
        if !called {
            continue;
        }
        let mut connection = reader.connection(&SQLX_POSTGRES, at, at + MODE.len() + length);
        let span = connection.span;
        connection.set("sslmode", Value::text(mode), Origin::Argument, span);
        let statement = head(rest).split(';').next().unwrap_or_default();
        if let Some((_, root)) = statement.split_once(".ssl_root_cert(") {
            let literal = root.trim_start().strip_prefix('"').and_then(|root| root.split_once('"'));
            let root = literal.map_or_else(|| Value::unknown("it is computed"), |(path, _)| Value::text(path));
            connection.set("sslrootcert", root, Origin::Argument, span);
        }
        connection.host = Some(Value::unknown("it is said elsewhere"));
        reader.keep(connection);
    }
}

/// What is handed to tokio-postgres beside the string.
pub(super) fn connector(reader: &Reader<'_>, connection: &mut Connection) {
    let behind = head(reader.text.get(connection.span.end..).unwrap_or_default());
    let statement = behind.split(';').next().unwrap_or(behind);
    if statement.contains("NoTls") {
        set_connector(connection, "NoTls");
    }
}
