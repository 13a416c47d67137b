//! Ignores: what somebody decided not to hear about, why, and until when. Those that stand in a Dockerfile are read here:
//!
//! ```text
//! # rdsca: ignore[bundle-never-fetched, fetch-not-pinned] until=2027-03-31 -- reads from S3 only
//! ```

use std::sync::Arc;

use globset::GlobMatcher;
use jiff::civil::Date;

use super::{Finding, Location};
use crate::dockerfile::facts::Facts;
use crate::dockerfile::instruction::Keyword;
use crate::text::{Place, SourceFile, Span};

/// One rule that is not to be heard about, somewhere.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The rule's id, as written.
    pub rule: String,
    /// Where it holds.
    pub scope: Scope,
    /// The last day on which it holds; none for ever.
    pub until: Option<Date>,
    /// Why; never empty.
    pub reason: String,
    /// Where it is written: the rule's id.
    pub place: Place,
}

/// Where an ignore holds.
#[derive(Clone, Debug)]
pub enum Scope {
    /// In all of the Dockerfile that it is written in.
    File,
    /// In one of its stages: what is about this part of the text, or explained by it.
    Stage(Span),
    /// In one of its instructions.
    Instruction(Span),
    /// In whatever is looked at under this configuration.
    Everywhere,
    /// In files whose path from the configuration's folder fits.
    Paths(GlobMatcher),
    /// In images whose name fits.
    Images(GlobMatcher),
}

impl Scope {
    /// Whether it is written in a Dockerfile and not in a configuration.
    pub const fn is_inline(&self) -> bool {
        matches!(self, Scope::File | Scope::Stage(_) | Scope::Instruction(_))
    }

    /// Whether it names one file or image and not a pattern of them.
    pub fn names_one(&self) -> bool {
        match self {
            Scope::Paths(glob) | Scope::Images(glob) => !glob.glob().glob().contains(['*', '?', '[', '{']),
            Scope::File | Scope::Stage(_) | Scope::Instruction(_) => true,
            Scope::Everywhere => false,
        }
    }
}

/// What became of an ignore in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Something was ignored for it.
    Used,
    /// All that it is about was looked at, and there was nothing to ignore.
    Unused,
    /// Its last day is over.
    Expired,
    /// It may be about something that was not looked at.
    Unseen,
}

/// What a finding is about, as far as ignores ask.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'s> {
    /// A text in a file.
    File {
        /// Its path from the configuration's folder, with `/`.
        path: &'s str,
        /// The text.
        text: &'s Arc<SourceFile>,
    },
    /// An image.
    Image {
        /// As the user named it.
        name: &'s str,
    },
}

impl Ignore {
    /// Whether it no longer holds on that day.
    pub fn is_expired(&self, day: Date) -> bool {
        self.until.is_some_and(|until| day > until)
    }

    /// Whether it is about that subject at all, whatever is found there.
    pub fn concerns(&self, subject: Subject<'_>) -> bool {
        match (&self.scope, subject) {
            (Scope::File | Scope::Stage(_) | Scope::Instruction(_), Subject::File { text, .. }) => {
                Arc::ptr_eq(&self.place.file, text)
            }
            (Scope::Everywhere, _) => true,
            (Scope::Paths(glob), Subject::File { path, .. }) => glob.is_match(path),
            (Scope::Images(glob), Subject::Image { name }) => glob.is_match(name),
            _ => false,
        }
    }

    /// Whether it is about that finding.
    pub fn covers(&self, subject: Subject<'_>, finding: &Finding) -> bool {
        if self.rule != finding.rule || !self.concerns(subject) {
            return false;
        }
        let within = |span: Span, place: &Place| {
            Arc::ptr_eq(&place.file, &self.place.file)
                && span.start <= place.span.start
                && place.span.start < span.end.max(span.start + 1)
        };
        let at = |span: Span| matches!(&finding.location, Location::Text(place) if within(span, place));
        match self.scope {
            Scope::Instruction(span) => at(span),
            Scope::Stage(span) => at(span) || finding.related.iter().any(|related| within(span, &related.place)),
            _ => true,
        }
    }
}

/// A comment that is meant as an ignore and is none.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// Where it is.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub why: String,
}

/// How an ignore is written.
pub const FORM: &str = "# rdsca: ignore[RULE, …] until=YYYY-MM-DD -- REASON";

