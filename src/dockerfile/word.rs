//! Docker's words: quotes, escapes and variables of Dockerfile instructions other than `RUN`, `CMD` and `ENTRYPOINT`
//! (Dockerfile reference, "Environment replacement"; BuildKit's `frontend/dockerfile/shell`).

use std::collections::BTreeSet;

use super::instruction::Escape;

/// `${a:-${b:-…}}` deeper than this is an error and not a reason to overflow the stack.
const MAX_DEPTH: usize = 16;

/// A word whose variables were replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The text without quotes and escapes.
    pub text: String,
    /// Variables that had no value and no default, in byte order. They became nothing, as in a build.
    pub unresolved: Vec<String>,
    /// What BuildKit would refuse (`unterminated quote`, `bad substitution`, `${x:?…}` of an unset variable).
    pub error: Option<String>,
}

/// Several words from one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words without quotes and escapes; a variable outside quotes may become several, or none.
    pub words: Vec<String>,
    /// As in [`Expansion`].
    pub unresolved: Vec<String>,
    /// As in [`Expansion`].
    pub error: Option<String>,
}

/// Where the values of variables come from.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Expands a text as one word.
pub fn expand(text: &str, escape: Escape, lookup: Lookup<'_>) -> Expansion {
    let mut lexer = Lexer::new(text, escape.character(), lookup);
    let error = lexer.run(None, 0).err();
    Expansion { text: lexer.text, unresolved: lexer.unresolved.into_iter().collect(), error }
}

/// Expands a text and splits it at white space outside quotes.
pub fn expand_words(text: &str, escape: Escape, lookup: Lookup<'_>) -> Words {
    let mut lexer = Lexer::new(text, escape.character(), lookup);
    let error = lexer.run(None, 0).err();
    lexer.end_word();
    Words { words: lexer.words, unresolved: lexer.unresolved.into_iter().collect(), error }
}

