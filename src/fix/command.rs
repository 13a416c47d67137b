//! A command in the source: the fetch that a finding is about, and the words and lines that it was written in.

use crate::bundle::url;
use crate::dockerfile::instruction::Instruction;
use crate::finding::Location;
use crate::shell::Fetch;
use crate::text::Span;

use super::{Site, stage};

/// The fetch that a finding is about, and its instruction.
pub fn fetch_of<'f>(site: &Site<'f>) -> Option<(&'f Instruction, &'f Fetch)> {
    let Location::Text(place) = &site.finding.location else { return None };
    let fetches = site.facts.stages.iter().flat_map(|stage| &stage.fetches);
    let fetch = fetches.into_iter().find(|fetch| fetch.span == place.span && url::classify(&fetch.url).is_some())?;
    Some((stage::instruction_at(site.facts, place.span)?, fetch))
}

/// The words in a part of a text, parted by white space.
pub fn words_in(text: &str, span: Span) -> Vec<(Span, &str)> {
    let part = text.get(span.range()).unwrap_or_default();
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in part.char_indices().chain([(part.len(), ' ')]) {
        match start {
            None if !character.is_whitespace() => start = Some(at),
            Some(from) if character.is_whitespace() => {
                words.push((Span::new(span.start + from, span.start + at), part.get(from..at).unwrap_or_default()));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The lines of a part of a text.
pub fn lines(text: &str, span: Span) -> impl Iterator<Item = (Span, &str)> {
    let mut start = span.start;
    text.get(span.range()).unwrap_or_default().split_inclusive('\n').map(move |line| {
        let place = Span::new(start, start + line.len());
        start = place.end;
        (place, line)
    })
}

/// A word with the space before it; with its whole line where it stands alone on one that goes on.
pub fn with_space(text: &str, word: Span) -> Span {
    let (before, after) = (text.get(..word.start).unwrap_or_default(), text.get(word.end..).unwrap_or_default());
    let start = before.trim_end_matches([' ', '\t']).len();
    let rest = after.split_inclusive('\n').next().unwrap_or_default();
    let goes_on = rest.ends_with('\n') && matches!(rest.trim(), "\\" | "`");
    if goes_on && before.get(..start).is_some_and(|before| before.ends_with('\n')) {
        Span::new(start, word.end + rest.len())
    } else {
        Span::new(start, word.end)
    }
}
