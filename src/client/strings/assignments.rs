//! Names with values: variables of the environment however they are written (Dockerfile, compose, Kubernetes, `.env`, shell), and
//! mappings in which one key is an `sslmode`.

use super::{MAX_CONNECTIONS, Reader};
use crate::client::dialect::{
    LIBPQ, MARIADB_JDBC, MYSQL_JDBC, MYSQL_MODE, NODE_ENVIRONMENT, PGJDBC, POSTGRES_ENVIRONMENT, POSTGRES_KEYWORDS,
};
use crate::client::url::HOLE;
use crate::client::{Connection, Driver, Origin, Value};
use crate::text::Span;

/// A name with a value on a line.
#[derive(Debug)]
struct Assignment<'t> {
    name: &'t str,
    value: Value,
    span: Span,
    /// How far in the line begins.
    indent: usize,
    line: usize,
}

pub(super) fn read(reader: &mut Reader<'_>) {
    let all = assignments(reader.text);
    libpq(reader, &all);
    data_source(reader, &all);
    for found in
        all.iter().filter(|found| found.name == "NODE_TLS_REJECT_UNAUTHORIZED" && found.value.as_text() == Some("0"))
    {
        let mut connection = at(reader, &NODE_ENVIRONMENT, found);
        connection.set(found.name, found.value.clone(), Origin::Environment, found.span);
        reader.keep(connection);
    }
    for found in &all {
        if reader.found.len() >= MAX_CONNECTIONS {
            break;
        }
        mapping(reader, found, &all);
    }
}

fn at(reader: &Reader<'_>, driver: &'static Driver, found: &Assignment<'_>) -> Connection {
    let mut connection = reader.connection(driver, found.span.start, found.span.end);
    connection.host = Some(Value::unknown("it is said elsewhere"));
    connection
}

/// The variables that libpq and those beside it read.
fn libpq(reader: &mut Reader<'_>, all: &[Assignment<'_>]) {
    let last = |name: &str| all.iter().rev().find(|found| found.name == name);
    let mode = last("PGSSLMODE");
    let demanded = last("PGREQUIRESSL").filter(|found| found.value.as_text() == Some("1"));
    let (Some(found), driver) = (mode.or(demanded), if mode.is_some() { &POSTGRES_ENVIRONMENT } else { &LIBPQ }) else {
        return;
    };
    let mut connection = at(reader, driver, found);
    if let Some(host) = last("PGHOST") {
        connection.host = Some(host.value.clone());
    }
    match mode {
        Some(mode) => connection.set("sslmode", mode.value.clone(), Origin::Environment, mode.span),
        None => connection.set("requiressl", Value::text("1"), Origin::Environment, found.span),
    }
    if let Some(root) = last("PGSSLROOTCERT") {
        connection.set("sslrootcert", root.value.clone(), Origin::Environment, root.span);
    }
    reader.keep(connection);
}

/// What HikariCP hands to a JDBC driver beside its URL: `data-source-properties.sslmode`.
fn data_source(reader: &mut Reader<'_>, all: &[Assignment<'_>]) {
    if !["data-source-properties", "dataSourceProperties"].iter().any(|name| reader.text.contains(name)) {
        return;
    }
    let given: Vec<_> = all
        .iter()
        .filter(|found| found.name.rsplit('.').next().is_some_and(|name| name.to_ascii_lowercase().contains("ssl")))
        .collect();
    let is_jdbc = |driver: &Driver| [&PGJDBC, &MYSQL_JDBC, &MARIADB_JDBC].contains(&driver);
    for connection in reader.found.iter_mut().filter(|found| is_jdbc(found.driver)) {
        for found in &given {
            let name = found.name.rsplit('.').next().unwrap_or_default();
            connection.set(name, found.value.clone(), Origin::Configuration, found.span);
        }
    }
    reader.taken.extend(given.iter().map(|found| found.line));
}

/// Words that an sslmode can be; anything else under such a key is something else.
const MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"];

