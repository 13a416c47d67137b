//! Repairs the way the bundle is fetched: over a verified connection, and with a failure that is noticed.

use crate::shell::Fetch;
use crate::text::Span;

use super::address::literals;
use super::command::{fetch_of, lines, with_space, words_in};
use super::edit::Edit;
use super::{Candidate, Site};

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

/// `curl -f`, so that an error page fails; and no `|| true`, so that a failure counts.
pub fn notice_failure(site: &Site<'_>) -> Vec<Candidate> {
    let Some((instruction, fetch)) = fetch_of(site) else { return Vec::new() };
    let text = site.facts.file.text();
    let mut edits = Vec::new();
    if !fetch.fails_on_http_error && fetch.by == "curl" {
        let here = with_fail(text, fetch.span);
        let in_lines =
            || lines(text, instruction.span).filter_map(|(line, _)| with_fail(text, line)).collect::<Vec<_>>();
        edits = here.map_or_else(in_lines, |edit| vec![edit]);
    }
    if fetch.failure_ignored {
        let behind = Span::new(fetch.span.end, instruction.span.end);
        let words: Vec<_> = words_in(text, behind).into_iter().take(2).collect();
        if let [(or, "||"), (ignored, "true" | ":" | "true;" | ":;")] = words.as_slice() {
            let end = ignored.end - usize::from(text.get(..ignored.end).is_some_and(|before| before.ends_with(';')));
            edits.push(Edit::delete(Span::new(with_space(text, *or).start, end)));
        }
    }
    vec![Candidate { edits, ..Candidate::new("makes a download that fails fail the build") }]
}

/// `-f` behind the word `curl`, or in the short flags that follow it.
fn with_fail(text: &str, command: Span) -> Option<Edit> {
    let words = words_in(text, command);
    let at = words.iter().position(|(_, word)| *word == "curl" || word.ends_with("/curl"))?;
    let (curl, _) = words.get(at)?;
    match words.get(at + 1) {
        Some((flags, word))
            if word
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic())) =>
        {
            Some(Edit::insert(flags.start + 1, "f"))
        }
        _ => Some(Edit::insert(curl.end, " -f")),
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
    fn curl_learns_to_fail() {
        for (before, after) in [
            ("curl u > x", "curl -f u > x"),
            ("/usr/bin/curl -sSLo x u", "/usr/bin/curl -fsSLo x u"),
            ("curl --silent u", "curl -f --silent u"),
            ("sudo curl -O u", "sudo curl -fO u"),
        ] {
            let edit = with_fail(before, Span::new(0, before.len()));
            assert_eq!(apply(before, edit.as_slice()).as_deref(), Some(after));
        }
        assert_eq!(with_fail("wget u", Span::new(0, 6)), None);
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
