//! Docker's words: quotes, escapes and variables of every instruction but `RUN`, `CMD` and `ENTRYPOINT`
//! (Dockerfile reference, "Environment replacement"; BuildKit's `frontend/dockerfile/shell`).

mod pattern;

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use super::instruction::Escape;
use pattern::Pattern;

/// `${a:-${b:-…}}` deeper than this is an error and not a reason to overflow the stack.
const MAX_DEPTH: usize = 32;

/// Values may not make a text longer than this, in bytes: `ENV a=$a$a` doubles with every line.
const MAX_TEXT: usize = 4 << 20;

/// A word whose variables were replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The text without quotes and escapes.
    pub text: String,
    /// Variables that had no value and no default, in byte order. They became nothing, as in a build.
    pub unresolved: Vec<String>,
    /// What BuildKit would refuse (`unterminated quote`, `bad substitution`, `${x:?…}` of an unset variable). `text` then
    /// ends before it.
    pub error: Option<String>,
}

/// Several words from one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words without quotes and escapes, none of them empty; a variable outside quotes may become several, or none.
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
    if !text.contains(['$', '\'', '"', escape.character()]) {
        return Expansion { text: text.to_owned(), ..Expansion::default() };
    }
    read(text, Mode { escape: escape.character(), ..Mode::PLAIN }, lookup).0
}

/// Expands a text and splits it at white space outside quotes.
pub fn expand_words(text: &str, escape: Escape, lookup: Lookup<'_>) -> Words {
    let (Expansion { unresolved, error, .. }, words) =
        read(text, Mode { escape: escape.character(), ..Mode::PLAIN }, lookup);
    Words { words, unresolved, error }
}

/// Expands the variables in the body of a heredoc of `COPY` or `ADD`. Quotes are the file's own and stay; a backslash still
/// escapes, whatever `# escape=` says.
pub fn expand_body(body: &str, lookup: Lookup<'_>) -> Expansion {
    read(body, Mode { quotes: Quotes::Plain, ..Mode::PLAIN }, lookup).0
}

/// The words of a line with quotes, escapes and variables as written, so that heredocs can be found in it; white space
/// between `<<` and what follows does not part words.
///
/// # Errors
/// What [`expand`] finds wrong with it, such as a quote that does not close.
pub(super) fn heredoc_words(line: &str) -> Result<Vec<String>, String> {
    let mode = Mode { quotes: Quotes::Keep, keep_escapes: true, keep_unset: true, join_heredocs: true, ..Mode::PLAIN };
    let (Expansion { error, .. }, words) = read(line, mode, &|_| None);
    error.map_or(Ok(words), Err)
}

/// The name in the delimiter of a heredoc, and whether a part of it was quoted; none where it is not exactly one word.
/// Variables in it stay as written: no value is known when lines are read.
pub(super) fn heredoc_name(delimiter: &str) -> Option<(String, bool)> {
    let mut names = [Quotes::Take, Quotes::Keep].into_iter().map(|quotes| {
        let (Expansion { error, .. }, words) =
            read(delimiter, Mode { quotes, keep_unset: true, ..Mode::PLAIN }, &|_| None);
        match (error, <[String; 1]>::try_from(words)) {
            (None, Ok([name])) => Some(name),
            _ => None,
        }
    });
    let (name, quoted) = (names.next()??, names.next()??);
    let count = |text: &str| text.matches(['\'', '"']).count();
    let differs = count(&name) != count(&quoted);
    Some((name, differs))
}

/// What is done with quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// They group, and go.
    Take,
    /// They group, and stay.
    Keep,
    /// They are characters like others.
    Plain,
}

/// How a text is read.
#[derive(Clone, Copy)]
struct Mode {
    escape: char,
    quotes: Quotes,
    /// Escape characters stay before what they escape.
    keep_escapes: bool,
    /// A variable without a value stays as written.
    keep_unset: bool,
    /// White space behind `<<` parts no words.
    join_heredocs: bool,
}

impl Mode {
    const PLAIN: Mode =
        Mode { escape: '\\', quotes: Quotes::Take, keep_escapes: false, keep_unset: false, join_heredocs: false };
}

fn read(text: &str, mode: Mode, lookup: Lookup<'_>) -> (Expansion, Vec<String>) {
    let mut lexer = Lexer { rest: text.chars().peekable(), mode, lookup };
    let mut output = Output::default();
    let error = lexer.run(None, mode.keep_escapes, 0, &mut output).err();
    output.end_word();
    let Output { text, words, unresolved, .. } = output;
    (Expansion { text, unresolved: unresolved.into_iter().collect(), error }, words)
}

/// What was read so far.
#[derive(Default)]
struct Output {
    /// As one word, white space and all.
    text: String,
    /// The words that are complete.
    words: Vec<String>,
    /// The one that is not.
    word: String,
    unresolved: BTreeSet<String>,
}

