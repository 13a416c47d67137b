//! Connection strings: URLs, and the keywords and values of libpq.

use std::collections::BTreeMap;

/// Stands in a text for a part that is not known.
pub const HOLE: char = '\u{fffc}';

/// Stands in a text for a token of IAM.
pub const TOKEN: char = '\u{fffb}';

/// A connection string, taken apart. Any part may have a [`HOLE`] in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionString {
    /// `postgresql+asyncpg` of a URL; empty for keywords and values.
    pub scheme: String,
    /// The host, if there is one.
    pub host: Option<String>,
    /// Every parameter, decoded: the query of a URL, or all keywords.
    pub parameters: BTreeMap<String, String>,
    /// Whether there may be parameters in what is not known.
    pub is_open: bool,
    /// Whether the password is a token of IAM.
    pub iam_token: bool,
}

impl ConnectionString {
    /// Takes a string apart; none where it is neither a URL nor keywords and values.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => Some(Self::url(scheme, rest)),
            _ => Self::keywords(text),
        }
    }

    /// The database and the driver that a scheme names: `postgresql+asyncpg` is `postgresql` and `asyncpg`.
    pub fn dialect(&self) -> (&str, Option<&str>) {
        match self.scheme.split_once('+') {
            Some((dialect, driver)) => (dialect, Some(driver)),
            None => (&self.scheme, None),
        }
    }

    /// What is behind `SCHEME://` (RFC 3986, with libpq's several hosts and its hosts that are paths).
    fn url(scheme: &str, rest: &str) -> Self {
        let rest = rest.split('#').next().unwrap_or(rest);
        let (front, query) = match rest.split_once('?') {
            Some((front, query)) => (front, Some(query)),
            None => (rest, None),
        };
        let authority = front.split('/').next().unwrap_or(front);
        // A password may hold a slash or an at sign that nobody encoded: the last at sign counts.
        let authority = if authority.contains('@') {
            authority
        } else {
            front.rsplit_once('@').map_or(authority, |(head, tail)| {
                let end = head.len() + 1 + tail.split('/').next().unwrap_or(tail).len();
                front.get(..end).unwrap_or(front)
            })
        };
        let (user, address) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let mut parsed = Self { scheme: scheme.to_ascii_lowercase(), ..Self::default() };
        parsed.iam_token = user.is_some_and(|user| user.contains(TOKEN));
        let first = address.split(',').next().unwrap_or(address);
        let host = match first.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((inner, _)) => inner,
            None => first.split(':').next().unwrap_or(first),
        };
        let host = decode(host);
        parsed.host = (!host.is_empty()).then_some(host);
        // All of it may be in one part that is not known: `postgresql://…`.
        parsed.is_open = front.trim_matches(HOLE).is_empty() && front.contains(HOLE) && user.is_none();
        // A query may follow in what is not known, unless that is the whole name of something: `…/db{query}`, but not `…/{db}`.
        let before_end = front.strip_suffix(HOLE).and_then(|before| before.chars().next_back());
        parsed.is_open |= query.is_none() && before_end.is_some_and(|before| !matches!(before, '/' | '@' | ':' | HOLE));
        for pair in query.unwrap_or_default().split(['&', ';']).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((key, value)) if !key.contains(HOLE) => {
                    parsed.parameters.insert(decode(key), decode(value));
                }
                _ => parsed.is_open |= pair.contains(HOLE),
            }
        }
        if parsed.host.is_none() {
            parsed.host = parsed.parameters.get("host").cloned();
        }
        parsed
    }

    /// `host=… dbname=… sslmode=…`, values in quotes or not (PostgreSQL 18, section 32.1.1.1).
    fn keywords(text: &str) -> Option<Self> {
        let mut parsed = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let Some((key, after)) = rest.split_once('=') else {
                parsed.is_open |= rest.contains(HOLE);
                break;
            };
            let key = key.trim();
            let is_key =
                |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let key = match key.rsplit(|character: char| character.is_whitespace() || character == HOLE).next() {
                Some(last) if last.len() < key.len() && key.contains(HOLE) => {
                    parsed.is_open = true;
                    last
                }
                _ => key,
            };
            if !is_key(key) {
                return None;
            }
            let (value, after) = value(after.trim_start());
            parsed.iam_token |= key == "password" && value.contains(TOKEN);
            parsed.parameters.insert(key.to_owned(), value);
            rest = after.trim_start();
        }
        if parsed.parameters.is_empty() {
            return None;
        }
        parsed.host = parsed.parameters.get("host").or_else(|| parsed.parameters.get("hostaddr")).cloned();
        Some(parsed)
    }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// A value, with what is behind it.
fn value(text: &str) -> (String, &str) {
    let quoted = text.strip_prefix('\'');
    let mut value = String::new();
    let mut characters = quoted.unwrap_or(text).char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted.is_some() => return (value, quoted.and_then(|text| text.get(at + 1..)).unwrap_or_default()),
            character if quoted.is_none() && character.is_whitespace() => {
                return (value, text.get(at..).unwrap_or_default());
            }
            character => value.push(character),
        }
    }
    (value, "")
}

/// Decodes `%2F` and its like; what is no such thing stays.
pub fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<String>, String, bool) {
        let parsed = ConnectionString::parse(text).unwrap();
        let parameters: Vec<_> = parsed.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        (parsed.scheme, parsed.host, parameters.join(" "), parsed.is_open)
    }

    #[test]
    fn urls_and_keywords_are_taken_apart() {
        for (text, scheme, host, parameters, open) in [
            (
                "postgresql://u:p@db.example:5432/d?sslmode=require",
                "postgresql",
                Some("db.example"),
                "sslmode=require",
                false,
            ),
            ("postgres://u:p/q@h/d", "postgres", Some("h"), "", false),
            (
                "postgresql+asyncpg://u:p@[::1]:5432/d?ssl=require",
                "postgresql+asyncpg",
                Some("::1"),
                "ssl=require",
                false,
            ),
            ("postgresql://%2Fvar%2Frun/d", "postgresql", Some("/var/run"), "", false),
            ("postgresql:///d?host=/tmp", "postgresql", Some("/tmp"), "host=/tmp", false),
            ("postgresql://u:p@h/d?\u{fffc}", "postgresql", Some("h"), "", true),
            ("postgresql://\u{fffc}", "postgresql", Some("\u{fffc}"), "", true),
            ("postgresql://u@h/d?sslrootcert=%2Fa%20b", "postgresql", Some("h"), "sslrootcert=/a b", false),
            ("host=h sslmode = 'verify-full' x=a\\'b", "", Some("h"), "host=h sslmode=verify-full x=a'b", false),
            ("host=h \u{fffc}", "", Some("h"), "host=h", true),
        ] {
            assert_eq!(
                parsed(text),
                (scheme.to_owned(), host.map(ToOwned::to_owned), parameters.to_owned(), open),
                "{text}"
            );
        }
        assert_eq!(ConnectionString::parse("just words"), None);
        assert_eq!(ConnectionString::parse("SELECT a = b"), None);
    }
}
