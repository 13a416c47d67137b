//! Brings the bundle in: what is written, and every place where it could stand.

use crate::bundle::{BUILTIN_PEM, Catalog, Contents};
use crate::dockerfile::context::Entry;
use crate::dockerfile::facts::{Home, Presence, Stage};
use crate::dockerfile::instruction::{Arguments, Instruction, Keyword};
use crate::shell::Extent;
use crate::text::Span;

use super::edit::Edit;
use super::frontend::Frontend;
use super::stage::{self, Runner};
use super::wish::{Style, is_plain};
use super::{Candidate, Site};

/// What AWS serves for all commercial regions.
pub const URL: &str = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

/// The file of `--style copy-vendored`, as AWS calls it.
pub const VENDORED: &str = "global-bundle.pem";

/// Places that are tried: behind the `FROM`, and the last ones of a stage that is longer than any real one.
const MAX_PLACES: usize = 64;

/// The bundle brought in as the user wishes, at every place of the stage that ships, from its top down.
pub fn bring_in(site: &Site<'_>) -> Vec<Candidate> {
    places(site, None).filter_map(|place| fetch(site, place)).collect()
}

/// The same behind what removed it.
pub fn bring_in_again(site: &Site<'_>, removed_by: Span) -> Vec<Candidate> {
    places(site, Some(removed_by)).filter_map(|place| fetch(site, place)).collect()
}

/// The bundle of a builder stage copied on.
pub fn copy_on(site: &Site<'_>) -> Vec<Candidate> {
    let Some(shipped) = site.facts.shipped() else { return Vec::new() };
    let whole = |presence: &Presence| presence.contents.parts.iter().all(|part| part.extent == Extent::Whole);
    let left = site.facts.left_behind().into_iter().find(|(index, presence)| {
        *index < shipped.index && presence.home == Home::File && whole(presence) && is_plain(&presence.path.to_string())
    });
    let Some((builder, presence)) = left else { return Vec::new() };
    let Some(builder) = site.facts.stages.get(builder) else { return Vec::new() };
    let name = builder.name.clone().unwrap_or_else(|| builder.index.to_string());
    let (from, to) = (&presence.path, &site.wish.path);
    let what = format!("copies the bundle from stage {name:?}");
    let text = site.facts.file.text();
    let with_mode = |place: &Instruction| Candidate {
        edits: vec![Edit::add_lines_after(text, place, &format!("COPY --from={name} --chmod=0644 {from} {to}"))],
        frontend: Some(Frontend::Chmod),
        ..Candidate::new(what.clone())
    };
    // For builders without BuildKit: with the mode that it has, if that will do.
    let as_it_is = |place: &Instruction| Candidate {
        edits: vec![Edit::add_lines_after(text, place, &format!("COPY --from={name} {from} {to}"))],
        ..Candidate::new(what.clone())
    };
    let plain = places(site, None).filter(|_| site.wish.style == Style::RunCurl).map(as_it_is);
    plain.chain(places(site, None).map(with_mode)).collect()
}

/// The instruction that was undone, moved behind what undid it: only an `ADD` of one address that nothing between the two names.
pub fn move_behind(site: &Site<'_>, removed_by: Span) -> Option<Candidate> {
    let shipped = site.facts.shipped()?;
    let remover = stage::instruction_at(site.facts, removed_by)?;
    let text = site.facts.file.text();
    let adds = |instruction: &&Instruction| {
        let fetched = || shipped.fetches.iter().any(|fetch| fetch.span == instruction.span);
        instruction.keyword == Keyword::Add && instruction.span.end <= remover.span.start && fetched()
    };
    let mut added = stage::instructions(site.facts, shipped).filter(adds).filter(|add| words(add).len() == 2);
    let (add, None) = (added.next()?, added.next()) else { return None };
    let target = words(add).last().copied()?;
    let between = stage::instructions(site.facts, shipped)
        .filter(|instruction| add.span.end <= instruction.span.start && instruction.span.start < remover.span.start);
    if between.into_iter().any(|instruction| site.facts.file.slice(instruction.span).contains(target)) {
        return None;
    }
    let edits = vec![
        Edit::delete_lines_of(text, add),
        Edit::add_lines_after(text, remover, &site.facts.file.slice(add.span).replace("\r\n", "\n")),
    ];
    Some(Candidate { edits, ..Candidate::new("moves the bundle behind what removed it") })
}

