//! Makes the bundle readable: the mode where it is put in place, or a `chmod` behind that.

use crate::bundle::url;
use crate::dockerfile::facts::Presence;
use crate::dockerfile::instruction::{Instruction, Keyword};
use crate::dockerfile::is_bundle_name;
use crate::shell::Fetch;

use super::edit::Edit;
use super::frontend::Frontend;
use super::placement;
use super::stage;
use super::wish::{Style, is_plain};
use super::{Candidate, Site};

/// What opens a bundle that cannot be read.
pub fn open(site: &Site<'_>, presence: &Presence) -> Vec<Candidate> {
    let Some(by) = presence.by.and_then(|by| stage::instruction_at(site.facts, by)) else { return Vec::new() };
    let mut candidates = Vec::new();
    if puts_only_the_bundle(site, by) {
        candidates.push(with_mode(by));
    }
    let path = presence.resolved.to_string();
    if let Some(stage) = stage::stage_of(site.facts, by).filter(|_| is_plain(&path)) {
        let edit = placement::run_as_root(site, stage, by, &format!("RUN chmod 0644 {path}"));
        candidates.push(Candidate { edits: vec![edit], ..Candidate::new("makes the bundle readable for everybody") });
    }
    if site.wish.style == Style::RunCurl {
        // Asked for by those whose builder knows no --chmod.
        candidates.reverse();
    }
    candidates
}

/// `--chmod=0644` in an `ADD` or `COPY`, in place of another mode.
fn with_mode(instruction: &Instruction) -> Candidate {
    let flag = instruction.flags.iter().find(|flag| flag.name == "chmod");
    let edit = match flag {
        Some(flag) => Edit::replace(flag.span, "--chmod=0644"),
        None => Edit::insert(instruction.word.span.end, " --chmod=0644"),
    };
    Candidate {
        edits: vec![edit],
        frontend: Some(Frontend::Chmod),
        ..Candidate::new("makes the bundle readable for everybody")
    }
}

/// Whether the mode of an instruction is the mode of the bundle and of nothing else: directories and programs have another.
fn puts_only_the_bundle(site: &Site<'_>, instruction: &Instruction) -> bool {
    if !matches!(instruction.keyword, Keyword::Add | Keyword::Copy) {
        return false;
    }
    let words = placement::words(instruction);
    let Some((_, sources)) = words.split_last() else { return false };
    let fetches = site.facts.stages.iter().flat_map(|stage| &stage.fetches);
    let fetched =
        |fetch: &&std::sync::Arc<Fetch>| fetch.span == instruction.span && url::classify(&fetch.url).is_some();
    fetches.filter(fetched).count() == sources.len()
        || sources.iter().all(|source| is_bundle_name(source) || source.starts_with("<<"))
}
