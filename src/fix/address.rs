//! Replaces a retired or regional address by the one of today for all regions, and keeps the name of the file.

use crate::bundle::url::{self, UrlClass};
use crate::bundle::{Catalog, Scope};
use crate::dockerfile::instruction::{Arguments, Instruction, Keyword};
use crate::shell::{Extent, Fetch, Source};
use crate::text::Span;

use super::command::{fetch_of, words_in};
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

/// The bundle of all regions in place of those of single ones; then the same with the names of the files kept. Those of other partitions
/// are left: their databases are in no other bundle.
pub fn widen(site: &Site<'_>) -> Vec<Candidate> {
    let Some(shipped) = site.facts.shipped() else { return Vec::new() };
    let mut edits = Vec::new();
    let mut named = Vec::new();
    for fetch in site.facts.bundle_fetches() {
        let is_used = shipped.materials().iter().any(|place| place.holds_of(fetch));
        let Some(regional) = url::classify(&fetch.url).filter(|_| is_used) else { continue };
        let UrlClass::Regional(Some(_)) = regional.class else { continue };
        let Some(instruction) = stage::instruction_at(site.facts, fetch.span) else { return Vec::new() };
        let places = literals(site, fetch.span, &fetch.url);
        let Some(pins) = renewed_pins(site, instruction) else { return Vec::new() };
        if places.is_empty() {
            return Vec::new();
        }
        let new = if regional.pkcs7 { URL_PKCS7 } else { URL };
        edits.extend(places.into_iter().map(|place| Edit::replace(place, new)));
        edits.extend(pins);
        named.extend(keep_name(site, instruction, fetch));
    }
    if edits.is_empty() {
        return Vec::new();
    }
    edits.sort_by_key(|edit| edit.span);
    edits.dedup();
    let what = "fetches the bundle of all commercial regions";
    let kept = edits.iter().cloned().chain(named.into_iter().flatten()).collect();
    let under_old_names = Candidate { edits: kept, ..Candidate::new(format!("{what}, under the old name")) };
    vec![Candidate { edits, ..Candidate::new(what) }, under_old_names]
}

/// Whether only the first certificate of what is fetched is used: that of a single root was all there is, that of a bundle is not.
fn is_taken_in_part(site: &Site<'_>, fetch: &Fetch) -> bool {
    let parts =
        site.facts.stages.iter().flat_map(|stage| stage.materials()).flat_map(|presence| &presence.contents.parts);
    let extents: Vec<Extent> = parts
        .filter(|part| matches!(&part.source, Source::Fetch(other) if other.span == fetch.span))
        .map(|part| part.extent)
        .collect();
    !extents.is_empty() && extents.iter().all(|extent| *extent != Extent::Whole)
}

/// Where an address stands as it is: in the command, or else in the instructions that may have put it into a variable.
pub fn literals(site: &Site<'_>, command: Span, address: &str) -> Vec<Span> {
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

/// Pins of the retired or regional file in the stage, renewed; none where the instruction pins something that nobody knows.
fn renewed_pins(site: &Site<'_>, instruction: &Instruction) -> Option<Vec<Edit>> {
    let file = &site.facts.file;
    let catalog = Catalog::builtin();
    let newest = catalog.newest()?.sha256;
    let stage = stage::stage_of(site.facts, instruction)?;
    let mut edits = Vec::new();
    for other in stage::instructions(site.facts, stage) {
        for (span, digest) in pin::digests(file.slice(other.span), other.span.start) {
            match catalog.publication(&digest) {
                Some(publication) if matches!(publication.scope, Scope::Retired | Scope::Regional(_)) => {
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
