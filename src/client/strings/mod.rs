//! Connection strings and settings in files of any kind: URLs, keywords and values, .NET's strings, variables of the environment,
//! and mappings such as YAML's. What a word means is the driver's to say; where the driver is not known, what all agree on.

mod assignments;
mod comments;
mod constants;
mod dotnet;
mod keywords;
mod rust;
mod urls;

use std::collections::BTreeSet;

use constants::Constants;

use super::lines::Lines;
use super::url::{ConnectionString, HOLE};
use super::{Connection, Driver, Language, Origin, Text, Value};
use crate::text::Span;

pub(super) use urls::{go_mysql, in_text as urls_in};

/// Settings and connection strings.
pub static LANGUAGE: Language = Language { name: "settings", matches, mentions: &[MENTIONS], read };

/// One of these stands in every text with a connection string or a setting.
const MENTIONS: &[&str] = &[
    "postgres",
    "mysql",
    "mariadb",
    "jdbc:",
    "sslmode",
    "SSLMODE",
    "sslMode",
    "SslMode",
    "ssl_mode",
    "SSL_MODE",
    "SSL Mode",
    "PGREQUIRESSL",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "Trust Server Certificate",
    "NonValidatingFactory",
    "dbname=",
    "@tcp(",
    "PgSslMode",
    "pgsql:",
];

/// Files whose names tell what they are, without an extension.
const NAMES: &[&str] = &[
    "dockerfile",
    "containerfile",
    "makefile",
    "procfile",
    "jenkinsfile",
    "vagrantfile",
    "caddyfile",
    "justfile",
    ".envrc",
    ".pgpass",
];

/// What settings and connection strings are written in, but for the languages that are read as such.
const EXTENSIONS: &[&str] = &[
    "env",
    "yaml",
    "yml",
    "toml",
    "properties",
    "conf",
    "cfg",
    "cnf",
    "config",
    "ini",
    "tfvars",
    "tf",
    "hcl",
    "json",
    "jsonc",
    "json5",
    "xml",
    "sh",
    "bash",
    "zsh",
    "service",
    "md",
    "mdx",
    "rst",
    "adoc",
    "txt",
    "sql",
    "php",
    "rb",
    "erb",
    "cs",
    "fs",
    "vb",
    "kt",
    "kts",
    "scala",
    "groovy",
    "gradle",
    "rs",
    "ex",
    "exs",
    "clj",
    "tpl",
    "tmpl",
    "bicep",
    "prisma",
    "ps1",
    "bat",
    "cmd",
    "nix",
    "j2",
    "dockerfile",
    "containerfile",
    "example",
    "sample",
    "template",
    "dist",
    "local",
    "production",
    "development",
    "staging",
    "test",
];

/// Files that programs write and nobody connects with.
const WRITTEN_BY_PROGRAMS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "composer.lock",
    "pnpm-lock.yaml",
    "yarn.lock",
    "cargo.lock",
    "go.sum",
];

fn matches(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    if WRITTEN_BY_PROGRAMS.contains(&name.as_str()) {
        return false;
    }
    let begins =
        |word: &str| name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
    if NAMES.iter().any(|word| begins(word)) || name == ".env" || name.starts_with(".env.") {
        return true;
    }
    name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    let mut bare = comments::blank(text.path, text.text);
    // What is a program of its own is read as that.
    for block in super::embedded::blocks(text.path, text.text) {
        comments::blank_span(&mut bare, block.span);
    }
    let mut reader = Reader {
        path: text.path,
        text: &bare,
        constants: Constants::of(&bare),
        lines: Lines::new(text.text),
        found: Vec::new(),
        taken: BTreeSet::new(),
    };
    urls::read(&mut reader);
    rust::read(&mut reader);
    keywords::read(&mut reader);
    dotnet::read(&mut reader);
    assignments::read(&mut reader);
    reader.found
}

/// The most connections that are kept of one file: a file with more is data, and no configuration.
const MAX_CONNECTIONS: usize = 1_000;

/// How far a connection string is followed, in bytes; a longer one is none.
const MAX_LENGTH: usize = 4_096;

/// The beginning of a text, as far as anything is followed.
fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_LENGTH)).unwrap_or(text)
}

/// A text that is read for connections.
struct Reader<'t> {
    path: &'t str,
    /// The text, with spaces where comments are: every place is the same as in the text itself.
    text: &'t str,
    /// The texts that its names stand for.
    constants: Constants<'t>,
    lines: Lines,
    found: Vec<Connection>,
    /// Lines of which a connection string was read.
    taken: BTreeSet<usize>,
}

impl Reader<'_> {
    /// A connection that stands there, without settings.
    fn connection(&self, driver: &'static Driver, start: usize, end: usize) -> Connection {
        let span = Span::new(start, end);
        Connection::new(driver, span, self.lines.of(start))
    }

    /// Keeps a connection.
    fn keep(&mut self, connection: Connection) {
        if self.found.len() < MAX_CONNECTIONS {
            self.taken.insert(connection.line);
            self.found.push(connection);
        }
    }

    /// Whether the file's name ends so.
    fn is(&self, extensions: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extensions.iter().any(|one| extension.eq_ignore_ascii_case(one)))
    }
}

/// A value of a connection string: a part that is filled in elsewhere can't be told.
pub(super) fn value(text: &str) -> Value {
    match text.contains(HOLE) {
        true => Value::unknown("a part of it is filled in elsewhere"),
        false => Value::text(text),
    }
}

/// A host: an endpoint of RDS is known by its end, and a name with a hole is none.
pub(super) fn host(text: &str) -> Value {
    match text.contains(HOLE) {
        true if text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") => {
            Value::text(text.replace(HOLE, "{…}"))
        }
        true => Value::unknown("a part of it is filled in elsewhere"),
        false => Value::text(text),
    }
}

/// Puts the parts of a connection string into a connection.
pub(super) fn take(connection: &mut Connection, parsed: &ConnectionString, span: Span) {
    connection.host = parsed.host.as_deref().map(host);
    connection.iam_token = parsed.iam_token;
    for (name, text) in &parsed.parameters {
        connection.set(name.clone(), value(text), Origin::Url, span);
    }
    if parsed.is_open {
        connection.unseen = Some("a part of the connection string is filled in elsewhere".to_owned());
    }
}
