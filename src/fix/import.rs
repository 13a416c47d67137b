//! Takes the whole bundle where a command took its first certificate: piece by piece into a keystore, or as it is into a file.

use crate::dockerfile::instruction::Instruction;
use crate::finding::Location;
use crate::text::Span;

use super::command::words_in;
use super::edit::{Edit, line_end};
use super::{Candidate, Site, stage};

/// Where the pieces of a bundle lie while they are imported.
const PIECES: &str = "/tmp/rds-ca-";

/// What imports all of the bundle that a finding says is imported in part.
pub fn take_all(site: &Site<'_>) -> Vec<Candidate> {
    let Location::Text(place) = &site.finding.location else { return Vec::new() };
    let Some(instruction) = stage::instruction_at(site.facts, place.span) else { return Vec::new() };
    let text = site.facts.file.text();
    let words: Vec<(Span, &str)> = words_in(text, place.span).into_iter().filter(|(_, word)| *word != "\\").collect();
    let is = |name: &str| words.iter().any(|(_, word)| word.rsplit('/').next() == Some(name));
    let candidate = if is("keytool") {
        each_piece(site, instruction, place.span, &words)
    } else if is("openssl") {
        as_it_is(place.span, &words)
    } else {
        None
    };
    candidate.into_iter().collect()
}

/// `csplit`, and keytool for every piece; what keytool is told stays as it is, but for the file and the alias.
fn each_piece(site: &Site<'_>, instruction: &Instruction, command: Span, words: &[(Span, &str)]) -> Option<Candidate> {
    let text = site.facts.file.text();
    // What answers keytool's question through a pipe answers it once.
    if text.get(..command.start)?.trim_end_matches([' ', '\t']).ends_with('|') {
        return None;
    }
    let value = |name: &str| {
        let at = words.iter().position(|(_, word)| *word == name)?;
        words.get(at + 1)
    };
    let (file, bundle) = *value("-file")?;
    if bundle.contains(['"', '\'']) && bundle.contains(['*', '$', '`']) {
        return None;
    }
    let alias = match value("-alias") {
        Some((alias, _)) => Edit::replace(*alias, "\"$(basename \"$piece\")\""),
        None => Edit::insert(command.end, " -alias \"$(basename \"$piece\")\""),
    };
    // The lines of a script that is a heredoc go on as they are; those of an instruction need its escape character.
    let goes_on = if instruction.heredocs.is_empty() {
        format!(" {}{}", site.facts.dockerfile.escape.character(), line_end(text))
    } else {
        " ".to_owned()
    };
    let split = format!("csplit -sz -f {PIECES} -b %03d.pem {bundle} '/-----BEGIN CERTIFICATE-----/' '{{*}}'");
    let mut edits = vec![
        Edit::insert(command.start, format!("{split}{goes_on} && for piece in {PIECES}*.pem; do ")),
        Edit::replace(file, "\"$piece\""),
        alias,
    ];
    edits.push(Edit::insert(command.end, format!(" || exit 1; done{goes_on} && rm {PIECES}*.pem")));
    Some(Candidate {
        edits,
        ..Candidate::new("imports every certificate of the bundle, each under an alias of its own")
    })
}

/// `cat` in place of `openssl x509`, which reads one certificate.
fn as_it_is(command: Span, words: &[(Span, &str)]) -> Option<Candidate> {
    let mut words = words.iter().map(|(_, word)| *word);
    if words.next()?.rsplit('/').next() != Some("openssl") || words.next()? != "x509" {
        return None;
    }
    let (mut input, mut output) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "-in" => input = Some(words.next()?.to_owned()),
            "-out" | ">" => output = Some(format!("> {}", words.next()?)),
            "-inform" | "-outform" if words.next()?.eq_ignore_ascii_case("pem") => {}
            _ => return None,
        }
    }
    let line = ["cat".to_owned()].into_iter().chain(input).chain([output?]).collect::<Vec<_>>().join(" ");
    let edits = vec![Edit::replace(command, line)];
    Some(Candidate { edits, ..Candidate::new("copies the bundle as it is and not its first certificate alone") })
}
