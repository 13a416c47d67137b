//! A language in which connections are written.

use memchr::memmem;

use super::Connection;

/// A language, by the names of its files.
pub struct Language {
    /// What it is called.
    pub name: &'static str,
    /// Whether files of that name (a path with `/`) are written in it.
    pub matches: fn(&str) -> bool,
    /// Words of which one stands in every text that connects to something: a text without any is not read. Empty where all are.
    pub mentions: &'static [&'static [&'static str]],
    /// Reads all connections that a text makes. Never fails: what it can't read it leaves out, and what it can't know is
    /// [`Value::Unknown`](super::Value::Unknown).
    pub read: fn(&Text) -> Vec<Connection>,
}

/// A text with its path.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    /// As it is called in the source tree or the layer.
    pub path: &'t str,
    /// What it says.
    pub text: &'t str,
}

impl Language {
    /// Whether a text may connect to something.
    pub fn is_mentioned(&self, bytes: &[u8]) -> bool {
        let mut words = self.mentions.iter().copied().flatten();
        self.mentions.is_empty() || words.any(|word| memmem::find(bytes, word.as_bytes()).is_some())
    }
}
