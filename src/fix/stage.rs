//! Where in a stage something may stand, and as whom it is carried out there.

use crate::dockerfile::base::Reference;
use crate::dockerfile::facts::{Base, Facts, Stage, UserSet};
use crate::dockerfile::instruction::{Arguments, Instruction, Keyword};
use crate::text::Span;

/// The instructions of a stage, its `FROM` first.
pub fn instructions<'f>(facts: &'f Facts, stage: &Stage) -> impl DoubleEndedIterator<Item = &'f Instruction> {
    let end = facts.stages.get(stage.index + 1).map_or(usize::MAX, |next| next.from.start);
    let range = stage.from.start..end;
    facts.dockerfile.instructions.iter().filter(move |instruction| range.contains(&instruction.span.start))
}

/// The instruction that a span lies in.
pub fn instruction_at(facts: &Facts, span: Span) -> Option<&Instruction> {
    let holds = |instruction: &&Instruction| instruction.span.start <= span.start && span.end <= instruction.span.end;
    facts.dockerfile.instructions.iter().find(holds)
}

/// The stage that an instruction stands in.
pub fn stage_of<'f>(facts: &'f Facts, instruction: &Instruction) -> Option<&'f Stage> {
    facts.stages.iter().rfind(|stage| stage.from.start <= instruction.span.start)
}

/// The stage and those below it, each with the instructions of it that come before `position`, the last one first.
fn before(facts: &Facts, stage: usize, position: usize) -> impl Iterator<Item = &Instruction> {
    let stages = facts.lineage(stage).into_iter().filter_map(|index| facts.stages.get(index));
    stages.flat_map(move |of| {
        let end = if of.index == stage { position } else { usize::MAX };
        instructions(facts, of).rev().filter(move |instruction| instruction.span.end <= end)
    })
}

/// Whom commands run as at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Root.
    Root,
    /// Somebody else: the words of his `USER`.
    User(String),
    /// The base image's user, who is not known.
    Unknown,
}

/// Whom commands run as in a stage behind `position`.
pub fn runner(facts: &Facts, stage: &Stage, position: usize) -> Runner {
    let user = before(facts, stage.index, position).find(|instruction| instruction.keyword == Keyword::User);
    if let Some(user) = user {
        let Arguments::Line(line) = &user.arguments else { return Runner::Unknown };
        let words = line.text.trim();
        let name = words.split(':').next().unwrap_or(words);
        return if matches!(name, "root" | "0") { Runner::Root } else { Runner::User(words.to_owned()) };
    }
    // No `USER` before it: the one at the end tells what the base brought, unless that is a later one's.
    match stage.user.set {
        UserSet::Base if stage.user.uid != Some(0) => Runner::User(stage.user.name.clone()),
        UserSet::Unknown => Runner::Unknown,
        _ => Runner::Root,
    }
}

/// The command that installs curl where it may be missing: in images made without it, and where it was taken out.
pub fn curl_installer(facts: &Facts, stage: &Stage, position: usize) -> Option<&'static str> {
    let minimal = is_minimal(facts, stage);
    let removed = before(facts, stage.index, position).any(|instruction| {
        let text = facts.file.slice(instruction.span);
        let word = |wanted: &[&str]| {
            text.split(|character: char| character.is_whitespace() || matches!(character, ';' | '&' | '|'))
                .any(|word| wanted.contains(&word))
        };
        instruction.keyword == Keyword::Run && word(&["remove", "erase", "-e"]) && word(&["curl", "curl-minimal"])
    });
    if !minimal && !removed {
        return None;
    }
    let version = match &stage.os {
        crate::dockerfile::facts::Os::Amazon { version } => version.as_deref(),
        _ => None,
    };
    Some(match version {
        Some("2" | "2018.03") => "yum install -y curl && yum clean all",
        _ if minimal => "microdnf install -y curl-minimal && microdnf clean all",
        Some(_) => "dnf install -y curl-minimal && dnf clean all",
        // What both have; dnf answers to it too.
        None => "yum install -y curl && yum clean all",
    })
}

/// Whether a stage is built upon an image whose only package manager is microdnf.
fn is_minimal(facts: &Facts, stage: &Stage) -> bool {
    let bases = facts.lineage(stage.index).into_iter().filter_map(|index| facts.stages.get(index));
    bases.into_iter().any(|stage| match &stage.base {
        Base::Image(reference) => Reference::new(reference).tag.is_some_and(|tag| tag.contains("minimal")),
        _ => false,
    })
}
