//! URLs of databases, as anybody writes them: in quotes or not, with parts that are filled in elsewhere.

use super::constants::Constants;
use super::{Reader, head, host, take, value};
use crate::client::dialect::{
    AIOMYSQL, ASYNCPG, CONNECTOR, GO_MYSQL, MARIADB_JDBC, MYSQL_CONNECTOR, MYSQL_JDBC, MYSQL_URL, MYSQLCLIENT, PG8000,
    PGJDBC, POSTGRES_URL, PSYCOPG, PSYCOPG2, PYMYSQL, SQLX_MYSQL, SQLX_POSTGRES, TOKIO_POSTGRES,
};
use crate::client::url::{ConnectionString, HOLE};
use crate::client::{Connection, Driver, Host, Origin, Value};
use crate::text::Span;

/// A URL in a text.
pub(in crate::client) struct Found {
    /// Where it stands.
    pub span: Span,
    /// The driver that its scheme names, or all that may read it.
    pub driver: &'static Driver,
    /// Its parts.
    pub parsed: ConnectionString,
}

/// The driver that a scheme names, or whoever reads it where it names none; nothing for what is no database here.
fn driver_of_scheme(scheme: &str) -> Option<&'static Driver> {
    Some(match scheme {
        "postgres" | "postgresql" | "pgsql" | "pg" => &POSTGRES_URL,
        "postgresql+psycopg2" | "postgres+psycopg2" => &PSYCOPG2,
        "postgresql+psycopg" | "postgresql+psycopg_async" => &PSYCOPG,
        "postgresql+asyncpg" | "postgres+asyncpg" | "asyncpg" => &ASYNCPG,
        "postgresql+pg8000" | "postgres+pg8000" => &PG8000,
        "mysql" | "mariadb" | "mysql2" => &MYSQL_URL,
        "mysql+pymysql" | "mariadb+pymysql" => &PYMYSQL,
        "mysql+mysqldb" | "mariadb+mysqldb" => &MYSQLCLIENT,
        "mysql+mysqlconnector" | "mariadb+mysqlconnector" => &MYSQL_CONNECTOR,
        "mysql+aiomysql" | "mariadb+aiomysql" => &AIOMYSQL,
        "jdbc:postgresql" | "jdbc:pgsql" => &PGJDBC,
        "jdbc:mysql" => &MYSQL_JDBC,
        "jdbc:mariadb" => &MARIADB_JDBC,
        _ => return None,
    })
}

pub(super) fn read(reader: &mut Reader<'_>) {
    let in_rust = reader.is(&["rs"]);
    for found in in_text_with(reader.text, &reader.constants) {
        let driver = match found.parsed.scheme.as_str() {
            "postgres" | "postgresql" if in_rust && reader.text.contains("tokio_postgres") => &TOKIO_POSTGRES,
            "postgres" | "postgresql" if in_rust && reader.text.contains("sqlx") => &SQLX_POSTGRES,
            "mysql" if in_rust && reader.text.contains("sqlx") => &SQLX_MYSQL,
            _ => found.driver,
        };
        let mut connection = reader.connection(driver, found.span.start, found.span.end);
        take(&mut connection, &found.parsed, found.span);
        if driver == &TOKIO_POSTGRES {
            super::rust::connector(reader, &mut connection);
        }
        for_sqlalchemy(&mut connection, &found.parsed.scheme);
        reader.keep(connection);
    }
    tcp(reader);
    factories(reader);
}

/// A scheme with a driver is SQLAlchemy's, which makes arguments of a query: each of its dialects in another way.
fn for_sqlalchemy(connection: &mut Connection, scheme: &str) {
    if !scheme.contains('+') || scheme.starts_with("jdbc") {
        return;
    }
    connection.via = Some("SQLAlchemy".to_owned());
    let is_mysql = scheme.starts_with("mysql") || scheme.starts_with("mariadb");
    if is_mysql && connection.parameters.iter().any(|parameter| parameter.name.starts_with("ssl")) {
        connection.unseen = Some("SQLAlchemy's dialects differ in what they make of the query".to_owned());
        connection.parameters.clear();
    }
}

