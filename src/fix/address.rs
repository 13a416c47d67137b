//! Repairs the address that the bundle comes from, and the way it is fetched.

use crate::bundle::url::{self, UrlClass};
use crate::bundle::{Catalog, Scope};
use crate::dockerfile::instruction::{Arguments, Instruction, Keyword};
use crate::finding::Location;
use crate::shell::{Extent, Fetch, Source};
use crate::text::Span;

use super::edit::Edit;
use super::placement::URL;
use super::{Candidate, Site, pin, stage};

/// What AWS serves in the form that Windows and some Java clients read.
const URL_PKCS7: &str = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.p7b";

/// The address of today in place of a retired one; then the same with the name of the file kept, where it came from the address.
pub fn renew(site: &Site<'_>) -> Vec<Candidate> {
    let Some((instruction, fetch)) = fetch_of(site) else { return Vec::new() };
    let Some(retired) = url::classify(&fetch.url).filter(|url| url.class == UrlClass::Retired) else {
        return Vec::new();
    };
    let new = if retired.pkcs7 { URL_PKCS7 } else { URL };
    let places = literals(site, fetch.span, &fetch.url);
    let Some(pins) = renewed_pins(site, instruction) else { return Vec::new() };
    if places.is_empty() || is_taken_in_part(site, fetch) {
        return Vec::new();
    }
    let mut edits: Vec<Edit> = places.into_iter().map(|place| Edit::replace(place, new)).collect();
    edits.extend(pins);
    let what = "replaces the retired address by the one of today";
    let named = keep_name(site, instruction, fetch).map(|more| Candidate {
        edits: edits.iter().cloned().chain(more).collect(),
        ..Candidate::new(format!("{what}, under the old name"))
    });
    [Candidate { edits, ..Candidate::new(what) }].into_iter().chain(named).collect()
}

/// Whether only the first certificate of what is fetched is used: that of a single root was all there is, that of a bundle is not.
fn is_taken_in_part(site: &Site<'_>, fetch: &Fetch) -> bool {
    let parts =
        site.facts.stages.iter().flat_map(|stage| stage.materials()).flat_map(|presence| presence.contents.parts);
    let extents: Vec<Extent> = parts
        .filter(|part| matches!(&part.source, Source::Fetch(other) if other.span == fetch.span))
        .map(|part| part.extent)
        .collect();
    !extents.is_empty() && extents.iter().all(|extent| *extent != Extent::Whole)
}

/// https in place of http; the options that turn verification off taken away; both.
pub fn verify(site: &Site<'_>) -> Vec<Candidate> {
    let Some((instruction, fetch)) = fetch_of(site) else { return Vec::new() };
    let mut edits = Vec::new();
    if !fetch.is_encrypted() {
        let secure = |place: Span| Edit::replace(Span::new(place.start, place.start + "http".len()), "https");
        let bare = fetch.url.strip_prefix("http://").unwrap_or(&fetch.url);
        let places = literals(site, fetch.span, &fetch.url);
        if places.is_empty() {
            // curl and wget take an address without a scheme for http.
            edits.extend(
                literals(site, fetch.span, bare).into_iter().map(|place| Edit::insert(place.start, "https://")),
            );
        } else {
            edits.extend(places.into_iter().map(secure));
        }
    }
    if !fetch.certificate_checked {
        let text = site.facts.file.text();
        let mut dropped = without_insecure(text, fetch, fetch.span);
        if dropped.is_empty() {
            // In a heredoc without its tabs no command has a place of its own, but it has a line.
            dropped = lines(text, instruction.span)
                .filter(|(_, line)| line.contains(&fetch.by))
                .flat_map(|(span, _)| without_insecure(text, fetch, span))
                .collect();
        }
        edits.extend(dropped);
    }
    vec![Candidate { edits, ..Candidate::new("fetches the bundle over a connection that is verified") }]
}

/// The fetch that a finding is about, and its instruction.
fn fetch_of<'f>(site: &Site<'f>) -> Option<(&'f Instruction, &'f Fetch)> {
    let Location::Text(place) = &site.finding.location else { return None };
    let fetches = site.facts.stages.iter().flat_map(|stage| &stage.fetches);
    let fetch = fetches.into_iter().find(|fetch| fetch.span == place.span && url::classify(&fetch.url).is_some())?;
    Some((stage::instruction_at(site.facts, place.span)?, fetch))
}

/// Where an address stands as it is: in the command, or else in the instructions that may have put it into a variable.
fn literals(site: &Site<'_>, command: Span, address: &str) -> Vec<Span> {
    let file = &site.facts.file;
    let within = |span: Span| {
        let text = file.slice(span);
        let found =
            text.match_indices(address).map(move |(at, _)| Span::new(span.start + at, span.start + at + address.len()));
        // A longer address that begins like this one is another one.
        let ends = move |place: &Span| {
            text.get(place.end - span.start..)
                .and_then(|rest| rest.chars().next())
                .is_none_or(|next| !(next.is_ascii_alphanumeric() || "-._~/?#&%=+".contains(next)))
        };
        found.filter(ends).collect::<Vec<_>>()
    };
    let here = within(command);
    if !here.is_empty() {
        return here;
    }
    let settable =
        |instruction: &&Instruction| matches!(instruction.keyword, Keyword::Arg | Keyword::Env | Keyword::Run);
    site.facts
        .dockerfile
        .instructions
        .iter()
        .filter(settable)
        .flat_map(|instruction| within(instruction.span))
        .collect()
}

