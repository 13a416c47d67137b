//! Reads `WWW-Authenticate`: which ways of authentication a server offers (RFC 9110, section 11.6.1).

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One way that a server offers, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `basic`, `bearer`, ..., in lower case.
    pub scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter; its name is given in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every challenge of a response, in the server's order. What cannot be read is passed over: a challenge that was not
/// understood only means that one way fewer is tried.
pub(super) fn offered(headers: &HeaderMap) -> Vec<Challenge> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .flat_map(|value| challenges(&String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// Every challenge of one value of the header.
pub fn challenges(text: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = rest.split_at(rest.find(|character| !is_token(character)).unwrap_or(rest.len()));
        if word.is_empty() {
            // Neither a scheme nor a parameter can begin here: pass over one character, and end with the text.
            let mut characters = rest.chars();
            if characters.next().is_none() {
                return found;
            }
            rest = characters.as_str();
            continue;
        }
        let behind = after.trim_start_matches([' ', '\t']);
        match (behind.strip_prefix('='), found.last_mut()) {
            // A comma parts parameters and challenges alike; only the "=" tells which one a word is.
            (Some(value), Some(challenge)) => {
                let (value, after) = take_value(value.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            _ => {
                found.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
}

/// A quoted string with its escapes undone, or a bare word; and what follows it.
fn take_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        challenges(text).into_iter().map(|challenge| (challenge.scheme, challenge.parameters)).collect()
    }

    fn one(scheme: &str, parameters: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        (scheme.to_owned(), parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn challenges_are_told_from_parameters() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        assert_eq!(
            read(hub),
            [one(
                "bearer",
                &[
                    ("realm", "https://auth.docker.io/token"),
                    ("service", "registry.docker.io"),
                    ("scope", "repository:a/b:pull,push"),
                ]
            )]
        );
        assert_eq!(
            read(r#"Negotiate, BASIC Realm = "a \"quoted\", one" , charset=UTF-8, Bearer realm="x""#),
            [
                one("negotiate", &[]),
                one("basic", &[("realm", "a \"quoted\", one"), ("charset", "UTF-8")]),
                one("bearer", &[("realm", "x")]),
            ]
        );
    }

    #[test]
    fn what_is_malformed_ends() {
        for text in [
            "",
            ",,,",
            "=\"",
            "Bearer realm=\"open",
            "Bearer realm=\"a\\",
            "\u{fffd}\u{fffd}=x",
            "\"\"\"\"",
            "Bearer =",
        ] {
            let _ = challenges(text);
        }
        assert_eq!(read("Bearer realm=\"open"), [one("bearer", &[("realm", "open")])]);
        assert_eq!(read("realm=\"x\""), [one("realm", &[]), one("x", &[])]);
    }
}
