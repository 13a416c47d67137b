//! Keywords and values, as libpq reads them (`host=… dbname=… sslmode=…`), and PDO's, which has semicolons between.

use super::constants::Constants;
use super::urls::is_host;
use super::{Reader, head, take};
use crate::client::Driver;
use crate::client::dialect::{LIBPQ, POSTGRES_KEYWORDS, TOKIO_POSTGRES};
use crate::client::url::{ConnectionString, HOLE};
use crate::text::Span;

/// What libpq knows; two of these make a connection string.
const KNOWN: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "connect_timeout",
    "application_name",
    "options",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "service",
    "target_session_attrs",
    "channel_binding",
    "gssencmode",
    "sslnegotiation",
    "requiressl",
    "keepalives",
    "client_encoding",
    "require_auth",
    "timezone",
];

pub(super) fn read(reader: &mut Reader<'_>) {
    pdo(reader);
    let in_rust = reader.is(&["rs"]) && reader.text.contains("tokio_postgres");
    let is_psql = |text: &str| {
        text.contains("psql") || text.contains("pg_dump") || text.contains("PG:") || text.contains("dblink")
    };
    for Run { text, span, line } in runs(reader.text, &reader.constants) {
        if reader.found.iter().any(|found| found.span.start <= span.start && span.end <= found.span.end) {
            continue;
        }
        let Some(parsed) = ConnectionString::parse(&text).filter(is_connection) else { continue };
        let driver: &'static Driver = match () {
            () if in_rust => &TOKIO_POSTGRES,
            () if is_psql(line) => &LIBPQ,
            () => &POSTGRES_KEYWORDS,
        };
        let mut connection = reader.connection(driver, span.start, span.end);
        take(&mut connection, &parsed, span);
        if in_rust {
            super::rust::connector(reader, &mut connection);
        }
        reader.keep(connection);
    }
}

fn is_connection(parsed: &ConnectionString) -> bool {
    let known = parsed.parameters.keys().filter(|key| KNOWN.contains(&key.as_str())).count();
    let names_host = parsed.host.as_deref().is_some_and(is_host);
    known >= 2 && known * 2 > parsed.parameters.len() && (names_host || parsed.parameters.contains_key("dbname"))
}

/// A part of a line that has keywords and values alone.
struct Run<'t> {
    /// With a [`HOLE`] for each part that is filled in elsewhere.
    text: String,
    span: Span,
    line: &'t str,
}

/// Every run of at least two `key=value` with spaces between, on one line and between the same quotes.
fn runs<'t>(text: &'t str, constants: &Constants<'_>) -> Vec<Run<'t>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if !KNOWN_ENOUGH.iter().any(|word| line.contains(word)) {
            continue;
        }
        let mut piece_start = 0;
        for piece in line.split(['"', '`']) {
            let offset = start + piece_start;
            piece_start += piece.len() + 1;
            let bare = piece.trim_end_matches(['\\', '\n', '\r', ' ', ')', ';', ',']);
            let Some(first) = first_key(bare) else { continue };
            let run = bare.get(first..).unwrap_or_default();
            // Of what stands in single quotes of its own.
            let run = match bare.get(..first).and_then(|before| before.chars().next_back()) {
                Some('\'') => run.split('\'').next().unwrap_or(run),
                _ => run,
            };
            let begin = offset + first;
            let run = head(run);
            found.push(Run { text: holes(run, constants), span: Span::new(begin, begin + run.len()), line });
        }
    }
    found
}

/// No run is without one of these.
const KNOWN_ENOUGH: &[&str] = &["host=", "dbname=", "hostaddr="];

/// Where the first of several `key=value` begins whose key is known.
fn first_key(piece: &str) -> Option<usize> {
    let mut first = None;
    for (at, _) in piece.match_indices('=') {
        let before = piece.get(..at).unwrap_or_default();
        let key_start = before
            .rfind(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let key = before.get(key_start..).unwrap_or_default();
        // In the query of a URL, or a variable's name.
        let apart = before.get(..key_start).and_then(|before| before.chars().next_back());
        if KNOWN.contains(&key)
            && apart.is_none_or(|character| character.is_whitespace() || matches!(character, '\'' | ':' | '(' | '='))
        {
            first = Some(key_start);
            break;
        }
    }
    first
}

/// With a hole for each variable that is filled in elsewhere.
fn holes(text: &str, constants: &Constants<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '$' | '#' | '%' if rest.get(1..2) == Some("{") => head(rest).find('}').map(|at| at + 1),
            '$' if rest.get(1..2) == Some("(") => head(rest).find(')').map(|at| at + 1),
            '{' => head(rest).find('}').map(|at| at + 1),
            '%' if matches!(rest.get(1..2), Some("s" | "d" | "v" | "q")) => Some(2),
            '$' => {
                let name = rest.get(1..).unwrap_or_default();
                let length =
                    name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(name.len());
                (length > 0).then_some(length + 1)
            }
            _ => None,
        };
        match length {
            Some(length) => {
                // A host of this machine is where developers run it, and not where it matters.
                let is_host = out.ends_with("host=") || out.ends_with("hostaddr=");
                match rest.get(..length).and_then(|reference| constants.text_of(reference)).filter(|_| !is_host) {
                    Some(constant) => out.push_str(constant),
                    None => out.push(HOLE),
                }
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(character);
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// `pgsql:host=…;dbname=…;sslmode=…`.
fn pdo(reader: &mut Reader<'_>) {
    const SCHEME: &str = "pgsql:";
    for at in memchr::memmem::find_iter(reader.text.as_bytes(), SCHEME.as_bytes()) {
        let rest = head(reader.text.get(at + SCHEME.len()..).unwrap_or_default());
        let length = rest.find(['"', '\'', '\n', '`']).unwrap_or(rest.len());
        let words = rest.get(..length).unwrap_or_default();
        if !words.contains('=') {
            continue;
        }
        let Some(parsed) =
            ConnectionString::parse(&holes(&words.replace(';', " "), &reader.constants)).filter(is_connection)
        else {
            continue;
        };
        let span = Span::new(at, at + SCHEME.len() + length);
        let mut connection = reader.connection(&LIBPQ, span.start, span.end);
        connection.via = Some("PDO".to_owned());
        take(&mut connection, &parsed, span);
        reader.keep(connection);
    }
}