/// The ignores that stand in a Dockerfile, and what is meant as one and is none. Each rule of a list is an ignore of its own.
pub fn inline(facts: &Facts) -> (Vec<Ignore>, Vec<Malformed>) {
    let mut ignores = Vec::new();
    let mut malformed = Vec::new();
    for comment in &facts.dockerfile.comments {
        let text = facts.file.slice(comment.span);
        let written = match Written::read(text) {
            Ok(None) => continue,
            Ok(Some(written)) => written,
            Err(why) => {
                malformed.push(Malformed { span: comment.span, why });
                continue;
            }
        };
        let Some(scope) = scope(facts, comment.span) else {
            let why = "no instruction follows that it could be about".to_owned();
            malformed.push(Malformed { span: comment.span, why });
            continue;
        };
        ignores.extend(written.rules.iter().map(|(at, rule)| {
            let start = comment.span.start + at;
            Ignore {
                rule: (*rule).to_owned(),
                scope: scope.clone(),
                until: written.until,
                reason: written.reason.to_owned(),
                place: facts.place(Span::new(start, start + rule.len())),
            }
        }));
    }
    malformed.extend(misplaced(facts));
    malformed.sort_by_key(|malformed| malformed.span);
    (ignores, malformed)
}

/// The ignores that stand in comments (`#`, `//`, `--`) of another text than a Dockerfile: each is about the part that begins on its
/// line, or, where it has the line to itself, on the next line that is no comment. `parts` are what findings are about.
pub fn in_text(file: &Arc<SourceFile>, parts: &[Span]) -> Vec<Ignore> {
    let text = file.text();
    let mut ignores = Vec::new();
    for (at, _) in text.match_indices("rdsca: ignore[") {
        let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let before = text.get(line_start..at).unwrap_or_default();
        let Some(mark) = before.rfind(['#', '/', '-']) else { continue };
        let line_end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
        let comment = format!("#{}", text.get(line_start + mark + 1..line_end).unwrap_or_default());
        let Ok(Some(written)) = Written::read(comment.trim_end()) else { continue };
        let is_alone = before.trim_start().starts_with(['#', '/', '-']);
        let from = if is_alone { behind_comments(text, line_end) } else { line_start };
        let to = text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| from + end);
        let begun = parts.iter().filter(|part| from <= part.start && part.start <= to);
        let span = begun.fold(Span::new(from, to), |span, part| span.cover(*part));
        ignores.extend(written.rules.iter().map(|(offset, rule)| {
            let start = line_start + mark + offset;
            Ignore {
                rule: (*rule).to_owned(),
                scope: Scope::Instruction(span),
                until: written.until,
                reason: written.reason.to_owned(),
                place: Place { file: Arc::clone(file), span: Span::new(start, start + rule.len()) },
            }
        }));
    }
    ignores
}

/// Where the first line begins behind `at` that is no comment.
fn behind_comments(text: &str, mut at: usize) -> usize {
    loop {
        at += 1;
        let Some(rest) = text.get(at..) else { return text.len() };
        let line = rest.split('\n').next().unwrap_or_default();
        if !line.trim_start().starts_with(['#', '/']) {
            return at;
        }
        at += line.len();
    }
}

/// What an ignore that stands there holds for: the instruction that it is in or before, which for a `FROM` is the stage, and up to the
/// first `FROM` the whole file.
fn scope(facts: &Facts, comment: Span) -> Option<Scope> {
    let instructions = &facts.dockerfile.instructions;
    let around = instructions
        .iter()
        .find(|instruction| instruction.span.start < comment.start && comment.start < instruction.span.end);
    if let Some(around) = around {
        return Some(Scope::Instruction(around.span));
    }
    let next = instructions.iter().find(|instruction| instruction.span.start > comment.start)?;
    let mut stages = instructions.iter().filter(|instruction| instruction.keyword == Keyword::From);
    if stages.next().is_none_or(|first| next.span.start <= first.span.start) {
        return Some(Scope::File);
    }
    if next.keyword != Keyword::From {
        return Some(Scope::Instruction(next.span));
    }
    let end = stages.map(|stage| stage.span.start).find(|start| *start > next.span.start);
    Some(Scope::Stage(Span::new(next.span.start, end.unwrap_or(facts.file.text().len()))))
}

/// What stands behind or inside an instruction and so is no comment of the Dockerfile, though it was meant as one.
fn misplaced(facts: &Facts) -> Vec<Malformed> {
    let text = facts.file.text();
    let comments = &facts.dockerfile.comments;
    let outside = |at: usize| !comments.iter().any(|comment| comment.span.start <= at && at < comment.span.end);
    text.match_indices("# rdsca: ignore")
        .filter(|(at, _)| outside(*at))
        .map(|(at, marker)| Malformed {
            span: Span::new(at, at + marker.len()),
            why: "it is part of an instruction, and an ignore is a comment on a line of its own before the instruction"
                .to_owned(),
        })
        .collect()
}