/// Splits at white space outside quotes and leaves everything else as written; none where [`expand`] finds an error, such as
/// a quote that does not close.
pub fn raw_words(text: &str) -> Option<Vec<&str>> {
    if expand(text, Escape::Backslash, &|_| None).error.is_some() {
        return None;
    }
    let mut words = Vec::new();
    let mut begin = None;
    // What closes the quotes and braces that are open, innermost last.
    let mut open: Vec<char> = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let inside = open.last().copied();
        match character {
            _ if inside == Some('\'') => {
                if character == '\'' {
                    open.pop();
                }
            }
            _ if inside == Some(character) => {
                open.pop();
            }
            '\\' => {
                characters.next();
            }
            '\'' if inside != Some('"') => open.push('\''),
            '"' => open.push('"'),
            '$' if characters.next_if(|(_, next)| *next == '{').is_some() => open.push('}'),
            space if space.is_whitespace() && open.is_empty() => {
                words.extend(begin.take().map(|from| &text[from..at]));
                continue;
            }
            _ => {}
        }
        begin.get_or_insert(at);
    }
    words.extend(begin.map(|from| &text[from..]));
    Some(words)
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    escape: char,
    lookup: Lookup<'a>,
    /// The whole text, spaces and all.
    text: String,
    /// The words that are complete, and the one that is not, with whether it is there at all (`""` is a word).
    words: Vec<String>,
    word: String,
    in_word: bool,
    unresolved: BTreeSet<String>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, escape: char, lookup: Lookup<'a>) -> Self {
        Self {
            rest: text.chars().peekable(),
            escape,
            lookup,
            text: String::new(),
            words: Vec::new(),
            word: String::new(),
            in_word: false,
            unresolved: BTreeSet::new(),
        }
    }

    /// Adds a character that never parts words.
    fn add_raw(&mut self, character: char) {
        self.text.push(character);
        self.word.push(character);
        self.in_word = true;
    }

    /// Adds a character that parts words when it is white space.
    fn add(&mut self, character: char) {
        if character.is_whitespace() {
            self.text.push(character);
            self.end_word();
        } else {
            self.add_raw(character);
        }
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.in_word) {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    /// Reads up to the character `stop` (or the end), which is taken.
    fn run(&mut self, stop: Option<char>, depth: usize) -> Result<(), String> {
        while let Some(character) = self.rest.next() {
            match character {
                _ if Some(character) == stop => return Ok(()),
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted(depth)?,
                '$' => {
                    let value = self.dollar(depth)?;
                    value.chars().for_each(|character| self.add(character));
                }
                _ if character == self.escape => {
                    if let Some(escaped) = self.rest.next() {
                        self.add_raw(escaped);
                    }
                }
                _ => self.add(character),
            }
        }
        match stop {
            Some(stop) => Err(format!("unexpected end while looking for {stop:?}")),
            None => Ok(()),
        }
    }

    fn single_quoted(&mut self) -> Result<(), String> {
        self.in_word = true;
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(character) => self.add_raw(character),
                None => return Err("unterminated single quote".to_owned()),
            }
        }
    }

    fn double_quoted(&mut self, depth: usize) -> Result<(), String> {
        self.in_word = true;
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('$') => {
                    let value = self.dollar(depth)?;
                    value.chars().for_each(|character| self.add_raw(character));
                }
                Some(character) if character == self.escape => {
                    let escape = self.escape;
                    match self.rest.next() {
                        // Only these lose the escape before them.
                        Some(escaped) if escaped == '"' || escaped == '$' || escaped == escape => self.add_raw(escaped),
                        Some(other) => {
                            self.add_raw(character);
                            self.add_raw(other);
                        }
                        None => return Err("unterminated double quote".to_owned()),
                    }
                }
                Some(character) => self.add_raw(character),
                None => return Err("unterminated double quote".to_owned()),
            }
        }
    }

    fn value(&mut self, name: &str) -> Option<String> {
        (self.lookup)(name)
    }

    /// Behind a `$`.
    fn dollar(&mut self, depth: usize) -> Result<String, String> {
        if self.rest.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(self.value(&name).unwrap_or_else(|| {
                self.unresolved.insert(name);
                String::new()
            }));
        }
        if depth >= MAX_DEPTH {
            return Err("substitutions are nested too deeply".to_owned());
        }
        let name = self.name();
        if name.is_empty() {
            return Err("bad substitution: ${ needs a name".to_owned());
        }
        let value = self.value(&name);
        let mut operator = self.rest.next();
        let null_is_unset = operator == Some(':');
        if null_is_unset {
            operator = self.rest.next();
        }
        let set = value.clone().filter(|value| !(null_is_unset && value.is_empty()));
        match operator {
            Some('}') if !null_is_unset => Ok(value.unwrap_or_else(|| {
                self.unresolved.insert(name);
                String::new()
            })),
            Some('-') => {
                let (default, unresolved) = self.operand('}', depth)?;
                Ok(set.unwrap_or_else(|| {
                    self.unresolved.extend(unresolved);
                    default
                }))
            }
            Some('+') => {
                let (alternative, unresolved) = self.operand('}', depth)?;
                if set.is_none() {
                    return Ok(String::new());
                }
                self.unresolved.extend(unresolved);
                Ok(alternative)
            }
            Some('?') => {
                let (message, _) = self.operand('}', depth)?;
                set.ok_or_else(|| {
                    if message.is_empty() {
                        format!("{name} is not allowed to be unset")
                    } else {
                        format!("{name}: {message}")
                    }
                })
            }
            Some(side @ ('#' | '%')) if !null_is_unset => {
                let longest = self.rest.next_if_eq(&side).is_some();
                let (pattern, _) = self.operand('}', depth)?;
                let Some(value) = value else {
                    self.unresolved.insert(name);
                    return Ok(String::new());
                };
                Ok(trim(&value, &pattern, side == '#', longest))
            }
            Some('/') if !null_is_unset => {
                let every = self.rest.next_if_eq(&'/').is_some();
                let (pattern, _) = self.operand('/', depth)?;
                let (replacement, _) = self.operand('}', depth)?;
                let Some(value) = value else {
                    self.unresolved.insert(name);
                    return Ok(String::new());
                };
                Ok(replace(&value, &pattern, &replacement, every))
            }
            Some(other) => Err(format!("bad substitution: ${{{name} is followed by {other:?}")),
            None => Err(format!("bad substitution: ${{{name} is not closed")),
        }
    }

    /// The text up to `stop`, expanded, and what had no value in it. The words begun before stay as they are.
    fn operand(&mut self, stop: char, depth: usize) -> Result<(String, BTreeSet<String>), String> {
        let mut inner = Lexer { rest: self.rest.clone(), ..Lexer::new("", self.escape, self.lookup) };
        inner.run(Some(stop), depth + 1)?;
        self.rest = inner.rest;
        Ok((inner.text, inner.unresolved))
    }

    /// A variable's name: letters, digits and `_`; digits alone; or one special character.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.rest.peek() {
            Some(digit) if digit.is_ascii_digit() => {
                while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
                    name.push(digit);
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(self.rest.next()),
            _ => {
                while let Some(letter) = self.rest.next_if(|letter| letter.is_alphanumeric() || *letter == '_') {
                    name.push(letter);
                }
            }
        }
        name
    }
}

