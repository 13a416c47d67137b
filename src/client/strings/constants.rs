//! What a text calls by a name: `params = '?sslmode=verify-full'`, said once, is what `${params}` stands for elsewhere in it.

use std::collections::BTreeMap;

/// The longest text that is put in the place of a name, in bytes.
const MAX_LENGTH: usize = 1_000;

/// The texts that names stand for, as far as each is said once alone.
#[derive(Debug, Default)]
pub(super) struct Constants<'t>(BTreeMap<&'t str, Option<&'t str>>);

impl<'t> Constants<'t> {
    /// Those of a text.
    pub fn of(text: &'t str) -> Self {
        let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for line in text.lines() {
            let Some((name, value)) = assignment(line) else { continue };
            found.entry(name).and_modify(|said| *said = None).or_insert(value);
        }
        Self(found)
    }

    /// What a reference (`${name}`, `$name`, `{name}`, `#{name}`) stands for; none where that is not said here, or twice.
    pub fn text_of(&self, reference: &str) -> Option<&'t str> {
        let name = reference.trim_start_matches(['$', '#', '%']);
        let name = name.strip_prefix(['{', '(']).and_then(|name| name.strip_suffix(['}', ')'])).unwrap_or(name);
        let name = name.trim().trim_start_matches("var.").trim_start_matches("local.");
        self.0.get(name).copied().flatten()
    }
}

/// `NAME=text`, `var name = "text"`, `name := text`; without the text where something is filled in there, or nothing is said.
fn assignment(line: &str) -> Option<(&str, Option<&str>)> {
    let (before, value) = line.split_once('=')?;
    let before = before.trim_end().trim_end_matches(':').trim_end();
    let name =
        before.rsplit(|end: char| !end.is_ascii_alphanumeric() && end != '_').next().filter(|name| !name.is_empty())?;
    let value = value.trim();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
    let value = match quote {
        Some(quote) => value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default(),
        None => value.split(char::is_whitespace).next().unwrap_or_default(),
    };
    let is_plain = !value.is_empty() && value.len() <= MAX_LENGTH && !value.contains(['$', '{', '(', '<', '%']);
    Some((name, is_plain.then_some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_what_is_said_once() {
        let text = "var params = '?sslmode=verify-full'\nHOST=db.example.com\nA=1\nA=2\nexport B=\"x y\"\nC=$A\n";
        let constants = Constants::of(text);
        for (reference, expected) in [
            ("${params}", Some("?sslmode=verify-full")),
            ("$HOST", Some("db.example.com")),
            ("${A}", None),
            ("{B}", Some("x y")),
            ("$C", None),
            ("$D", None),
        ] {
            assert_eq!(constants.text_of(reference), expected, "{reference}");
        }
    }
}
