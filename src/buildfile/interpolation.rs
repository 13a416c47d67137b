//! `${NAME}` in compose files, and the `.env` file that gives the values (compose specification, "Interpolation").

use std::collections::BTreeMap;

use crate::shell::UNKNOWN;

/// Values by name. The environment of this process is not among them: the same files give the same report everywhere.
pub type Values = BTreeMap<String, String>;

/// Braces in braces that are read.
const MAX_DEPTH: usize = 16;

/// Puts values in. A variable without value and default is unknown (`…`): whoever runs compose has it in the environment.
pub fn interpolate(text: &str, values: &Values) -> String {
    expand(text, values, MAX_DEPTH)
}

fn expand(text: &str, values: &Values, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((inside, after)) = after.strip_prefix('{').and_then(braced) {
            match depth.checked_sub(1) {
                Some(depth) => out.push_str(&substitute(inside, values, depth)),
                None => out.push(UNKNOWN),
            }
            rest = after;
        } else {
            let name = name(after);
            match values.get(name) {
                Some(value) => out.push_str(value),
                None if name.is_empty() => out.push('$'),
                None => out.push(UNKNOWN),
            }
            rest = after.strip_prefix(name).unwrap_or_default();
        }
    }
    out + rest
}

/// What is inside a brace that was just opened, and what comes behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
        before = character;
    }
    None
}

fn name(text: &str) -> &str {
    let is_name = |(at, character): (usize, char)| {
        character == '_' || character.is_ascii_alphabetic() || at > 0 && character.is_ascii_digit()
    };
    let end = text.char_indices().find(|entry| !is_name(*entry)).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// `NAME`, `NAME:-default`, `NAME-default`, `NAME:?why`, `NAME?why`, `NAME:+other`, `NAME+other`.
fn substitute(inside: &str, values: &Values, depth: usize) -> String {
    let name = name(inside);
    let operator = inside.strip_prefix(name).unwrap_or_default();
    let (colon, operator) = match operator.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, operator),
    };
    let value = values.get(name).filter(|value| !colon || !value.is_empty());
    let unknown = || UNKNOWN.to_string();
    match (operator.chars().next(), operator.get(1..), value) {
        (Some('+'), Some(other), Some(_)) => expand(other, values, depth),
        // Without a value there may be one in the environment.
        (Some('+'), _, _) => unknown(),
        (_, _, Some(value)) => value.clone(),
        (Some('-'), Some(default), None) => expand(default, values, depth),
        _ => unknown(),
    }
}

/// Reads a `.env` file: `NAME=value` lines, comments, `export`, quotes.
pub fn dotenv(text: &str) -> Values {
    let mut values = Values::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let quoted = |quote: char| {
            let rest = value.strip_prefix(quote)?;
            rest.split_once(quote).map(|(inner, _)| inner)
        };
        let value = match (quoted('\''), quoted('"')) {
            (Some(literal), _) => literal.to_owned(),
            (None, Some(inner)) => interpolate(inner, &values),
            (None, None) => interpolate(value.split(" #").next().unwrap_or(value).trim_end(), &values),
        };
        values.insert(name.trim().to_owned(), value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_and_what_has_none_is_unknown() {
        let values = dotenv("TAG=2023\nEMPTY=\nexport NAME='a $TAG'\nBASE=\"x:${TAG}\" \n# NO=1\nLAST=y # z\n");
        for (text, expected) in [
            ("plain", "plain"),
            ("amazonlinux:$TAG", "amazonlinux:2023"),
            ("amazonlinux:${TAG}-minimal", "amazonlinux:2023-minimal"),
            ("${NAME}", "a $TAG"),
            ("${BASE} ${LAST}", "x:2023 y"),
            ("${NO}", "…"),
            ("a/$NO/b", "a/…/b"),
            ("${NO:-2}", "2"),
            ("${NO-2}", "2"),
            ("${EMPTY:-2}", "2"),
            ("${EMPTY-2}", ""),
            ("${NO:-${TAG:-x}}", "2023"),
            ("${NO:-${ALSO_NO:-x}}", "x"),
            ("${NO:?must be set}", "…"),
            ("${TAG:+t}", "t"),
            ("${NO:+t}", "…"),
            ("$$TAG and 5$", "$TAG and 5$"),
            ("${TAG", "${TAG"),
        ] {
            assert_eq!(interpolate(text, &values), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = "${A:-".repeat(10_000) + &"}".repeat(10_000);
        assert!(interpolate(&text, &Values::new()).contains(UNKNOWN));
    }
}
