//! The syntax inside one logical line: flags, words, pairs and the JSON form, each as BuildKit's `line_parsers.go` reads it.

use std::ops::Range;

use super::instruction::{Escape, Flag, Line, Word};
use crate::text;

/// What separates words (BuildKit's `reWhitespace`).
pub fn is_separator(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// Reads flags from `start` on; returns them and where they end.
pub fn flags(line: &Line, start: usize, end: usize) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = start;
    loop {
        let rest = &line.text[at..end];
        let begin = at + (rest.len() - rest.trim_start().len());
        if !line.text[begin..end].starts_with("--") {
            return (flags, begin);
        }
        let (text, stop) = flag_text(&line.text[..end], begin);
        if text == "--" {
            return (flags, stop);
        }
        let body = text.get(2..).unwrap_or_default();
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        flags.push(Flag { name: name.to_owned(), value, span: line.span(begin, stop) });
        at = stop;
    }
}

/// One flag's text without its quotes, and where it ends. A backslash escapes here, whatever `# escape=` says.
fn flag_text(text: &str, start: usize) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text[start..].char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (None, space) if space.is_whitespace() => return (word, start + at),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if character == open => quote = None,
            (_, '\\') => word.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => word.push(character),
        }
    }
    (word, text.len())
}

/// Words parted by white space alone.
pub fn separated(line: &Line, start: usize, end: usize) -> Vec<Word> {
    let text = &line.text[start..end];
    let mut words = Vec::new();
    let mut begin = None;
    for (at, character) in text.char_indices() {
        match (begin, is_separator(character)) {
            (None, false) => begin = Some(at),
            (Some(from), true) => {
                words.push(line.word(start + from, start + at));
                begin = None;
            }
            _ => {}
        }
    }
    words.extend(begin.map(|from| line.word(start + from, end)));
    words
}

/// Words parted by white space outside quotes; quotes and escapes stay in them.
pub fn words(line: &Line, start: usize, end: usize, escape: Escape) -> Vec<Word> {
    quoted(line, start, end, escape).into_iter().map(|word| line.word(word.start, word.end)).collect()
}

/// Where such words stand in the line.
fn quoted(line: &Line, start: usize, end: usize, escape: Escape) -> Vec<Range<usize>> {
    let escape = escape.character();
    let mut words = Vec::new();
    let mut begin = None;
    let mut quote = None;
    // An escape at the very end escapes nothing and is no part of the word.
    let mut last = end;
    let mut characters = line.text[start..end].char_indices();
    while let Some((at, character)) = characters.next() {
        match quote {
            None if character.is_whitespace() => {
                words.extend(begin.take().map(|from| from..start + at));
                continue;
            }
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if character == open => quote = None,
            // What follows the escape is part of the word, whatever it is; in single quotes it is a plain character.
            None | Some('"') if character == escape => last = characters.next().map_or(start + at, |_| last),
            _ => {}
        }
        begin.get_or_insert(start + at);
    }
    words.extend(begin.filter(|from| *from < last).map(|from| from..last));
    words
}

/// `name=value …`, or the old form `name value with spaces`; and what BuildKit says where it is neither.
pub fn pairs(line: &Line, start: usize, end: usize, escape: Escape) -> (Vec<(Word, Word)>, Option<String>) {
    let words = quoted(line, start, end, escape);
    let Some(first) = words.first() else { return (Vec::new(), None) };
    if !line.text[first.clone()].contains('=') {
        let text = &line.text[start..end];
        let Some(name) = text.find(is_separator) else {
            return (Vec::new(), Some("must have two arguments".to_owned()));
        };
        let value = end - text[name..].trim_start_matches(is_separator).len();
        return (vec![(line.word(start, start + name), line.word(value, end))], None);
    }
    let mut error = None;
    let mut pairs = Vec::with_capacity(words.len());
    for word in words {
        match line.text[word.clone()].find('=') {
            Some(at) => {
                let equals = word.start + at;
                pairs.push((line.word(word.start, equals), line.word(equals + 1, word.end)));
            }
            None => {
                let word = shown(&line.text[word]);
                error.get_or_insert_with(|| format!("takes name=value, and there is no = in {word}"));
            }
        }
    }
    (pairs, error)
}

/// A stranger's word in a message: short, and with nothing in it that a terminal would obey.
pub fn shown(word: &str) -> String {
    const MOST: usize = 40;
    let short: String = word.chars().take(MOST).collect();
    let more = if short.len() < word.len() { "…" } else { "" };
    format!("{}{more}", text::escape(&short))
}

