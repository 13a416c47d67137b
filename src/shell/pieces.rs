//! A word's pieces: simple ones are taken apart by hand, all others by the grammar.

use brush_parser::ParserOptions;
use brush_parser::word::{self, Parameter, ParameterExpr, WordPiece, WordPieceWithSource};

/// Longest word that is taken apart, in bytes; a longer one is unknown. The grammar of words is recursive.
const MAX_WORD: usize = 64 * 1024;

/// Openings (`${`, `$(`, backquotes) in one word, a bound on that recursion.
const MAX_OPENINGS: usize = 200;

/// Whether a word means itself, but for patterns and braces.
pub(super) fn is_plain(word: &str) -> bool {
    word.len() <= MAX_WORD && !word.bytes().any(|byte| matches!(byte, b'$' | b'`' | b'"' | b'\'' | b'\\' | b'~'))
}

/// A word's pieces; none where it cannot be read, or is larger than is read.
pub(super) fn pieces(word: &str) -> Option<Vec<WordPieceWithSource>> {
    if is_too_large(word) {
        return None;
    }
    simple(word).or_else(|| word::parse(word, &ParserOptions::default()).ok())
}

/// The pieces of a heredoc's body, in which quotes are characters like others.
pub(super) fn heredoc_pieces(body: &str) -> Option<Vec<WordPieceWithSource>> {
    if is_too_large(body) {
        return None;
    }
    word::parse_heredoc(body, &ParserOptions::default()).ok()
}

fn is_too_large(word: &str) -> bool {
    // Few words are longer than they may have openings.
    word.len() > MAX_OPENINGS && (word.len() > MAX_WORD || openings(word) > MAX_OPENINGS)
}

fn openings(word: &str) -> usize {
    word.matches("${").count() + word.matches("$(").count() + word.matches('`').count()
}

/// The pieces of a word of plain text, quotes and variables without operators, as nearly all are; none of any other. They are what
/// the grammar says, at a small part of its cost.
fn simple(word: &str) -> Option<Vec<WordPieceWithSource>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(first) = word.as_bytes().get(start) {
        let rest = word.get(start..)?;
        let (piece, length) = match first {
            b'\'' => {
                let inner = rest.get(1..)?.split_once('\'')?.0;
                (WordPiece::SingleQuotedText(inner.to_owned()), inner.len() + 2)
            }
            b'"' => {
                let inner = rest.get(1..)?.split_once('"')?.0;
                (WordPiece::DoubleQuotedSequence(simple_quoted(inner, start + 1)?), inner.len() + 2)
            }
            b'$' => variable(rest)?,
            _ => {
                let text = rest.split(['$', '"', '\'']).next()?;
                if text.contains(['`', '\\', '~']) {
                    return None;
                }
                (WordPiece::Text(text.to_owned()), text.len())
            }
        };
        pieces.push(WordPieceWithSource { piece, start_index: start, end_index: start + length });
        start += length;
    }
    Some(pieces)
}

/// The pieces between double quotes, which stand at `offset` of the word.
fn simple_quoted(inner: &str, offset: usize) -> Option<Vec<WordPieceWithSource>> {
    if inner.contains(['`', '\\']) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < inner.len() {
        let rest = inner.get(start..)?;
        let (piece, length) = if rest.starts_with('$') {
            variable(rest)?
        } else {
            let text = rest.split('$').next()?;
            (WordPiece::Text(text.to_owned()), text.len())
        };
        pieces.push(WordPieceWithSource { piece, start_index: offset + start, end_index: offset + start + length });
        start += length;
    }
    Some(pieces)
}

/// `$name` or `${name}` at the start of a text, and how long that is.
fn variable(text: &str) -> Option<(WordPiece, usize)> {
    let behind = text.strip_prefix('$')?;
    let braced = behind.strip_prefix('{');
    let from = braced.unwrap_or(behind);
    let length = from.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, rest) = from.split_at_checked(length)?;
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let total = match braced {
        Some(_) if rest.starts_with('}') => length + "${}".len(),
        None if !rest.starts_with('[') => length + "$".len(),
        _ => return None,
    };
    let parameter = Parameter::Named(name.to_owned());
    Some((WordPiece::ParameterExpansion(ParameterExpr::Parameter { parameter, indirect: false }), total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grammar(word: &str) -> Option<String> {
        word::parse(word, &ParserOptions::default()).ok().map(|pieces| format!("{pieces:?}"))
    }

    #[test]
    fn what_is_simple_is_taken_apart_by_hand() {
        for word in ["", "a", "$a", "${a_1}", "a'b c'd", "\"$a b\"", "x=\"${y}/z\"$w", "''", "\"\"", "(a)!", "é$é\"é\""]
        {
            if let Some(pieces) = simple(word) {
                assert_eq!(Some(format!("{pieces:?}")), grammar(word), "{word}");
            } else {
                assert!(word.contains("$é"), "{word} is simple");
            }
        }
        for word in [
            "~", "a~", "$(a)", "`a`", "\\a", "\"\\\"\"", "${a:-b}", "$1", "$@", "$", "${a[0]}", "$'a'", "'a", "\"a",
            "${a",
        ] {
            assert!(simple(word).is_none(), "{word}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_those_of_the_grammar(word in r#"[ab1_ $'"{}()\[\]!*?:=/.~\\`é-]{0,24}"#) {
            if let Some(pieces) = simple(&word) {
                prop_assert_eq!(Some(format!("{pieces:?}")), grammar(&word));
            }
        }
    }
}
