//! An image in the text report: a block that says what it is, and what is at each declared path and since when.

use std::io;

use annotate_snippets::{Group, Level as Mark, Title};

use super::connections::styled;
use super::{BAD, GOOD, OPEN, STRONG};
use crate::bundle::{Judgement, Verdict, day};
use crate::finding::ImagePlace;
use crate::image::{Access, Answer, Contents, Facts, File, Origin, PathFacts, Reading};
use crate::report::ImageTarget;
use crate::rules::Held;
use crate::text::escape;

/// Instructions are shown up to this many characters.
const INSTRUCTION: usize = 100;

/// A finding about an image: the layer and the instruction stand where a Dockerfile's line would.
pub fn group<'a>(title: Title<'a>, place: &ImagePlace) -> Group<'a> {
    let mut group = Group::with_title(title);
    if let (Some(path), Some(line)) = (&place.path, place.line) {
        group = group.element(Mark::NOTE.message(format!("at {path}:{line}")));
    }
    if let Some(layer) = place.layer {
        group = group.element(Mark::NOTE.message(format!("layer {layer}")));
    }
    if let Some(instruction) = &place.created_by {
        group = group.element(Mark::NOTE.message(format!("made by: {}", shortened(instruction))));
    }
    group
}

/// The block of one image.
pub fn write(target: &ImageTarget, out: &mut dyn io::Write) -> io::Result<()> {
    let facts = &target.facts;
    writeln!(out, "{STRONG}{}{STRONG:#}", escape(&target.name))?;
    writeln!(out, "  image     {} for {}", facts.manifest, escape(&facts.platform))?;
    writeln!(out, "  system    {}", system(facts))?;
    writeln!(out, "  user      {}", user(facts))?;
    for (path, judgement) in facts.paths.iter().zip(&target.judgements) {
        write_path(path, judgement.as_ref(), facts, out)?;
    }
    if let Some(Held { file, judgement, .. }) = &target.held {
        writeln!(out, "  {STRONG}{}{STRONG:#}", file.resolved)?;
        write_file(file, judgement.as_ref(), &file.resolved.to_string(), facts, out)?;
    }
    for judged in &target.connections {
        let (style, summary) = styled(judged);
        let connection = &judged.connection;
        let path =
            judged.path.as_ref().map_or_else(|| "environment".to_owned(), |path| format!("{path}:{}", connection.line));
        writeln!(out, "  {STRONG}{path}{STRONG:#}\n    {}, {style}{summary}{style:#}", connection.who())?;
    }
    if facts.unread > 0 {
        let read = facts.layers.len() - facts.unread;
        writeln!(
            out,
            "  {OPEN}not looked at{OPEN:#}  the lowest {} of {} layers: the {read} above settle what is at the path. Private keys, links \
             to the system's certificates and what runtimes refuse were not looked for in them (--read-all)",
            facts.unread,
            facts.layers.len(),
        )?;
    }
    for refusal in &facts.refusals {
        writeln!(out, "  {OPEN}not portable{OPEN:#}  layer {}: {}", refusal.origin.index + 1, escape(&refusal.why))?;
    }
    Ok(())
}

fn system(facts: &Facts) -> String {
    match &facts.os {
        Reading::Known(os) => {
            let name = if os.is_amazon() { "Amazon Linux".into() } else { escape(&os.id) };
            format!("{name} {}", escape(os.version.as_deref().unwrap_or_default())).trim_end().to_owned()
        }
        Reading::Absent => "no os-release".to_owned(),
        Reading::Unknown(why) => format!("can't tell: {why}"),
    }
}

fn user(facts: &Facts) -> String {
    let declared =
        if facts.user.declared.is_empty() { "root (none declared)".into() } else { escape(&facts.user.declared) };
    match &facts.user.identity {
        Ok(identity) => format!("{declared}: uid {}, gid {}", identity.uid, identity.gid),
        Err(why) => format!("{declared}: {}", escape(why)),
    }
}

