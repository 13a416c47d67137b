//! Compares what a mirror serves with a publication of AWS's.

use crate::bundle::{Catalog, url};
use crate::dockerfile::instruction::{Instruction, Keyword};
use crate::shell::Fetch;
use crate::text::Span;

use super::edit::Edit;
use super::frontend::Frontend;
use super::wish::is_plain;
use super::{Candidate, Site, stage};

/// The name under which AWS serves the bundle of all regions. Which publication a file of another name is to be, nobody can know.
const NAME: &str = "global-bundle.pem";

/// Every download of the bundle from a mirror compared: `ADD --checksum`, or `sha256sum -c` behind the command, or behind its instruction.
pub fn pin_mirrored(site: &Site<'_>) -> Vec<Candidate> {
    let Some(newest) = Catalog::builtin().newest() else { return Vec::new() };
    let what = format!(
        "compares the bundle with that of {}: the build fails where the mirror serves another one; `rdsca bundle pin --update` renews the digest",
        newest.date()
    );
    let mut candidates = Vec::new();
    for place in [Place::Command, Place::Instruction] {
        let mut candidate = Candidate::new(what.clone());
        let mut all = true;
        for fetch in site.facts.bundle_fetches().filter(|fetch| is_mirrored(fetch)) {
            let edit =
                stage::instruction_at(site.facts, fetch.span).filter(|_| is_bundle(fetch)).and_then(|instruction| {
                    Some((instruction, compared(site, instruction, fetch, place, &newest.sha256.hex())?))
                });
            let Some((instruction, edit)) = edit else {
                all = false;
                break;
            };
            if instruction.keyword == Keyword::Add {
                candidate.frontend = Some(Frontend::Checksum);
            }
            candidate.edits.push(edit);
        }
        if all && !candidate.edits.is_empty() {
            candidates.push(candidate);
        }
    }
    candidates
}

/// Where the comparison goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Command,
    Instruction,
}

fn is_mirrored(fetch: &Fetch) -> bool {
    !fetch.pinned && url::classify(&fetch.url).is_none()
}

fn is_bundle(fetch: &Fetch) -> bool {
    fetch.url.split(['?', '#']).next().and_then(|address| address.rsplit('/').next()) == Some(NAME)
}

fn compared(site: &Site<'_>, instruction: &Instruction, fetch: &Fetch, place: Place, digest: &str) -> Option<Edit> {
    if instruction.keyword == Keyword::Add {
        return Some(Edit::insert(instruction.word.span.end, format!(" --checksum=sha256:{digest}")));
    }
    let stage = stage::stage_of(site.facts, instruction)?;
    let file = stage.materials().iter().find(|presence| presence.is_made_of(fetch))?.path.to_string();
    if !is_plain(&file) {
        return None;
    }
    let check = format!("echo \"{digest}  {file}\" | sha256sum -c -");
    let text = site.facts.file.text();
    match place {
        Place::Command => {
            // In the middle of a pipe it would be fed with what goes through it.
            let rest =
                text.get(Span::new(fetch.span.end, instruction.span.end).range())?.trim_start_matches([' ', '\t']);
            let goes_on = ["&&", ";", "\\", "`", "\n", "\r"].iter().any(|next| rest.starts_with(next));
            (rest.is_empty() || goes_on).then(|| Edit::insert(fetch.span.end, format!(" && {check}")))
        }
        Place::Instruction => Some(Edit::add_lines_after(text, instruction, &format!("RUN {check}"))),
    }
}