/// Pins of the retired file in the stage, renewed; none where the instruction pins something that nobody knows.
fn renewed_pins(site: &Site<'_>, instruction: &Instruction) -> Option<Vec<Edit>> {
    let file = &site.facts.file;
    let catalog = Catalog::builtin();
    let newest = catalog.newest()?.sha256;
    let stage = stage::stage_of(site.facts, instruction)?;
    let mut edits = Vec::new();
    for other in stage::instructions(site.facts, stage) {
        for (span, digest) in pin::digests(file.slice(other.span), other.span.start) {
            match catalog.publication(&digest) {
                Some(publication) if publication.scope == Scope::Retired => {
                    edits.push(Edit::replace(span, newest.hex()));
                }
                None if other.span == instruction.span => return None,
                _ => {}
            }
        }
    }
    Some(edits)
}

/// What keeps a file's name though its address has another one: `ADD` into a directory, `curl -O`, and wget without `-O`.
fn keep_name(site: &Site<'_>, instruction: &Instruction, fetch: &Fetch) -> Option<Vec<Edit>> {
    let name = fetch.url.split(['?', '#']).next()?.rsplit('/').next().filter(|name| super::wish::is_plain(name))?;
    let text = site.facts.file.text();
    if instruction.keyword == Keyword::Add {
        let (Arguments::Words(words) | Arguments::Json(words)) = &instruction.arguments else { return None };
        let [_, target] = words.as_slice() else { return None };
        let end = if text.get(..target.span.end)?.ends_with('"') { target.span.end - 1 } else { target.span.end };
        let slash = if target.text.ends_with('/') { "" } else { "/" };
        return Some(vec![Edit::insert(end, format!("{slash}{name}"))]);
    }
    let words = words_in(text, fetch.span);
    match fetch.by.as_str() {
        "curl" => words.into_iter().find_map(|(span, word)| {
            let flags = word.strip_prefix('-')?;
            if flags == "-remote-name" {
                return Some(vec![Edit::replace(span, format!("-o {name}"))]);
            }
            let rest = flags.replacen('O', "", 1);
            let short = flags.contains('O') && flags.bytes().all(|byte| byte.is_ascii_alphabetic());
            short.then(|| {
                let kept = if rest.is_empty() { String::new() } else { format!("-{rest} ") };
                vec![Edit::replace(span, format!("{kept}-o {name}"))]
            })
        }),
        "wget" => words.first().map(|(command, _)| vec![Edit::insert(command.end, format!(" -O {name}"))]),
        _ => None,
    }
}

/// Takes away what turns the check of the server's certificate off.
fn without_insecure(text: &str, fetch: &Fetch, command: Span) -> Vec<Edit> {
    let words = words_in(text, command);
    let edit = |(span, word): (Span, &str)| {
        let bare = word.trim_matches(['"', '\'']);
        let whole = match fetch.by.as_str() {
            "curl" => matches!(bare, "-k" | "--insecure"),
            "wget" | "wget2" => bare == "--no-check-certificate",
            "aria2c" => bare == "--check-certificate=false",
            "aws" => bare == "--no-verify-ssl",
            _ => false,
        };
        if whole {
            return Some(Edit::delete(with_space(text, span)));
        }
        // Among short flags, before one that takes a value.
        let flags = bare.strip_prefix('-').filter(|_| fetch.by == "curl" && bare == word)?;
        let at = flags.find('k').filter(|_| !flags.starts_with('-'))?;
        flags.get(..at)?.bytes().all(|flag| b"#0123456789aBfgGIiJjkLlMNnOpqRsSvZ".contains(&flag)).then(|| {
            let start = span.start + 1 + at;
            Edit::delete(Span::new(start, start + 1))
        })
    };
    words.into_iter().filter_map(edit).collect()
}

/// A word with the space before it; with its whole line where it stands alone on one that goes on.
fn with_space(text: &str, word: Span) -> Span {
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

/// The lines of a part of a text.
fn lines(text: &str, span: Span) -> impl Iterator<Item = (Span, &str)> {
    let mut start = span.start;
    text.get(span.range()).unwrap_or_default().split_inclusive('\n').map(move |line| {
        let place = Span::new(start, start + line.len());
        start = place.end;
        (place, line)
    })
}

/// The words in a part of a text, parted by white space.
fn words_in(text: &str, span: Span) -> Vec<(Span, &str)> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::edit::apply;

    fn secured(by: &str, text: &str) -> String {
        let fetch = Fetch {
            url: String::new(),
            by: by.to_owned(),
            span: Span::new(0, text.len()),
            certificate_checked: false,
            fails_on_http_error: false,
            failure_ignored: false,
            content_checked: false,
            pinned: false,
        };
        apply(text, &without_insecure(text, &fetch, fetch.span)).unwrap()
    }

    #[test]
    fn only_what_turns_verification_off_goes() {
        for (by, before, after) in [
            ("curl", "curl -k -o x u", "curl -o x u"),
            ("curl", "curl -sSkLo x u", "curl -sSLo x u"),
            ("curl", "curl -ok u", "curl -ok u"),
            ("curl", "curl --insecure u -o bank", "curl u -o bank"),
            ("curl", "curl -fsS \\\n    -k \\\n    -o x u", "curl -fsS \\\n    -o x u"),
            ("curl", "curl -fsS \\\r\n    --insecure \\\r\n    -o x u", "curl -fsS \\\r\n    -o x u"),
            ("wget", "wget -q --no-check-certificate u", "wget -q u"),
            ("aria2c", "aria2c --check-certificate=false u", "aria2c u"),
        ] {
            assert_eq!(secured(by, before), after);
        }
    }
}
