//! Edits of a text: data that says what replaces what, and the text that comes of them.

use crate::dockerfile::instruction::Instruction;
use crate::text::Span;

/// A part of a text and what stands there instead; an empty span is a place to insert at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

impl Edit {
    /// Replaces a part.
    pub fn replace(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    /// Inserts at an offset.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(at, at), text)
    }

    /// Takes a part away.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }

    /// Adds lines (given with `\n`, without a last one) behind the line in which an instruction ends, with the line ends of the text.
    pub fn add_lines_after(text: &str, instruction: &Instruction, lines: &str) -> Self {
        let end = line_end(text);
        let lines = lines.replace('\n', end);
        let at = instruction.span.end;
        match text.get(at..).and_then(|rest| rest.find('\n')) {
            Some(offset) => Self::insert(at + offset + 1, lines + end),
            // A file whose last line has no end keeps it that way.
            None => Self::insert(text.len(), end.to_owned() + &lines),
        }
    }

    /// Takes an instruction away with the whole of its lines.
    pub fn delete_lines_of(text: &str, instruction: &Instruction) -> Self {
        let Span { start, end } = instruction.span;
        let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let to = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at + 1);
        Self::delete(Span::new(from, to))
    }
}

/// How the lines of a text end: as its first one does.
pub fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// The text with the edits made; none where two of them overlap, or one does not fall on characters of the text.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        edited.push_str(text.get(at..edit.span.start)?);
        edited.push_str(&edit.replacement);
        text.get(edit.span.range())?;
        at = edit.span.end;
    }
    edited.push_str(text.get(at..)?);
    Some(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_the_order_of_the_text() {
        let edits = [Edit::delete(Span::new(4, 6)), Edit::insert(0, ">"), Edit::replace(Span::new(1, 2), "XY")];
        assert_eq!(apply("abcdefg", &edits).as_deref(), Some(">aXYcdg"));
    }

    #[test]
    fn edits_that_overlap_or_cut_a_character_are_refused() {
        assert_eq!(apply("abc", &[Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))]), None);
        assert_eq!(apply("é", &[Edit::delete(Span::new(0, 1))]), None);
        assert_eq!(apply("a", &[Edit::delete(Span::new(0, 2))]), None);
    }

    #[test]
    fn lines_are_added_with_the_line_ends_of_the_text() {
        for (text, expected) in [
            ("FROM a\r\nUSER b\r\n", "FROM a\r\nX\r\nY\r\nUSER b\r\n"),
            ("FROM a\n", "FROM a\nX\nY\n"),
            ("FROM a", "FROM a\nX\nY"),
        ] {
            let parsed = crate::dockerfile::parse(text);
            let edit = Edit::add_lines_after(text, &parsed.instructions[0], "X\nY");
            assert_eq!(apply(text, &[edit]).as_deref(), Some(expected));
        }
    }
}