/// The words of an `ADD` or `COPY` behind its flags.
pub fn words(instruction: &Instruction) -> Vec<&str> {
    match &instruction.arguments {
        Arguments::Words(words) | Arguments::Json(words) => words.iter().map(|word| word.text.as_str()).collect(),
        Arguments::Pairs(_) | Arguments::Line(_) => Vec::new(),
    }
}

/// A line that is run as root behind an instruction, and the user put back.
pub fn run_as_root(site: &Site<'_>, stage: &Stage, place: &Instruction, line: &str) -> Edit {
    let lines = match stage::runner(site.facts, stage, place.span.end) {
        Runner::Root | Runner::Unknown => line.to_owned(),
        Runner::User(user) => format!("USER root\n{line}\nUSER {user}"),
    };
    Edit::add_lines_after(site.facts.file.text(), place, &lines)
}

/// The instructions of the stage that ships behind which something can stand.
fn places<'f>(site: &Site<'f>, behind: Option<Span>) -> impl Iterator<Item = &'f Instruction> {
    let shipped = site.facts.shipped().map(|shipped| stage::instructions(site.facts, shipped));
    let mut places: Vec<&Instruction> = shipped.into_iter().flatten().collect();
    if let Some(behind) = behind {
        places.retain(|instruction| instruction.span.end >= behind.end);
    }
    let skipped = places.len().saturating_sub(MAX_PLACES);
    places.into_iter().enumerate().filter(move |(index, _)| *index == 0 || *index > skipped).map(|(_, place)| place)
}

/// The bundle fetched behind an instruction.
fn fetch(site: &Site<'_>, place: &Instruction) -> Option<Candidate> {
    let (text, path) = (site.facts.file.text(), &site.wish.path);
    let newest = Catalog::builtin().newest();
    let said = |frontend, what: &str, line: &str| Candidate {
        edits: vec![Edit::add_lines_after(text, place, line)],
        frontend,
        ..Candidate::new(what)
    };
    Some(match site.wish.style {
        Style::Add => said(
            Some(Frontend::Chmod),
            "adds the bundle; AWS replaces the file in place, and a build takes what is served that day (--style add-checksum pins it)",
            &format!("ADD --chmod=0644 {URL} {path}"),
        ),
        Style::AddChecksum => {
            let publication = newest?;
            let what = format!(
                "adds the bundle of {}; AWS replaces the file in place, and from then on the build fails until `rdsca bundle pin --update` is run",
                publication.date()
            );
            let line = format!("ADD --chmod=0644 --checksum={} {URL} {path}", publication.sha256);
            said(Some(Frontend::Checksum), &what, &line)
        }
        Style::RunCurl => {
            let publication = newest?;
            let shipped = site.facts.shipped()?;
            let what = format!(
                "fetches the bundle of {} with curl; AWS replaces the file in place, and from then on the build fails until `rdsca bundle pin --update` is run",
                publication.date()
            );
            let more = format!(" {}\n && ", site.facts.dockerfile.escape.character());
            let mut commands = Vec::new();
            commands.extend(stage::curl_installer(site.facts, shipped, place.span.end).map(str::to_owned));
            commands.push(format!("curl -fsSLo {path} {URL}"));
            commands.push(format!("echo \"{}  {path}\" | sha256sum -c -", publication.sha256.hex()));
            commands.push(format!("chmod 0644 {path}"));
            let edit = run_as_root(site, shipped, place, &format!("RUN {}", commands.join(&more)));
            Candidate { edits: vec![edit], ..Candidate::new(what) }
        }
        Style::CopyVendored => {
            let vendor = match site.context.read(VENDORED) {
                Entry::Missing if site.can_vendor => true,
                Entry::File { bytes, .. } if !Contents::read(&bytes).certificates.is_empty() => false,
                _ => return None,
            };
            let known = Catalog::builtin().newest_known()?.date();
            let what = format!(
                "copies {VENDORED} of the build context{}; AWS replaces its file in place, this copy stays as it is until somebody renews it",
                if vendor { format!(", which is added as of {known}") } else { String::new() }
            );
            Candidate { vendor, ..said(Some(Frontend::Chmod), &what, &format!("COPY --chmod=0644 {VENDORED} {path}")) }
        }
    })
}

/// The bytes of the vendored file.
pub fn vendored() -> &'static [u8] {
    BUILTIN_PEM
}
