//! Quotes, escapes, and where words part.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use super::{Lookup, Mode, Quotes};

/// Values may not make a text longer than this, in bytes: `ENV a=$a$a` doubles with every line.
pub(super) const MAX_TEXT: usize = 4 << 20;

/// What was read so far.
#[derive(Default)]
pub(super) struct Output {
    /// As one word, white space and all.
    pub(super) text: String,
    /// The words that are complete.
    pub(super) words: Vec<String>,
    /// The one that is not.
    word: String,
    pub(super) unresolved: BTreeSet<String>,
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

    /// Ends the word that is being read.
    pub(super) fn end_word(&mut self) {
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

/// Reads a text from its beginning to its end.
pub(super) struct Lexer<'a> {
    pub(super) rest: Peekable<Chars<'a>>,
    pub(super) mode: Mode,
    pub(super) lookup: Lookup<'a>,
}

impl Lexer<'_> {
    /// Reads up to the character `stop`, which is taken, or up to the end.
    pub(super) fn run(
        &mut self,
        stop: Option<char>,
        keep_escapes: bool,
        depth: usize,
        out: &mut Output,
    ) -> Result<(), String> {
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
}
