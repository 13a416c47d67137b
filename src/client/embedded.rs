//! Programs inside other texts: what stands between the fences of a Markdown page, what a shell hands to an interpreter (`python -c "…"`,
//! `node <<EOF`), and what it writes into a source file (`cat > app.py <<EOF`). Each is read as the language that it is in.

use super::lines::Lines;
use super::{Connection, Language, Text, go, java, javascript, python};
use crate::text::Span;

/// Programs in other texts.
pub static LANGUAGE: Language = Language { name: "embedded programs", matches, mentions: &[MENTIONS], read };

/// One of these stands in every text that has a program in it.
const MENTIONS: &[&str] = &["```", "~~~", "python", "node ", "<<"];

/// The most programs that are looked at in one text.
const MAX_BLOCKS: usize = 200;

/// A program in a text.
pub(super) struct Block {
    /// Where it stands, in bytes.
    pub span: Span,
    language: &'static Language,
    /// Whether a shell takes backslashes out of it before the interpreter sees it.
    is_quoted: bool,
}

fn matches(path: &str) -> bool {
    (super::strings::LANGUAGE.matches)(path)
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    blocks(text.path, text.text).iter().flat_map(|block| block.connections(text)).collect()
}

/// The programs of a text that connect to something.
pub(super) fn blocks(path: &str, text: &str) -> Vec<Block> {
    let is_page = is_page(path);
    let mut found = Vec::new();
    let mut end = 0;
    for (start, line) in lines(text) {
        if start < end || found.len() >= MAX_BLOCKS {
            continue;
        }
        let block = if is_page { fenced(text, start, line) } else { None };
        let Some(block) = block.or_else(|| handed_over(text, start, line)) else { continue };
        let body = text.get(block.span.range()).unwrap_or_default();
        // A fence around a shell's words may have a program in it.
        if block.language.is_mentioned(body.as_bytes()) {
            end = block.span.end;
            found.push(block);
        }
    }
    found
}

fn is_page(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("md" | "mdx"))
}

/// Every line with where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// The language of a word behind a fence, or of a file's ending.
fn language(word: &str) -> Option<&'static Language> {
    Some(match word.to_ascii_lowercase().as_str() {
        "python" | "py" | "python3" => &python::LANGUAGE,
        "javascript" | "js" | "mjs" | "cjs" | "jsx" | "node" | "typescript" | "ts" | "mts" | "tsx" => {
            &javascript::LANGUAGE
        }
        "java" => &java::LANGUAGE,
        "go" | "golang" => &go::LANGUAGE,
        _ => return None,
    })
}

/// What stands between a fence that begins on that line, and the next like it.
fn fenced(text: &str, start: usize, line: &str) -> Option<Block> {
    let body = line.trim_start();
    let mark = body.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let word = body.trim_start_matches(mark);
    let fence = body.get(..body.len() - word.len()).filter(|fence| fence.len() >= 3)?;
    let word = word.trim().split(|end: char| !end.is_alphanumeric()).next().unwrap_or_default();
    let language = language(word)?;
    let begin = start + line.len();
    let inside = text.get(begin..)?;
    let length =
        lines(inside).find(|(_, line)| line.trim_start().starts_with(fence)).map_or(inside.len(), |(at, _)| at);
    Some(Block { span: Span::new(begin, begin + length), language, is_quoted: false })
}

/// What a line of a shell hands to an interpreter, or writes into a source file.
fn handed_over(text: &str, start: usize, line: &str) -> Option<Block> {
    if !["<<", " -c ", " -e "].iter().any(|mark| memchr::memmem::find(line.as_bytes(), mark.as_bytes()).is_some()) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let interpreter = words.iter().find_map(|word| interpreter(word));
    if let Some(language) = interpreter
        && let Some(block) = argument(text, start, line, language)
    {
        return Some(block);
    }
    let (before, mark) = line.split_once("<<")?;
    let word: &str = mark.trim_start_matches('-').split_whitespace().next()?;
    let end = word.trim_matches(['"', '\'', '\\', ';', ')']);
    if end.is_empty() || !end.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    // `cat > app.py <<EOF`, `COPY <<EOF /app/db.py`.
    let written = || words.iter().find_map(|word| language(word.rsplit_once('.')?.1.trim_matches(['"', '\''])));
    let named = before.split_whitespace().find_map(self::interpreter);
    let language = named.or(interpreter).or_else(written)?;
    let begin = start + line.len();
    let inside = text.get(begin..)?;
    let (length, _) = lines(inside).find(|(_, line)| line.trim() == end)?;
    Some(Block { span: Span::new(begin, begin + length), language, is_quoted: false })
}

/// The language of what a command runs.
fn interpreter(word: &str) -> Option<&'static Language> {
    let name = word.rsplit('/').next().unwrap_or(word);
    let is_python =
        name.strip_prefix("python").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    match name {
        _ if is_python => Some(&python::LANGUAGE),
        "node" | "nodejs" => Some(&javascript::LANGUAGE),
        _ => None,
    }
}

/// `-c "…"` and `-e '…'`, over as many lines as it goes on.
fn argument(text: &str, start: usize, line: &str, language: &'static Language) -> Option<Block> {
    let flag = [" -c ", " -e "].iter().find_map(|flag| Some(line.find(flag)? + flag.len()))?;
    let begin = start + flag;
    let inside = text.get(begin..)?;
    let quote = inside.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut is_escaped = false;
    for (at, character) in inside.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == '"' => is_escaped = true,
            _ if character == quote => {
                return Some(Block { span: Span::new(begin + 1, begin + at), language, is_quoted: quote == '"' });
            }
            _ => {}
        }
    }
    None
}

/// Stands before a program that is set in: without it Python's blocks would begin where there is none.
const SET_IN: &str = "if 1:\n";

impl Block {
    /// What connects in it, with its places in the text around.
    fn connections(&self, text: &Text<'_>) -> Vec<Connection> {
        let Some(body) = text.text.get(self.span.range()) else { return Vec::new() };
        let mut program = String::with_capacity(body.len() + SET_IN.len());
        let first = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if self.language.name == python::LANGUAGE.name && first.starts_with([' ', '\t']) {
            program.push_str(SET_IN);
        }
        let before = program.len();
        match self.is_quoted {
            // The same length, so that every place is the same.
            true => program.push_str(&body.replace("\\\"", " \"").replace("\\$", " $")),
            false => program.push_str(body),
        }
        let lines = Lines::new(text.text);
        let mut found = (self.language.read)(&Text { path: text.path, text: &program });
        for connection in &mut found {
            connection.move_spans(|span| {
                let place = |at: usize| self.span.start + at.saturating_sub(before);
                Span::new(place(span.start), place(span.end))
            });
            connection.line = lines.of(connection.span.start);
        }
        found
    }
}
