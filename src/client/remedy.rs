//! What to write so that a connection verifies, in the words of whoever wrote it.

use super::{Connection, Origin};

/// Stands for the bundle's path in a driver's remedy.
const PATH: &str = "{path}";

impl Connection {
    /// What to write so that it verifies with the bundle at `path`.
    pub fn remedy(&self, path: &str) -> String {
        let pairs = pairs(self.driver.remedy);
        let by_url = self.parameters.iter().any(|parameter| parameter.origin == Origin::Url);
        let is_plain = pairs.iter().all(|(_, value)| value.starts_with('"'));
        let written = match self.via.as_deref() {
            Some("SQLAlchemy") if by_url && is_plain => {
                let query: Vec<_> =
                    pairs.iter().map(|(name, value)| format!("{name}={}", value.trim_matches('"'))).collect();
                format!("…?{}", query.join("&"))
            }
            Some("SQLAlchemy") => format!("connect_args={{{}}}", entries(&pairs)),
            Some("Django") => format!("\"OPTIONS\": {{{}}}", entries(&pairs)),
            _ => self.driver.remedy.to_owned(),
        };
        written.replace(PATH, path)
    }
}

/// `a=1, b={"c": 2}` as pairs.
fn pairs(remedy: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, character) in remedy.char_indices() {
        match character {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                pairs.extend(remedy.get(start..at).and_then(|pair| pair.trim().split_once('=')));
                start = at + 1;
            }
            _ => {}
        }
    }
    pairs.extend(remedy.get(start..).and_then(|pair| pair.trim().split_once('=')));
    pairs
}

fn entries(pairs: &[(&str, &str)]) -> String {
    let entries: Vec<_> = pairs.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    entries.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::client::dialect::{ASYNCPG, MYSQLCLIENT, PSYCOPG2};
    use crate::client::{Connection, Origin, Value};
    use crate::text::Span;

    #[test]
    fn it_is_written_as_the_connection_is() {
        let written = |driver, via: Option<&str>, origin: Option<Origin>| {
            let mut connection = Connection::new(driver, Span::default(), 1);
            connection.via = via.map(ToOwned::to_owned);
            if let Some(origin) = origin {
                connection.set("sslmode", Value::text("require"), origin, Span::default());
            }
            connection.remedy("/a.pem")
        };
        assert_eq!(written(&PSYCOPG2, None, None), "sslmode=\"verify-full\", sslrootcert=\"/a.pem\"");
        assert_eq!(
            written(&PSYCOPG2, Some("SQLAlchemy"), Some(Origin::Url)),
            "…?sslmode=verify-full&sslrootcert=/a.pem"
        );
        assert_eq!(
            written(&PSYCOPG2, Some("Django"), None),
            "\"OPTIONS\": {\"sslmode\": \"verify-full\", \"sslrootcert\": \"/a.pem\"}"
        );
        assert_eq!(
            written(&ASYNCPG, Some("SQLAlchemy"), None),
            "connect_args={\"ssl\": ssl.create_default_context(cafile=\"/a.pem\")}"
        );
        assert_eq!(written(&MYSQLCLIENT, None, None), "ssl_mode=\"VERIFY_IDENTITY\", ssl={\"ca\": \"/a.pem\"}");
    }
}