/// The same of MySQL, which writes them with capitals.
const MYSQL_MODES: &[&str] = &["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];

/// A mapping with an `sslmode`, whatever the vendor calls it: `sslMode`, `DB_SSLMODE`, `pgSslMode`.
fn mapping(reader: &mut Reader<'_>, found: &Assignment<'_>, all: &[Assignment<'_>]) {
    let name = plain(found.name);
    let Some(prefix) = name.strip_suffix("sslmode") else { return };
    let (Some(word), false) =
        (found.value.as_text(), matches!(found.name, "PGSSLMODE") || reader.taken.contains(&found.line))
    else {
        return;
    };
    let is_mysql = MYSQL_MODES.contains(&word);
    if !is_mysql && !MODES.contains(&word) {
        return;
    }
    let beside: Vec<_> = siblings(found, all);
    let sibling = |names: &[&str]| {
        let named = |wanted: String| beside.iter().find(|other| plain(other.name) == wanted);
        names
            .iter()
            .find_map(|name| named(format!("{prefix}{name}")))
            .or_else(|| names.iter().find_map(|name| named((*name).to_owned())))
    };
    let is_rails = sibling(&["adapter"])
        .is_some_and(|adapter| adapter.value.as_text().is_some_and(|adapter| adapter.starts_with("postg")))
        || reader.path.ends_with("database.yml")
        || reader.text.contains("<%=");
    let driver = match is_mysql {
        true => &MYSQL_MODE,
        false if is_rails => &LIBPQ,
        false => &POSTGRES_KEYWORDS,
    };
    let mut connection = at(reader, driver, found);
    if let Some(host) = sibling(&["host", "hostname", "server", "address", "dbhost", "endpoint"]) {
        connection.host = Some(match &host.value {
            Value::Text(text) if text.contains("://") => Value::unknown("it is a URL"),
            value => value.clone(),
        });
    }
    connection.set("sslmode", found.value.clone(), Origin::Configuration, found.span);
    if let Some(root) = sibling(&["sslrootcert", "sslrootcertificate", "sslca", "sslrootca", "sslrootcertpath"]) {
        connection.set("sslrootcert", root.value.clone(), Origin::Configuration, root.span);
    }
    reader.keep(connection);
}

/// How many names are looked at before and behind one, for those in the same mapping.
const MAX_SIBLINGS: usize = 50;

/// What stands in the same mapping: the lines around that begin as far in, up to one that begins less far in.
fn siblings<'a, 't>(found: &Assignment<'t>, all: &'a [Assignment<'t>]) -> Vec<&'a Assignment<'t>> {
    let Some(at) = all.iter().position(|other| other.span == found.span) else { return Vec::new() };
    let (before, behind) = all.split_at(at);
    let here = |other: &&Assignment<'_>| other.indent >= found.indent;
    let near = before
        .iter()
        .rev()
        .take(MAX_SIBLINGS)
        .take_while(here)
        .chain(behind.iter().take(MAX_SIBLINGS).take_while(here));
    near.filter(|other| other.indent == found.indent).collect()
}

/// A name in lower case, with letters and digits alone.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Every name with a value in a text, in its order.
fn assignments(text: &str) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    // Kubernetes has the name on one line and the value on the next.
    let mut named: Option<(&str, usize)> = None;
    for (number, line) in text.split('\n').enumerate() {
        let at = start;
        start += line.len() + 1;
        let indent = line.len() - line.trim_start().len();
        let body = line.trim_start().trim_end_matches(['\r', '\\', ' ']);
        let before = found.len();
        for (name, value, name_at) in on_line(body) {
            let begin = at + indent + name_at;
            let end = at + indent + body.floor_char_boundary(name_at + name.len() + value.len() + 3);
            let assignment = |name, value| Assignment {
                name,
                value: read_value(value),
                span: Span::new(begin, end),
                indent,
                line: number + 1,
            };
            match (name, named) {
                ("name" | "Name", _) if is_variable(value) => named = Some((value, number)),
                ("value" | "Value", Some((variable, at))) if number - at <= 2 => {
                    found.push(assignment(variable, value))
                }
                _ => {}
            }
            found.push(assignment(name, value));
        }
        // `ENV NAME value`, the older form.
        let older = strip_word(body, &["ENV", "env"]).filter(|_| found.len() == before);
        if let Some((name, value)) = older.and_then(|rest| rest.split_once(char::is_whitespace))
            && is_variable(name)
        {
            found.push(Assignment {
                name,
                value: read_value(unquoted(value.trim())),
                span: Span::new(at + indent, at + indent + body.len()),
                indent,
                line: number + 1,
            });
        }
    }
    found
}

fn strip_word<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let rest = words.iter().find_map(|word| text.strip_prefix(word))?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim_start())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A value as it is written: a variable in it can't be told.
fn read_value(text: &str) -> Value {
    let exact = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).filter(|inner| !inner.contains('$'));
    if let Some(inner) = exact {
        let (variable, default) = inner
            .split_once(":-")
            .or_else(|| inner.split_once('-'))
            .map_or((inner, None), |(name, default)| (name, Some(default)));
        let default = default.map(|default| Box::new(Value::text(default)));
        return Value::Environment { variable: variable.to_owned(), default };
    }
    if text.contains(['$', HOLE]) || text.contains("{{") || text.contains("<%") || text.contains("%{") {
        return Value::unknown("it is filled in elsewhere");
    }
    Value::text(text)
}

