//! The syntax inside one logical line: flags, words, pairs and the JSON form, each as BuildKit's `line_parsers.go` reads it.

use super::instruction::{Escape, Flag, Line, Word};

/// What separates words (BuildKit's `reWhitespace`).
pub fn is_separator(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// White space before an instruction or a comment.
pub fn is_space(character: char) -> bool {
    is_separator(character) || character == '\n'
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
    let escape = escape.character();
    let mut words = Vec::new();
    let mut begin = None;
    let mut quote = None;
    let mut characters = line.text[start..end].char_indices();
    while let Some((at, character)) = characters.next() {
        match quote {
            None if character.is_whitespace() => {
                words.extend(begin.take().map(|from| line.word(start + from, start + at)));
                continue;
            }
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if character == open => quote = None,
            // What follows the escape is part of the word, whatever it is; in single quotes it is a plain character.
            None | Some('"') if character == escape => {
                characters.next();
            }
            _ => {}
        }
        begin.get_or_insert(at);
    }
    words.extend(begin.map(|from| line.word(start + from, end)));
    words
}

/// `name=value …`, or the old form `name value with spaces`.
///
/// # Errors
/// What BuildKit says when it is neither.
pub fn pairs(line: &Line, start: usize, end: usize, escape: Escape) -> Result<Vec<(Word, Word)>, String> {
    let words = words(line, start, end, escape);
    let Some(first) = words.first() else { return Ok(Vec::new()) };
    if !first.text.contains('=') {
        let text = &line.text[start..end];
        let name = text.find(is_separator).ok_or("must have two arguments")?;
        let value = start + name + (text[name..].len() - text[name..].trim_start_matches(is_separator).len());
        return Ok(vec![(line.word(start, start + name), line.word(value, end))]);
    }
    words
        .into_iter()
        .map(|word| {
            let Some((name, value)) = word.text.split_once('=') else {
                return Err(format!("needs name=value, but {:?} has no =", word.text));
            };
            // A word without continuations inside stands in the source as it is, so its parts can be told apart there.
            let (name, value) = (name.to_owned(), value.to_owned());
            let at = word.span.start + name.len();
            let name = Word { span: crate::text::Span::new(word.span.start, at.min(word.span.end)), text: name };
            let value = Word { span: crate::text::Span::new((at + 1).min(word.span.end), word.span.end), text: value };
            Ok((name, value))
        })
        .collect()
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

/// Reads the JSON form. As in BuildKit (Go's `json.Decoder`), what follows the array is not looked at.
pub fn json(line: &Line, start: usize, end: usize) -> Json {
    let text = &line.text[start..end];
    if !text.starts_with('[') {
        return Json::No;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Vec<serde_json::Value>>();
    let Some(Ok(elements)) = values.next() else { return Json::No };
    let spans = string_spans(&text[..values.byte_offset()]);
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
    }

    #[test]
    fn pairs_come_in_two_forms() {
        let new = line("a=b c='d e'");
        let read = pairs(&new, 0, new.text.len(), Escape::Backslash).unwrap();
        assert_eq!((read[1].0.text.as_str(), read[1].1.text.as_str()), ("c", "'d e'"));
        assert_eq!(read[1].1.span, crate::text::Span::new(106, 111));
        let old = line("a  b = c");
        let read = pairs(&old, 0, old.text.len(), Escape::Backslash).unwrap();
        assert_eq!((read[0].0.text.as_str(), read[0].1.text.as_str()), ("a", "b = c"));
        assert!(pairs(&line("a=b c"), 0, 5, Escape::Backslash).is_err());
        assert!(pairs(&line("a"), 0, 1, Escape::Backslash).is_err());
    }

    #[test]
    fn only_an_array_of_strings_is_the_json_form() {
        let read = |text: &str| match json(&line(text), 0, text.len()) {
            Json::Strings(words) => texts(&words).join("|"),
            Json::Other => "other".to_owned(),
            Json::No => "no".to_owned(),
        };
        assert_eq!(read(r#"["a", "b\"c"]"#), r#"a|b"c"#);
        assert_eq!(read(r#"["a"] && b"#), "a");
        assert_eq!(read("[]"), "");
        assert_eq!(read("[1]"), "other");
        assert_eq!(read(r#"[["a"]]"#), "other");
        assert_eq!(read("[ -f x ] && y"), "no");
        assert_eq!(read("['a']"), "no");
    }
}
