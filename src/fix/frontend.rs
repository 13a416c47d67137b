//! The Dockerfile frontend that a repair needs, and the `# syntax=` directive that asks for it.

use crate::dockerfile::instruction::Dockerfile;
use crate::text::Span;

use super::edit::{Edit, line_end};

/// The first frontend with a feature, by the second number of its version 1.x ("Dockerfile release notes", docs.docker.com).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frontend {
    /// `ADD --chmod` and `COPY --chmod`.
    Chmod = 2,
    /// `ADD --checksum`.
    Checksum = 6,
}

/// What every current builder takes.
const CURRENT: &str = "docker/dockerfile:1";

/// What makes the Dockerfile ask for a frontend that has the feature: an edit where it asks for none or for an older one of
/// Docker's. A frontend pinned by digest and one of somebody else's are left as they are.
pub fn ask_for(text: &str, dockerfile: &Dockerfile, frontend: Frontend) -> Option<Edit> {
    let Some(syntax) = &dockerfile.syntax else {
        return Some(Edit::insert(first_line(text), format!("# syntax={CURRENT}{}", line_end(text))));
    };
    let newer = replacement(syntax, frontend)?;
    let directive = dockerfile.comments.iter().find(|comment| {
        comment.text.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("syntax"))
    })?;
    let at = directive.span.start + text.get(directive.span.range())?.find(syntax.as_str())?;
    Some(Edit::replace(Span::new(at, at + syntax.len()), newer))
}

/// Where a directive stands before all others: behind a byte order mark, and behind a `#!` line.
fn first_line(text: &str) -> usize {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    match text.get(start..) {
        Some(rest) if rest.starts_with("#!") => rest.find('\n').map_or(start, |end| start + end + 1),
        _ => start,
    }
}

/// What to ask for instead of a frontend that is too old.
fn replacement(syntax: &str, frontend: Frontend) -> Option<&'static str> {
    let (_, tag) = syntax.strip_prefix("docker.io/").unwrap_or(syntax).split_once("docker/dockerfile:")?;
    if tag.contains('@') {
        return None;
    }
    if tag == "experimental" || tag.ends_with("-experimental") {
        return Some("docker/dockerfile:1-labs");
    }
    let minor = tag.strip_prefix("1.")?.split(['.', '-']).next()?.parse::<u32>().ok()?;
    let labs = tag.ends_with("-labs");
    (minor < frontend as u32).then_some(if labs { "docker/dockerfile:1-labs" } else { CURRENT })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::edit::apply;

    fn asked(text: &str, frontend: Frontend) -> String {
        let edit = ask_for(text, &crate::dockerfile::parse(text), frontend);
        apply(text, edit.as_slice()).unwrap()
    }

    #[test]
    fn a_directive_is_added_where_there_is_none_and_comes_first() {
        for (text, expected) in [
            ("FROM a\n", "# syntax=docker/dockerfile:1\nFROM a\n"),
            ("\u{feff}FROM a\r\n", "\u{feff}# syntax=docker/dockerfile:1\r\nFROM a\r\n"),
            ("# escape=`\nFROM a\n", "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\n"),
            ("#!/usr/bin/build\nFROM a\n", "#!/usr/bin/build\n# syntax=docker/dockerfile:1\nFROM a\n"),
        ] {
            let edited = asked(text, Frontend::Chmod);
            assert_eq!(edited, expected);
            let parsed = crate::dockerfile::parse(&edited);
            assert_eq!(parsed.escape, crate::dockerfile::parse(text).escape);
        }
    }

    #[test]
    fn only_a_frontend_that_is_too_old_is_replaced() {
        for (before, after) in [
            ("docker/dockerfile:1", "docker/dockerfile:1"),
            ("docker/dockerfile", "docker/dockerfile"),
            ("docker/dockerfile:1.5", "docker/dockerfile:1"),
            ("docker/dockerfile:1.4-labs", "docker/dockerfile:1-labs"),
            ("docker/dockerfile:1.0.0-experimental", "docker/dockerfile:1-labs"),
            ("docker/dockerfile:1.7.1", "docker/dockerfile:1.7.1"),
            ("docker/dockerfile:1.2@sha256:00", "docker/dockerfile:1.2@sha256:00"),
            ("registry.example.com/frontend:1.0", "registry.example.com/frontend:1.0"),
        ] {
            let edited = asked(&format!("# syntax = {before}\nFROM a\n"), Frontend::Checksum);
            assert_eq!(edited, format!("# syntax = {after}\nFROM a\n"));
        }
    }
}