impl Output {
    /// Adds a character that never parts words.
    fn push_raw(&mut self, character: char) {
        self.text.push(character);
        self.word.push(character);
    }

    /// Adds a character that parts words when it is white space.
    fn push(&mut self, character: char) {
        if character.is_whitespace() {
            self.text.push(character);
            self.end_word();
        } else {
            self.push_raw(character);
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    /// Adds the value of a variable, inside quotes or not.
    fn value(&mut self, value: &str, quoted: bool) -> Result<(), String> {
        if self.text.len() + value.len() > MAX_TEXT {
            return Err(format!("variables make the text longer than {MAX_TEXT} bytes"));
        }
        for character in value.chars() {
            if quoted { self.push_raw(character) } else { self.push(character) }
        }
        Ok(())
    }
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    mode: Mode,
    lookup: Lookup<'a>,
}

impl Lexer<'_> {
    /// Reads up to the character `stop`, which is taken, or up to the end.
    fn run(&mut self, stop: Option<char>, keep_escapes: bool, depth: usize, out: &mut Output) -> Result<(), String> {
        let quotes = self.mode.quotes;
        while let Some(character) = self.rest.next() {
            match character {
                _ if Some(character) == stop => return Ok(()),
                '\'' if quotes != Quotes::Plain => self.single_quoted(out)?,
                '"' if quotes != Quotes::Plain => self.double_quoted(keep_escapes, depth, out)?,
                '$' => {
                    let value = self.dollar(depth, &mut out.unresolved)?;
                    out.value(&value, false)?;
                }
                '<' if self.mode.join_heredocs => {
                    out.push_raw('<');
                    if self.rest.next_if_eq(&'<').is_some() {
                        out.push_raw('<');
                        while let Some(space) = self.rest.next_if(|next| next.is_whitespace()) {
                            out.push_raw(space);
                        }
                    }
                }
                _ if character == self.mode.escape => {
                    if keep_escapes {
                        out.push_raw(character);
                    }
                    if let Some(escaped) = self.rest.next() {
                        out.push_raw(escaped);
                    }
                }
                _ => out.push(character),
            }
        }
        match stop {
            Some(stop) => Err(format!("unexpected end while looking for {stop}")),
            None => Ok(()),
        }
    }

    fn quote(&self, quote: char, out: &mut Output) {
        if self.mode.quotes == Quotes::Keep {
            out.push_raw(quote);
        }
    }

    fn single_quoted(&mut self, out: &mut Output) -> Result<(), String> {
        self.quote('\'', out);
        loop {
            match self.rest.next() {
                Some('\'') => {
                    self.quote('\'', out);
                    return Ok(());
                }
                Some(character) => out.push_raw(character),
                None => return Err("unterminated single quote".to_owned()),
            }
        }
    }

    fn double_quoted(&mut self, keep_escapes: bool, depth: usize, out: &mut Output) -> Result<(), String> {
        self.quote('"', out);
        let escape = self.mode.escape;
        loop {
            match self.rest.next() {
                Some('"') => {
                    self.quote('"', out);
                    return Ok(());
                }
                Some('$') => {
                    let value = self.dollar(depth, &mut out.unresolved)?;
                    out.value(&value, true)?;
                }
                Some(character) if character == escape => {
                    if keep_escapes {
                        out.push_raw(character);
                    }
                    // Only these three are escaped; before anything else the escape is a character like others.
                    match self.rest.next_if(|next| matches!(next, '"' | '$') || *next == escape) {
                        Some(escaped) => out.push_raw(escaped),
                        None if self.rest.peek().is_some() => out.push_raw(character),
                        None => {}
                    }
                }
                Some(character) => out.push_raw(character),
                None => return Err("unterminated double quote".to_owned()),
            }
        }
    }

    /// Behind a `$`: the value.
    fn dollar(&mut self, depth: usize, unresolved: &mut BTreeSet<String>) -> Result<String, String> {
        if self.rest.next_if_eq(&'{').is_some() {
            return self.braces(depth, unresolved);
        }
        let name = self.name();
        if name.is_empty() {
            return Ok("$".to_owned());
        }
        Ok((self.lookup)(&name).unwrap_or_else(|| self.unset(format!("${name}"), name, unresolved)))
    }

    /// What a variable without a value becomes.
    fn unset(&self, written: String, name: String, unresolved: &mut BTreeSet<String>) -> String {
        if self.mode.keep_unset {
            return written;
        }
        unresolved.insert(name);
        String::new()
    }

    /// Behind a `${`: the value, as the operator wants it.
    fn braces(&mut self, depth: usize, unresolved: &mut BTreeSet<String>) -> Result<String, String> {
        if depth >= MAX_DEPTH {
            return Err(format!("substitutions are nested more than {MAX_DEPTH} deep"));
        }
        if matches!(self.rest.peek(), None | Some('{' | '}' | ':')) {
            return Err("bad substitution: ${ needs a name".to_owned());
        }
        let name = self.name();
        let value = (self.lookup)(&name);
        let colon = self.rest.next_if_eq(&':').is_some();
        let Some(operator) = self.rest.next() else {
            return Err(format!("bad substitution: ${{{name} is not closed"));
        };
        match operator {
            '}' if !colon => Ok(value.unwrap_or_else(|| self.unset(format!("${{{name}}}"), name, unresolved))),
            '/' if !colon => self.replaced(name, value, depth, unresolved),
            _ if colon || matches!(operator, '-' | '+' | '?' | '#' | '%') => {
                let (word, missing) = self.operand('}', matches!(operator, '#' | '%'), depth)?;
                if self.mode.keep_unset && value.is_none() {
                    return Ok(format!("${{{name}{}{operator}{word}}}", if colon { ":" } else { "" }));
                }
                let set = value.clone().filter(|value| !(colon && value.is_empty()));
                match (operator, set) {
                    ('-', None) | ('+', Some(_)) => {
                        unresolved.extend(missing);
                        Ok(word)
                    }
                    ('+', None) => Ok(String::new()),
                    ('-' | '?', Some(value)) => Ok(value),
                    ('?', None) if !word.is_empty() => Err(format!("{name}: {word}")),
                    ('?', None) if value.is_some() => Err(format!("{name} is not allowed to be empty")),
                    ('?', None) => Err(format!("{name} is not allowed to be unset")),
                    ('#' | '%', _) => {
                        unresolved.extend(missing);
                        let Some(value) = value else { return Ok(self.unset(String::new(), name, unresolved)) };
                        let shorter = word.strip_prefix(operator);
                        let pattern = Pattern::parse(shorter.unwrap_or(&word))?;
                        if operator == '#' {
                            pattern.without_beginning(&value, shorter.is_some())
                        } else {
                            pattern.without_end(&value, shorter.is_some())
                        }
                    }
                    _ => Err(format!("bad substitution: ${{{name}:{operator} is no operator")),
                }
            }
            _ => Err(format!("bad substitution: ${{{name} is followed by {operator:?}")),
        }
    }

    /// Behind `${name/`.
    fn replaced(
        &mut self,
        name: String,
        value: Option<String>,
        depth: usize,
        unresolved: &mut BTreeSet<String>,
    ) -> Result<String, String> {
        let every = self.rest.next_if_eq(&'/').is_some();
        let (pattern, missing) = self.operand('/', true, depth)?;
        unresolved.extend(missing);
        let (replacement, missing) = self.operand('}', true, depth)?;
        unresolved.extend(missing);
        let Some(value) = value else {
            return Ok(self.unset(format!("${{{name}/{pattern}/{replacement}}}"), name, unresolved));
        };
        Pattern::parse(&pattern)?.replace(&value, &replacement, every)
    }

    /// The text up to `stop`, expanded, and the variables that had no value in it.
    fn operand(&mut self, stop: char, keep_escapes: bool, depth: usize) -> Result<(String, BTreeSet<String>), String> {
        let mut out = Output::default();
        self.run(Some(stop), keep_escapes, depth + 1, &mut out)?;
        Ok((out.text, out.unresolved))
    }

    /// A variable's name: letters, digits and `_`; digits alone; or one special character.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.rest.peek() {
            Some(digit) if digit.is_numeric() => {
                while let Some(digit) = self.rest.next_if(|next| next.is_numeric()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("va lue".to_owned()),
            "EMPTY" => Some(String::new()),
            "P" => Some("/a/b/c.tar.gz".to_owned()),
            "STARS" => Some("*a*b".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            ("x$A-${A}y", "xva lue-va luey"),
            ("$A_x.$A.", ".va lue."),
            ("'$A' \"$A\" \\$A", "$A va lue $A"),
            ("a'b'\"c\"d", "abcd"),
            ("\"it's\" 'say \"x\"'", "it's say \"x\""),
            ("$ a$ $. \"$\"", "$ a$ $. $"),
            ("\"a\\b\\\"\\\\\\$A\"", "a\\b\"\\$A"),
            ("'a\\'", "a\\"),
            ("a\\b\\ c\\\\", "ab c\\"),
            ("a\\", "a"),
            ("ünï$EMPTY.", "ünï."),
        ] {
            let expanded = expand(text, Escape::Backslash, &lookup);
            assert_eq!((expanded.text.as_str(), expanded.error), (expected, None), "{text}");
        }
    }

    #[test]
    fn braces_take_operators() {
        for (text, expected) in [
            ("${X-d}${EMPTY-d}|${A-d}", "d|va lue"),
            ("${X:-d}${EMPTY:-d}|${A:-d}", "dd|va lue"),
            ("${X:-${Y:-$A}}", "va lue"),
            ("${X:-'a b'\"c\"\\}}", "a bc}"),
            ("${A:+yes}${X:+no}${EMPTY:+no}${EMPTY+yes}${X+no}", "yesyes"),
            ("${A?}${A:?}${EMPTY?}", "va lueva lue"),
            ("${P#*/} ${P##*/} ${P%.*} ${P%%.*}", "a/b/c.tar.gz c.tar.gz /a/b/c.tar /a/b/c"),
            ("${P#x} ${P%x} ${P#/?/} ${P:#*/}", "/a/b/c.tar.gz /a/b/c.tar.gz b/c.tar.gz a/b/c.tar.gz"),
            ("${STARS#\\*} ${STARS#*} ${STARS##*} ${STARS%\\**}", "a*b *a*b  *a"),
            ("${P/a/x} ${P//\\//_} ${P/[/x} ${P//?/.}", "/x/b/c.tar.gz _a_b_c.tar.gz /a/b/c.tar.gz ............."),
            ("${P/${X:-b}/$EMPTY}", "/a//c.tar.gz"),
            ("\"${X:-\"a b\"}\"", "a b"),
        ] {
            let expanded = expand(text, Escape::Backslash, &lookup);
            assert_eq!((expanded.text.as_str(), expanded.error), (expected, None), "{text}");
        }
        assert_eq!(expand("C:\\dir`$A $A", Escape::Backtick, &lookup).text, "C:\\dir$A va lue");
    }

    #[test]
    fn what_has_no_value_is_named() {
        for (text, unresolved) in [
            ("$X ${Y:-$Z} ${A:-$Q}", &["X", "Z"][..]),
            ("${A:+$Q}${X:+$R}", &["Q"]),
            ("\"$X\" '$Y' \\$Z", &["X"]),
            ("${X#a}${Y/a/b}", &["X", "Y"]),
            ("$1 $@", &["1", "@"]),
        ] {
            assert_eq!(expand(text, Escape::Backslash, &lookup).unresolved, unresolved, "{text}");
        }
    }

    #[test]
    fn what_does_not_build_is_an_error() {
        for text in [
            "'a",
            "\"a",
            "\"a\\",
            "${",
            "${}",
            "${:x}",
            "${{A}",
            "${A",
            "${A:",
            "${A@Q}",
            "${A:}",
            "${A:1:2}",
            "${A[0]}",
            "${A:-x",
            "${A/x}",
            "${P#\\a}",
            "${X:?gone}",
            "${X?}",
            "${EMPTY:?}",
            "${#A}",
        ] {
            assert!(expand(text, Escape::Backslash, &lookup).error.is_some(), "{text}");
        }
        assert_eq!(expand("${X:?is gone}", Escape::Backslash, &lookup).error.as_deref(), Some("X: is gone"));
        let deep = "${X:-".repeat(100_000);
        assert!(expand(&deep, Escape::Backslash, &lookup).error.is_some());
        let long = |_: &str| Some("x".repeat(MAX_TEXT / 2));
        assert!(expand("$A$A", Escape::Backslash, &long).error.is_none());
        assert!(expand("$A$A$A", Escape::Backslash, &long).error.is_some());
    }

    #[test]
    fn words_part_at_white_space_outside_quotes() {
        let words = |text: &str| expand_words(text, Escape::Backslash, &lookup).words;
        assert_eq!(words(" a 'b c' $A \"$A\" $EMPTY d\\ e '' x'y' "), ["a", "b c", "va", "lue", "va lue", "d e", "xy"]);
        assert_eq!(words("x${A}y"), ["xva", "luey"]);
        assert_eq!(expand_words("a`b c", Escape::Backtick, &lookup).words, ["ab", "c"]);
    }

    #[test]
    fn the_body_of_a_heredoc_keeps_its_quotes() {
        let body = expand_body("say '$A' \"${P##*/}\" it's \\$A\n", &lookup);
        assert_eq!((body.text.as_str(), body.error), ("say 'va lue' \"c.tar.gz\" it's $A\n", None));
    }

    #[test]
    fn the_words_of_a_line_stay_as_written() {
        let line = "a 'b c'd ${x:-y z} \\ e ${x:1:2} << f \"g\\\"\"";
        let words = ["a", "'b c'd", "${x:-y", "z}", "\\ e", "${x:1:2}", "<< f", "\"g\\\"\""];
        assert_eq!(heredoc_words(line).unwrap(), words);
        assert!(heredoc_words("it's").is_err());
    }
}