fn write_path(
    path: &PathFacts,
    judgement: Option<&Judgement>,
    facts: &Facts,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "  {STRONG}{}{STRONG:#}", path.path)?;
    match &path.overlay {
        Answer::Present(file) => write_file(file, judgement, &path.path.to_string(), facts, out)?,
        Answer::Removed { by } => {
            writeln!(out, "    {BAD}removed{BAD:#}")?;
            write_origin("removed by", by, facts, out)?;
        }
        Answer::Absent => writeln!(out, "    {BAD}not there{BAD:#}")?,
        Answer::Unusable { obstacle, at, origin } => {
            writeln!(out, "    {BAD}no file{BAD:#}: {at} is a {} that leads to none", obstacle.kind())?;
            if let Some(origin) = origin {
                write_origin("put there by", origin, facts, out)?;
            }
        }
        Answer::Unknown { why } => writeln!(out, "    {OPEN}can't tell{OPEN:#}: {}", escape(why))?,
    }
    if path.runtime_dependent {
        writeln!(
            out,
            "    {OPEN}depends on the runtime{OPEN:#}: applied one after another, the layers make it {}",
            state(&path.applied)
        )?;
    }
    Ok(())
}

fn write_file(
    file: &File,
    judgement: Option<&Judgement>,
    path: &str,
    facts: &Facts,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let resolved = file.resolved.to_string();
    if resolved != path {
        writeln!(out, "    leads to  {resolved}")?;
    }
    write_origin("put there by", &file.origin, facts, out)?;
    let access = match (&file.access, &facts.user.identity) {
        (Access::Granted, Ok(identity)) => format!("{GOOD}readable by uid {}{GOOD:#}", identity.uid),
        (Access::Denied { .. }, Ok(identity)) => format!("{BAD}not readable by uid {}{BAD:#}", identity.uid),
        _ => format!("{OPEN}can't tell who reads it{OPEN:#}"),
    };
    let attributes = file.attributes;
    writeln!(out, "    mode      {:04o}, owner {}:{}, {access}", attributes.mode, attributes.uid, attributes.gid)?;
    match judgement {
        Some(judgement) => write_judgement(judgement, out),
        None => match file.contents.as_ref().and_then(Contents::locked) {
            Some(why) => writeln!(out, "    bundle    {OPEN}can't tell{OPEN:#}: {why}"),
            None => writeln!(out, "    bundle    {BAD}no certificate in it{BAD:#}"),
        },
    }
}

fn write_judgement(judgement: &Judgement, out: &mut dyn io::Write) -> io::Result<()> {
    let style = match judgement.verdict {
        Verdict::Current | Verdict::Extended => GOOD,
        Verdict::Outdated | Verdict::Regional => OPEN,
        Verdict::Invalid | Verdict::Foreign | Verdict::Lookalike | Verdict::Expired => BAD,
    };
    let name = match judgement.publication {
        Some(publication) => format!("the {} bundle of {}, ", publication.scope, publication.date()),
        None => String::new(),
    };
    writeln!(
        out,
        "    bundle    {style}{}{style:#}: {name}{} RDS authorities",
        judgement.verdict,
        judgement.authorities.len()
    )?;
    let covered = judgement.covered_regions.len();
    match judgement.missing_regions.as_slice() {
        [] => writeln!(out, "    regions   {covered} covered")?,
        missing => writeln!(out, "    regions   {covered} covered, not {}", missing.join(", "))?,
    }
    if let Some(next) = judgement.expires_next {
        writeln!(out, "    expires   {} ({})", day(next.not_after), next.common_name)?;
    }
    Ok(())
}

fn write_origin(what: &str, origin: &Origin, facts: &Facts, out: &mut dyn io::Write) -> io::Result<()> {
    let instruction =
        origin.created_by.as_deref().map(|instruction| format!(": {}", shortened(instruction))).unwrap_or_default();
    writeln!(out, "    {what} layer {} of {}{instruction}", origin.index + 1, facts.layers.len())
}

/// An instruction on one line, as long as is useful.
fn shortened(instruction: &str) -> String {
    let words = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    // BuildKit signs what it made; that says nothing about the instruction.
    let words = words.strip_suffix(" # buildkit").unwrap_or(&words);
    let mut shown: String = words.chars().take(INSTRUCTION).collect();
    if shown.len() < words.len() {
        shown.push('…');
    }
    escape(&shown).into_owned()
}

fn state(answer: &Answer) -> &'static str {
    match answer {
        Answer::Present(_) => "another file",
        Answer::Removed { .. } | Answer::Absent => "no file at all",
        Answer::Unusable { .. } => "nothing that can be read",
        Answer::Unknown { .. } => "something that could not be told",
    }
}
