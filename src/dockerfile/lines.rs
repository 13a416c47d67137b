//! The lines of a Dockerfile: physical lines, their comments and continuations, and the directives at the top.

use super::instruction::{Escape, Word};
use crate::text::Span;

/// BuildKit reads lines into a buffer of this many bytes and refuses the file when one does not fit (Go's
/// `bufio.MaxScanTokenSize` less one).
const MAX_LINE: usize = 65_535;

/// A physical line without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhysicalLine<'a> {
    /// What stands on it.
    pub text: &'a str,
    /// Where it begins.
    pub start: usize,
}

impl<'a> PhysicalLine<'a> {
    /// Where it ends.
    pub fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// The line without the white space at its beginning.
    pub fn trimmed(self) -> PhysicalLine<'a> {
        let text = self.text.trim_start();
        PhysicalLine { text, start: self.end() - text.len() }
    }

    /// The comment that the line is: the text behind the `#`, and where the comment stands.
    pub fn comment(self) -> Option<Word> {
        let line = self.trimmed();
        let text = line.text.strip_prefix('#')?;
        Some(Word { text: text.trim().to_owned(), span: Span::new(line.start, line.end()) })
    }

    /// What comes before the continuation character at the end (blanks and tabs may follow it); none where the line does
    /// not go on. Two of them are no continuation (BuildKit's `lineContinuationRegex`).
    pub fn continued(self, escape: Escape) -> Option<&'a str> {
        let before = self.text.trim_end_matches([' ', '\t']).strip_suffix(escape.character())?;
        (!before.ends_with(escape.character())).then_some(before)
    }
}

/// The physical lines of a text.
pub struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// The first line that BuildKit would not read for its length.
    too_long: Option<Span>,
}

impl<'a> Lines<'a> {
    /// The lines of a whole file; a byte order mark is not part of the first.
    pub fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, too_long: None }
    }

    /// Where the next line begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What was read since a place, line ends included.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What is still to be read.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next line, which stays the next line.
    pub fn peek(&self) -> Option<PhysicalLine<'a>> {
        self.clone_at().next()
    }

    /// Why BuildKit would not read all lines, and where.
    pub fn refusal(&self) -> Option<(Span, String)> {
        self.too_long
            .map(|span| (span, format!("this line is longer than {MAX_LINE} bytes, the most that BuildKit reads")))
    }

    fn clone_at(&self) -> Lines<'a> {
        Lines { text: self.text, at: self.at, too_long: None }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = PhysicalLine<'a>;

    fn next(&mut self) -> Option<PhysicalLine<'a>> {
        let start = self.at;
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let (line, length) = match rest.split_once('\n') {
            Some((line, _)) => (line, line.len() + 1),
            None => (rest, rest.len()),
        };
        self.at += length;
        if line.len() > MAX_LINE && self.too_long.is_none() {
            self.too_long = Some(Span::new(start, start + line.len()));
        }
        Some(PhysicalLine { text: line.trim_end_matches('\r'), start })
    }
}

/// A `# name=value` line that means something to the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Directive {
    /// `# syntax=`
    Syntax,
    /// `# escape=`
    Escape,
    /// `# check=`
    Check,
}

impl Directive {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Directive::Syntax => "syntax",
            Directive::Escape => "escape",
            Directive::Check => "check",
        }
    }

    /// The directive that a line is, and its value.
    pub fn read(line: PhysicalLine<'_>) -> Option<(Self, String)> {
        let comment = line.trimmed().text.strip_prefix('#')?.trim_start();
        let (name, value) = comment.split_once('=')?;
        let name = name.trim_end_matches(is_blank);
        let directive = [Directive::Syntax, Directive::Escape, Directive::Check]
            .into_iter()
            .find(|directive| name.eq_ignore_ascii_case(directive.name()))?;
        // A value of blanks alone is one blank: that is how BuildKit's regular expression falls.
        let trimmed = value.trim_matches(is_blank);
        let value = if trimmed.is_empty() { value.chars().next_back()?.to_string() } else { trimmed.to_owned() };
        Some((directive, value))
    }
}

/// `\s` of Go's regular expressions.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        let mut lines = Lines::new("\u{feff}a\r\n\n b \r\r\nc");
        let mut next = || lines.next().map(|line| (line.text, line.start));
        assert_eq!(
            [next(), next(), next(), next(), next()],
            [Some(("a", 3)), Some(("", 6)), Some((" b ", 7)), Some(("c", 13)), None]
        );
    }

    #[test]
    fn one_continuation_character_continues() {
        let continued = |text| PhysicalLine { text, start: 0 }.continued(Escape::Backslash);
        assert_eq!(continued("a \\"), Some("a "));
        assert_eq!(continued("a\\ \t"), Some("a"));
        assert_eq!(continued("\\"), Some(""));
        assert_eq!(continued("a\\\\ \\"), Some("a\\\\ "));
        assert_eq!(continued("a\\\\"), None);
        assert_eq!(continued("a`"), None);
        assert_eq!(PhysicalLine { text: "a`", start: 0 }.continued(Escape::Backtick), Some("a"));
    }

    #[test]
    fn directives_are_known_by_name_in_any_case() {
        let read = |text| Directive::read(PhysicalLine { text, start: 0 });
        assert_eq!(read(" #Escape = ` "), Some((Directive::Escape, "`".to_owned())));
        assert_eq!(read("# syntax=a b=c"), Some((Directive::Syntax, "a b=c".to_owned())));
        assert_eq!(read("# check=skip=all;error=true"), Some((Directive::Check, "skip=all;error=true".to_owned())));
        assert_eq!(read("# escape=  "), Some((Directive::Escape, " ".to_owned())));
        for none in ["# escape=", "# other=x", "escape=`", "# escape", "## escape=`", "# the escape=`"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn a_line_that_buildkit_does_not_read_is_remembered() {
        for (length, refused) in [(MAX_LINE, false), (MAX_LINE + 1, true)] {
            let text = format!("a\n{}\nb", "x".repeat(length));
            let mut lines = Lines::new(&text);
            lines.by_ref().for_each(drop);
            assert_eq!(lines.refusal().map(|(span, _)| span), refused.then_some(Span::new(2, 2 + length)));
        }
    }
}