/// `value` without the shortest or longest beginning (or end) that the pattern matches.
fn trim(value: &str, pattern: &str, beginning: bool, longest: bool) -> String {
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    // The order in which the cuts are tried is the order from the shortest to the longest piece, or back.
    if beginning == longest {
        cuts.reverse();
    }
    let matches = |at: &usize| {
        let (before, after) = value.split_at(*at);
        matches_glob(if beginning { before } else { after }, pattern)
    };
    match cuts.into_iter().find(matches) {
        Some(at) if beginning => value[at..].to_owned(),
        Some(at) => value[..at].to_owned(),
        None => value.to_owned(),
    }
}

/// `value` with the first match (or all) of a pattern replaced; each match is the longest at its place.
fn replace(value: &str, pattern: &str, replacement: &str, every: bool) -> String {
    let mut out = String::new();
    let mut rest = value;
    while !rest.is_empty() {
        let ends = rest.char_indices().map(|(at, _)| at).skip(1).chain([rest.len()]);
        if let Some(end) = ends.filter(|end| matches_glob(&rest[..*end], pattern)).last() {
            out.push_str(replacement);
            rest = &rest[end..];
            if !every {
                break;
            }
        } else {
            out.extend(rest.chars().take(1));
            rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Whether a shell pattern of `*`, `?` and escapes matches a whole text; linear but for one point to go back to.
fn matches_glob(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern, mut star) = (0, 0, None);
    while at < text.len() {
        let escaped = pattern.get(in_pattern) == Some(&'\\') && in_pattern + 1 < pattern.len();
        let wanted = pattern.get(in_pattern + usize::from(escaped));
        match wanted {
            Some('*') if !escaped => {
                star = Some((in_pattern + 1, at));
                in_pattern += 1;
            }
            Some(character) if (!escaped && *character == '?') || *character == text[at] => {
                at += 1;
                in_pattern += 1 + usize::from(escaped);
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    in_pattern = back;
                    at = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(in_pattern..).is_none_or(|rest| rest.iter().all(|character| *character == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("va lue".to_owned()),
            "EMPTY" => Some(String::new()),
            "P" => Some("/a/b/c.tar.gz".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            ("x$A-${A}y", "xva lue-va luey"),
            ("'$A' \"$A\" \\$A", "$A va lue $A"),
            ("${X-d}${EMPTY-d}", "d"),
            ("${X:-d}${EMPTY:-d}", "dd"),
            ("${X:-${Y:-$A}}", "va lue"),
            ("${A:+yes}${X:+no}${EMPTY:+no}${EMPTY+yes}", "yesyes"),
            ("${P#*/} ${P##*/} ${P%.*} ${P%%.*}", "a/b/c.tar.gz c.tar.gz /a/b/c.tar /a/b/c"),
            ("${P/a/x} ${P//\\//_} ${P/[/x}", "/x/b/c.tar.gz _a_b_c.tar.gz /a/b/c.tar.gz"),
            ("$ a$", "$ a$"),
            ("\"a\\b\\\"\"", "a\\b\""),
            ("${A?}", "va lue"),
            ("a\\", "a"),
        ] {
            let expanded = expand(text, Escape::Backslash, &lookup);
            assert_eq!((expanded.text.as_str(), expanded.error), (expected, None), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_is_named() {
        let expanded = expand("$X ${Y:-$Z} ${A:-$Q}", Escape::Backslash, &lookup);
        assert_eq!(expanded.unresolved, ["X", "Z"]);
    }

    #[test]
    fn what_does_not_build_is_an_error() {
        for text in ["'a", "\"a", "${", "${}", "${A", "${A@Q}", "${X:?gone}", "${A:}"] {
            assert!(expand(text, Escape::Backslash, &lookup).error.is_some(), "{text}");
        }
        let deep = "${X:-".repeat(100_000);
        assert!(expand(&deep, Escape::Backslash, &lookup).error.is_some());
    }

    #[test]
    fn words_part_at_white_space_outside_quotes() {
        let words = expand_words("a 'b c' \"\" $A \"$A\" $EMPTY d\\ e", Escape::Backslash, &lookup);
        assert_eq!(words.words, ["a", "b c", "", "va", "lue", "va lue", "d e"]);
        assert_eq!(expand_words("a`b c", Escape::Backtick, &lookup).words, ["ab", "c"]);
    }

    #[test]
    fn raw_words_stay_as_written() {
        assert_eq!(raw_words("a 'b c'd ${x:-y z} \\ e"), Some(vec!["a", "'b c'd", "${x:-y z}", "\\ e"]));
        assert_eq!(raw_words("it's"), None);
    }
}