/// Every URL of a database in a text of which no name is known.
pub(in crate::client) fn in_text(text: &str) -> Vec<Found> {
    in_text_with(text, &Constants::default())
}

/// Every URL of a database in a text, with what its names stand for.
fn in_text_with(text: &str, constants: &Constants<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), b"://") {
        let Some(before) = text.get(..at) else { continue };
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '.' | '-' | '_' | ':');
        let begin =
            before.char_indices().rev().take_while(|(_, character)| is_part(*character)).last().map(|(at, _)| at);
        let Some(begin) = begin else { continue };
        if found.last().is_some_and(|last| begin < last.span.end) {
            continue;
        }
        // `url:postgres://…` in YAML without a space, and `jdbc:` that belongs to it.
        let scheme = text.get(begin..at).unwrap_or_default().to_ascii_lowercase();
        let scheme = match scheme.rfind("jdbc:") {
            Some(jdbc) => scheme.get(jdbc..).unwrap_or_default(),
            None => scheme.rsplit(':').next().unwrap_or_default(),
        };
        let start = at - scheme.len();
        let Some(driver) = driver_of_scheme(scheme) else { continue };
        let rest = text.get(at + 3..).unwrap_or_default();
        let (address, length) = address(head(rest), constants);
        let end = at + 3 + length;
        let whole = format!("x://{address}");
        let Some(mut parsed) = ConnectionString::parse(&whole) else { continue };
        scheme.clone_into(&mut parsed.scheme);
        if says_nothing(&parsed, &address) {
            continue;
        }
        found.push(Found { span: Span::new(start, end), driver, parsed });
    }
    found
}

/// What is behind `://`, with a [`HOLE`] for each part that is filled in elsewhere, and how long it is in the text.
fn address(text: &str, constants: &Constants<'_>) -> (String, usize) {
    let mut out = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let hole = match character {
            '$' if rest.starts_with("${") => closed(rest, "{", "}"),
            '$' if rest.starts_with("$(") => closed(rest, "(", ")"),
            '#' if rest.starts_with("#{") => closed(rest, "{", "}"),
            '{' => closed(rest, "{", "}"),
            '%' if rest.starts_with("%{") => closed(rest, "{", "}"),
            // `%s`, which `%73` is not.
            '%' if rest.get(1..2).is_some_and(|next| matches!(next, "s" | "v")) => Some(2),
            '%' if rest.get(1..2) == Some("d")
                && rest.get(2..3).is_none_or(|third| !third.bytes().all(|byte| byte.is_ascii_hexdigit())) =>
            {
                Some(2)
            }
            '<' => closed(rest, "<", ">"),
            '$' => {
                let name = rest.get(1..).unwrap_or_default();
                let length =
                    name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(name.len());
                (length > 0).then_some(1 + length)
            }
            _ => None,
        };
        if let Some(length) = hole {
            let constant = rest.get(..length).and_then(|reference| constants.text_of(reference));
            match constant.filter(|constant| out.contains('?') || is_put_in(constant)) {
                Some(constant) => out.push_str(constant),
                None => out.push(HOLE),
            }
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        let ends = character.is_whitespace()
            || matches!(character, '"' | '\'' | '`' | '<' | '>' | ')' | '|' | '\\' | '}')
            || character == '#';
        if ends {
            break;
        }
        out.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    let length = text.len() - rest.len();
    // A full stop or a comma behind a URL in prose is not part of it.
    let kept = out.trim_end_matches(['.', ',', ';', ':', ']']);
    let cut = out.len() - kept.len();
    let kept = kept.replace("&amp;", "&");
    (kept, length - cut)
}

/// Whether a text that a name stands for is put in the place of a host: that of this machine is where developers run it, and not where
/// it matters.
fn is_put_in(constant: &str) -> bool {
    constant.contains('?') || matches!(Host::named(constant), Host::Rds(_) | Host::Named(_))
}

/// How long a part that is filled in elsewhere is at most, in characters.
const MAX_PART: usize = 200;

/// How long a part between brackets is; they may be nested, and end on the line.
fn closed(text: &str, open: &str, close: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices().take(MAX_PART) {
        if character == '\n' {
            return None;
        }
        if text.get(at..).is_some_and(|rest| rest.starts_with(open)) {
            depth += 1;
        } else if text.get(at..).is_some_and(|rest| rest.starts_with(close)) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(at + close.len());
            }
        }
    }
    None
}

