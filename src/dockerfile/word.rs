//! Docker's words: quotes, escapes and variables of every instruction but `RUN`, `CMD` and `ENTRYPOINT`
//! (Dockerfile reference, "Environment replacement"; BuildKit's `frontend/dockerfile/shell`).

mod lexer;
mod pattern;
mod substitution;

use super::instruction::Escape;
use lexer::{Lexer, Output};

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

#[cfg(test)]
mod tests {
    use super::lexer::MAX_TEXT;
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