/// Whether something is in the JSON form.
pub enum Json {
    /// An array of strings.
    Strings(Vec<Word>),
    /// An array, but not of strings alone.
    Other,
    /// Not JSON.
    No,
}

/// Reads the JSON form. As in BuildKit since 2024 (Go's `json.Unmarshal`) nothing may follow the array; before, what
/// followed was lost, and `RUN ["a"] && b` ran `a` alone.
pub fn json(line: &Line, start: usize, end: usize) -> Json {
    let text = &line.text[start..end];
    if !text.starts_with('[') || !text.ends_with(']') {
        return Json::No;
    }
    let Ok(elements) = serde_json::from_str::<Vec<serde_json::Value>>(text) else { return Json::No };
    let spans = string_spans(text);
    if elements.len() != spans.len() {
        return Json::Other;
    }
    let mut words = Vec::with_capacity(elements.len());
    for (element, (from, to)) in elements.into_iter().zip(spans) {
        let serde_json::Value::String(text) = element else { return Json::Other };
        words.push(Word { text, span: line.span(start + from, start + to) });
    }
    Json::Strings(words)
}

/// Where the strings of a JSON text stand, quotes included.
fn string_spans(json: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut open = None;
    let mut bytes = json.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (open, byte) {
            (None, b'"') => open = Some(at),
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(from), b'"') => {
                spans.push((from, at + 1));
                open = None;
            }
            _ => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let mut line = Line::default();
        line.push(text, 100);
        line
    }

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        let text = line("--a --b='x y' --c=p\\ q rest --d");
        let (flags, at) = flags(&text, 0, text.text.len());
        let seen: Vec<_> = flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_deref())).collect();
        assert_eq!(seen, [("a", None), ("b", Some("x y")), ("c", Some("p q"))]);
        assert_eq!(&text.text[at..], "rest --d");
        assert_eq!(flags[1].span, crate::text::Span::new(104, 113));
    }

    #[test]
    fn words_keep_quotes_and_escapes() {
        let text = line(r#"a="b c" 'd \' e\ f "x\" y""#);
        assert_eq!(
            texts(&words(&text, 0, text.text.len(), Escape::Backslash)),
            [r#"a="b c""#, r"'d \'", r"e\ f", r#""x\" y""#]
        );
        let end = line(r"a=b c=d\");
        assert_eq!(texts(&words(&end, 0, end.text.len(), Escape::Backslash)), ["a=b", "c=d"]);
    }

    #[test]
    fn pairs_come_in_two_forms() {
        let new = line("a=b c='d e'");
        let read = pairs(&new, 0, new.text.len(), Escape::Backslash).0;
        assert_eq!((read[1].0.text.as_str(), read[1].1.text.as_str()), ("c", "'d e'"));
        assert_eq!(read[1].1.span, crate::text::Span::new(106, 111));
        let old = line("a  b = c");
        let read = pairs(&old, 0, old.text.len(), Escape::Backslash).0;
        assert_eq!((read[0].0.text.as_str(), read[0].1.text.as_str()), ("a", "b = c"));
        let (read, error) = pairs(&line("a=b c d=e"), 0, 9, Escape::Backslash);
        assert_eq!((read.len(), error.as_deref()), (2, Some("takes name=value, and there is no = in c")));
        assert!(pairs(&line("a"), 0, 1, Escape::Backslash).1.is_some());
    }

    #[test]
    fn only_an_array_of_strings_is_the_json_form() {
        let read = |text: &str| match json(&line(text), 0, text.len()) {
            Json::Strings(words) => texts(&words).join("|"),
            Json::Other => "other".to_owned(),
            Json::No => "no".to_owned(),
        };
        assert_eq!(read(r#"["a", "b\"c"]"#), r#"a|b"c"#);
        assert_eq!(read(r#"["a"] && b"#), "no");
        assert_eq!(read(r#"[ "a" ] && [ "b" ]"#), "no");
        assert_eq!(read(r#"["a",]"#), "no");
        assert_eq!(read(r#"["a", null]"#), "other");
        assert_eq!(read(r#"[{"a": "b"}, "c"]"#), "other");
        assert_eq!(read("[]"), "");
        assert_eq!(read("[1]"), "other");
        assert_eq!(read(r#"[["a"]]"#), "other");
        assert_eq!(read("[ -f x ] && y"), "no");
        assert_eq!(read("['a']"), "no");
    }
}