/// Whether it is a scheme that is talked about, and no URL: no host and nothing else, or three dots for it.
fn says_nothing(parsed: &ConnectionString, address: &str) -> bool {
    let has_name = |text: &str| text.chars().any(|character| character.is_alphanumeric() || character == HOLE);
    if !parsed.parameters.is_empty() {
        return false;
    }
    // What is put together elsewhere, or is a name alone, tells nothing about TLS.
    parsed.is_open || !parsed.host.as_deref().is_some_and(has_name) || address.trim_matches(HOLE).is_empty()
}

/// `user:password@tcp(host:3306)/database?tls=…`, go-sql-driver's own.
fn tcp(reader: &mut Reader<'_>) {
    for at in memchr::memmem::find_iter(reader.text.as_bytes(), b"@tcp(") {
        let Some(rest) = reader.text.get(at + 5..) else { continue };
        let Some((address, tail)) = head(rest).split_once(')') else { continue };
        let query_end = tail
            .find(|character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '`'))
            .unwrap_or(tail.len());
        let tail = tail.get(..query_end).unwrap_or_default();
        let end = at + 5 + address.len() + 1 + query_end;
        let before = reader.text.get(..at).unwrap_or_default();
        let earliest = before.floor_char_boundary(before.len().saturating_sub(MAX_PART));
        let begin = before.get(earliest..).unwrap_or_default();
        let begin = begin
            .rfind(|character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '='))
            .map_or(earliest, |at| earliest + at + 1);
        let mut connection = reader.connection(&GO_MYSQL, begin, end);
        go_mysql(&mut connection, address, tail);
        reader.keep(connection);
    }
}

/// Puts the parts of go-sql-driver's string into a connection: what is between the brackets, and what is behind.
pub(in crate::client) fn go_mysql(connection: &mut Connection, address: &str, tail: &str) {
    let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
    let hole = name.contains(['$', '{', '%', HOLE]);
    connection.host = Some(if hole { host(&name.replace(['$', '{', '%'], "\u{fffc}")) } else { host(name) });
    let span = connection.span;
    for pair in tail.split_once('?').map_or("", |(_, query)| query).split('&') {
        if let Some((name, text)) = pair.split_once('=') {
            let hole = text.contains(['$', '{']);
            connection.set(
                name,
                if hole { Value::unknown("it is filled in elsewhere") } else { value(text) },
                Origin::Url,
                span,
            );
        }
    }
}

/// pgjdbc's factory that takes any certificate, in properties without a URL.
fn factories(reader: &mut Reader<'_>) {
    const NAME: &str = "org.postgresql.ssl.NonValidatingFactory";
    for at in memchr::memmem::find_iter(reader.text.as_bytes(), NAME.as_bytes()) {
        if reader.found.iter().any(|found| (found.span.start..found.span.end).contains(&at)) {
            continue;
        }
        let mut connection = reader.connection(&PGJDBC, at, at + NAME.len());
        let span = connection.span;
        connection.set("ssl", Value::Bool(true), Origin::Configuration, span);
        connection.set("sslfactory", Value::text(NAME), Origin::Configuration, span);
        connection.host = Some(Value::unknown("it is said elsewhere"));
        reader.keep(connection);
    }
}

/// The parameter that tells tokio-postgres's connector.
pub(super) fn set_connector(connection: &mut Connection, word: &str) {
    let span = connection.span;
    connection.set(CONNECTOR, Value::text(word), Origin::Argument, span);
}

/// Whether that is a host worth reading keywords for.
pub(super) fn is_host(text: &str) -> bool {
    !matches!(Host::named(text), Host::Loopback) || text == "localhost"
}
