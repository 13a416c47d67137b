//! Which connections to databases a text makes, and whether they verify whom they talk to: code, connection strings and environment.
//!
//! A [`Language`] reads a text into [`Connection`]s: which driver, and every setting that concerns TLS with its origin. What those
//! settings mean is the [`dialect`]'s to say, since the same word means different things to different drivers.

mod composed;
mod connection;
pub mod dialect;
mod embedded;
mod go;
mod host;
mod java;
mod javascript;
mod language;
mod lines;
pub mod lock;
mod mode;
mod mounted;
mod nodes;
mod python;
mod remedy;
mod standing;
mod strings;
pub mod url;
mod value;
mod version;

pub use connection::{Connection, Origin, Parameter, driver_by_name};
pub use dialect::{Answer, Driver, Judgement, Outcome, Surroundings, Trap};
pub use host::{Host, RdsHost};
pub use language::{Language, Text};
pub use mode::TlsMode;
pub use mounted::mount;
pub use standing::Standing;
pub use value::{Authorities, Checked, Context, Value};
pub use version::Version;

/// Every language that connections are read in.
pub static LANGUAGES: &[&Language] = &[
    &python::LANGUAGE,
    &javascript::LANGUAGE,
    &java::LANGUAGE,
    &go::LANGUAGE,
    &strings::LANGUAGE,
    &embedded::LANGUAGE,
];

/// The largest text that is read, in bytes: nobody writes a larger one by hand, and what a program writes connects to nothing.
pub const MAX_TEXT: u64 = 4 << 20;

/// Whether some language is written in files of that name (a path with `/`, of which the last part may be all).
pub fn is_read(path: &str) -> bool {
    LANGUAGES.iter().any(|language| (language.matches)(path))
}

/// A text that is longer than this has lines, unless a program wrote it.
const PACKED: usize = 32 << 10;

/// The length of lines, on average, that nobody writes by hand, in bytes.
const LONG_LINES: usize = 500;

/// Whether a text was packed by a program for a browser: what is in it is somebody's package, and takes long to read.
fn is_packed(bytes: &[u8]) -> bool {
    bytes.len() > PACKED && bytes.len() / (memchr::memchr_iter(b'\n', bytes).count() + 1) > LONG_LINES
}

/// All connections that a text makes, in its order. What is no UTF-8 makes none.
pub fn read(path: &str, bytes: &[u8]) -> Vec<Connection> {
    let languages = LANGUAGES.iter().filter(|language| (language.matches)(path) && language.is_mentioned(bytes));
    let mut languages = languages.peekable();
    if languages.peek().is_none() {
        return Vec::new();
    }
    if is_packed(bytes) {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let text = Text { path, text };
    let mut found: Vec<_> = languages.flat_map(|language| (language.read)(&text)).collect();
    found.sort_by_key(|connection| connection.span);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_packed_is_not_read() {
        let written = "import psycopg2\npsycopg2.connect(host='db.example.com')\n";
        assert_eq!(read("app.py", written.as_bytes()).len(), 1);
        let packed = format!("{written}x = '{}'\n", "x".repeat(PACKED));
        assert!(read("app.py", packed.as_bytes()).is_empty());
        let long = format!("{written}{}", "x = 'xxxxxxxxxxxxxxxx'\n".repeat(PACKED / 16));
        assert_eq!(read("app.py", long.as_bytes()).len(), 1);
    }
}