/// Names with values on a line, with where the names begin in it: `NAME=value` as often as it stands there, or one `name: value`.
fn on_line(line: &str) -> Vec<(&str, &str, usize)> {
    let mut found = Vec::new();
    let body = line.trim_start_matches("- ").trim_start_matches(['"', '\'']);
    let offset = line.len() - body.len();
    let name_length = body
        .find(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '_' | '-' | '.'))
        .unwrap_or(body.len());
    let (name, rest) = body.split_at_checked(name_length).unwrap_or((body, ""));
    let rest = rest.trim_start_matches(['"', '\'']).trim_start();
    let mapped = rest
        .strip_prefix("=>")
        .or_else(|| rest.strip_prefix(':').filter(|rest| rest.is_empty() || rest.starts_with([' ', '"', '\''])))
        .or_else(|| {
            // TOML and HCL have space around.
            rest.strip_prefix('=').filter(|_| body.get(name_length..).is_some_and(|rest| rest.starts_with(' ')))
        });
    if let Some(value) = mapped
        && !name.is_empty()
    {
        return vec![(name, unquoted(value.trim()), offset)];
    }
    let mut at = 0;
    while let Some(length) = line.get(at..).and_then(|rest| rest.find('=')) {
        let sign = at + length;
        let before = line.get(at..sign).unwrap_or_default();
        let name_start = before
            .rfind(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '_' | '.' | '-'))
            .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let name = before.get(name_start..).unwrap_or_default();
        let value = line.get(sign + 1..).unwrap_or_default();
        let length = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                value.get(1..).and_then(|rest| rest.find(quote)).map_or(value.len(), |at| at + 2)
            }
            // A line that begins with the name goes on to its end, unless more names follow.
            _ => value.find(char::is_whitespace).unwrap_or(value.len()),
        };
        if !name.is_empty() {
            found.push((name, unquoted(value.get(..length).unwrap_or_default()), at + name_start));
        }
        at = sign + 1 + length;
    }
    found
}

/// Without quotes around, and without the comma of JSON behind.
fn unquoted(text: &str) -> &str {
    let text = text.trim_end_matches([',', ' ']);
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.split(*quote).next());
    inner.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read_however_they_are_written() {
        for text in [
            "PGSSLMODE=require",
            "ENV PGSSLMODE=require",
            "ENV PGSSLMODE require",
            "ENV A=b \\\n    PGSSLMODE=\"require\" \\\n    C=d",
            "export PGSSLMODE='require'",
            "  PGSSLMODE: require",
            "  - PGSSLMODE=require",
            "- name: PGSSLMODE\n  value: \"require\"",
            "\"PGSSLMODE\": \"require\",",
            "PGSSLMODE = \"require\"",
        ] {
            let found = assignments(text);
            let value = found.iter().find(|found| found.name == "PGSSLMODE").map(|found| &found.value);
            assert_eq!(value, Some(&Value::text("require")), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_variable_with_a_default_is_that() {
        let found = assignments("PGSSLMODE: ${MODE:-require}");
        let expected =
            Value::Environment { variable: "MODE".to_owned(), default: Some(Box::new(Value::text("require"))) };
        assert_eq!(found.first().map(|found| &found.value), Some(&expected));
    }
}