/// An ignore in parts.
#[derive(Debug, PartialEq, Eq)]
struct Written<'t> {
    /// Each rule, with its offset in the comment.
    rules: Vec<(usize, &'t str)>,
    until: Option<Date>,
    reason: &'t str,
}

impl<'t> Written<'t> {
    /// Reads a comment from its `#` on; none where it is not meant for this tool.
    fn read(comment: &'t str) -> Result<Option<Self>, String> {
        let body = comment.trim_start_matches('#').trim_start();
        let Some(rest) = body.get(..5).filter(|name| name.eq_ignore_ascii_case("rdsca")).and_then(|_| body.get(5..))
        else {
            return Ok(None);
        };
        let rest = rest.trim_start();
        let Some(rest) = rest.strip_prefix(':') else {
            // "rdsca finds it" is prose; "rdsca ignore[…]" lacks its colon.
            let meant = rest.starts_with("ignore[");
            return if meant {
                Err(format!("there is no colon behind \"rdsca\"; it is written {FORM}"))
            } else {
                Ok(None)
            };
        };
        let Some(rest) = rest.trim_start().strip_prefix("ignore") else {
            return Err(format!("all that can be said to rdsca in a comment is {FORM}"));
        };
        let list = rest.trim_start().strip_prefix('[');
        let Some((mut at, (list, rest))) =
            list.and_then(|list| Some((comment.len() - list.len(), list.split_once(']')?)))
        else {
            return Err(format!("it does not say in brackets which rule to ignore; it is written {FORM}"));
        };
        let mut rules = Vec::new();
        for part in list.split(',') {
            let rule = part.trim();
            if rule.is_empty() {
                return Err(format!("a rule's name is missing; it is written {FORM}"));
            }
            rules.push((at + part.len() - part.trim_start().len(), rule));
            at += part.len() + 1;
        }
        let Some((terms, reason)) = rest.split_once("--") else {
            return Err("it gives no reason: say behind `--` why this is no problem here".to_owned());
        };
        let reason = reason.trim();
        if reason.is_empty() {
            return Err("it gives no reason behind `--`".to_owned());
        }
        let mut until = None;
        for term in terms.split_whitespace() {
            let Some(date) = term.strip_prefix("until=") else {
                return Err(format!("{term:?} means nothing here; it is written {FORM}"));
            };
            if until.is_some() {
                return Err("it has two dates".to_owned());
            }
            until = Some(date.parse().map_err(|_| format!("{date:?} is no date; it is written until=YYYY-MM-DD"))?);
        }
        Ok(Some(Self { rules, until, reason }))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::dockerfile::context::NoContext;
    use crate::dockerfile::{self, Options};
    use crate::finding::Level;

    #[test]
    fn an_ignore_has_rules_a_reason_and_perhaps_a_date() {
        let read = |text| Written::read(text).unwrap();
        assert_eq!(
            read("# rdsca: ignore[a-rule] until=2027-03-31 -- reads from S3 only "),
            Some(Written { rules: vec![(16, "a-rule")], until: Some(date(2027, 3, 31)), reason: "reads from S3 only" })
        );
        assert_eq!(
            read("#RDSCA:ignore[ a , b ]-- x -- y"),
            Some(Written { rules: vec![(15, "a"), (19, "b")], until: None, reason: "x -- y" })
        );
        for none in ["# rdsca finds this", "# the rdsca: ignore[a] -- b", "# escape=`", "#", "# rdsc", "# ééééé"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_meant_and_wrong_is_said() {
        for (text, why) in [
            ("# rdsca: ignore[a]", "no reason"),
            ("# rdsca: ignore[a] --  ", "no reason"),
            ("# rdsca: ignore -- b", "in brackets"),
            ("# rdsca: ignore[a -- b", "in brackets"),
            ("# rdsca: ignore[] -- b", "name is missing"),
            ("# rdsca: ignore[a,] -- b", "name is missing"),
            ("# rdsca: ignore[a] until=2027-02-30 -- b", "is no date"),
            ("# rdsca: ignore[a] until=soon -- b", "is no date"),
            ("# rdsca: ignore[a] until=2027-01-01 until=2027-01-02 -- b", "two dates"),
            ("# rdsca: ignore[a] because -- b", "means nothing"),
            ("# rdsca: disable[a] -- b", "all that can be said"),
            ("# rdsca ignore[a] -- b", "no colon"),
        ] {
            let error = Written::read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    fn facts(text: &str) -> Facts {
        dockerfile::read(SourceFile::new("Dockerfile", text), &NoContext, &Options::at(date(2026, 11, 24)))
    }

    /// Which of the marked lines an ignore of rule `r` on the line before `HERE` covers.
    fn covered(text: &str) -> Vec<usize> {
        let facts = facts(text);
        let (ignores, malformed) = inline(&facts);
        assert!(malformed.is_empty(), "{malformed:?}");
        let subject = Subject::File { path: "Dockerfile", text: &facts.file };
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).enumerate();
        lines
            .filter(|(_, at)| {
                let place = facts.place(Span::new(*at, *at + 1));
                let finding = Finding::new("r", Level::Error, Location::Text(place), "m");
                ignores.iter().any(|ignore| ignore.covers(subject, &finding))
            })
            .map(|(line, _)| line + 1)
            .collect()
    }

    #[test]
    fn an_ignore_holds_for_what_it_stands_before() {
        for (text, lines) in [
            ("FROM a\n# rdsca: ignore[r] -- x\nRUN b\nRUN c", vec![3]),
            ("FROM a\n# rdsca: ignore[r] -- x\n# more\n\nRUN b\nRUN c", vec![5]),
            ("FROM a\nRUN b \\\n# rdsca: ignore[r] -- x\n c\nRUN d", vec![2, 3, 4]),
            ("FROM a\nRUN b\n# rdsca: ignore[r] -- x\nFROM c\nRUN d\nFROM e\nRUN f", vec![4, 5]),
            ("# rdsca: ignore[r] -- x\nFROM a\nRUN b\nFROM c", vec![1, 2, 3, 4]),
            ("ARG A\n# rdsca: ignore[r] -- x\nFROM a\nRUN b", vec![1, 2, 3, 4]),
            ("FROM a\n# rdsca: ignore[other] -- x\nRUN b", vec![]),
        ] {
            assert_eq!(covered(text), lines, "{text}");
        }
    }

    #[test]
    fn an_ignore_that_can_hold_for_nothing_is_malformed() {
        for (text, why) in [
            ("FROM a\n# rdsca: ignore[r] -- x\n", "no instruction follows"),
            ("FROM a\nRUN b # rdsca: ignore[r] -- x\n", "part of an instruction"),
            ("FROM a\nRUN <<E\n# rdsca: ignore[r] -- x\nE\n", "part of an instruction"),
        ] {
            let (ignores, malformed) = inline(&facts(text));
            assert!(ignores.is_empty(), "{text}");
            assert!(matches!(malformed.as_slice(), [one] if one.why.contains(why)), "{text}: {malformed:?}");
        }
    }

    proptest! {
        /// Whatever a Dockerfile says, an ignore points at the rule that it names, and nothing that is meant as one is lost.
        #[test]
        fn no_ignore_is_lost_and_each_knows_its_place(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "FROM a", "RUN b", "\n", "\r\n", " ", "\\\n", "# rdsca: ignore", "[r]", "[é, r,ü]", "[", "]", " -- x", "--",
                    " until=2027-01-01", "𝄞", "# ", "<<E", "E", "\u{feff}", "rdsca", ":",
                ]),
                0..24,
            )
        ) {
            let text = parts.concat();
            let facts = facts(&text);
            let (ignores, malformed) = inline(&facts);
            for ignore in &ignores {
                prop_assert_eq!(ignore.place.file.slice(ignore.place.span), ignore.rule.as_str());
                prop_assert!(!ignore.reason.is_empty());
            }
            for (at, _) in text.match_indices("# rdsca: ignore") {
                let line = facts.file.position(at).line;
                let here = |span: Span| facts.file.position(span.start).line == line;
                let told = ignores.iter().any(|ignore| here(ignore.place.span)) || malformed.iter().any(|found| here(found.span));
                // A line may hold a comment of its own that only mentions it.
                let mentioned = facts.dockerfile.comments.iter().any(|comment| comment.span.start < at && at < comment.span.end);
                prop_assert!(told || mentioned, "{:?}", text);
            }
        }
    }

    #[test]
    fn a_date_is_inclusive() {
        let facts = facts("# rdsca: ignore[r] until=2027-03-31 -- x\nFROM a");
        let (ignores, _) = inline(&facts);
        assert!(!ignores[0].is_expired(date(2027, 3, 31)));
        assert!(ignores[0].is_expired(date(2027, 4, 1)));
    }
}
