//! Reads a Dockerfile into instructions as BuildKit's parser does, but with places and without ever failing.
//!
//! The rules are those of `frontend/dockerfile/parser` in moby/buildkit, which `tests/buildkit_oracle.rs` compares with:
//! physical lines are joined to logical ones first, comment and blank lines inside a continuation vanish, and only then
//! does an instruction's own syntax count.

use super::heredoc;
use super::instruction::{Arguments, Dockerfile, Escape, Heredoc, Instruction, Keyword, Line, Problem, Word};
use super::syntax;
use crate::text::Span;

/// `ONBUILD ONBUILD …` is refused by BuildKit later on; deeper than this nobody looks.
const MAX_ONBUILD: usize = 2;

/// Parses a whole Dockerfile.
pub fn parse(text: &str) -> Dockerfile {
    let mut parser = Parser { lines: Lines::new(text), dockerfile: Dockerfile::default() };
    parser.directives();
    while parser.instruction() {}
    let mut dockerfile = parser.dockerfile;
    if dockerfile.instructions.is_empty() {
        let message = "there is no instruction in this file".to_owned();
        dockerfile.problems.push(Problem { span: Span::default(), message });
    }
    check_order(&mut dockerfile);
    dockerfile
}

/// A physical line without its line end.
#[derive(Clone, Copy)]
struct PhysicalLine<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> PhysicalLine<'a> {
    fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// Without white space before it, and where that begins.
    fn trimmed(self) -> PhysicalLine<'a> {
        let text = self.text.trim_start_matches(syntax::is_space);
        PhysicalLine { text, start: self.end() - text.len() }
    }

    fn comment(self) -> Option<Word> {
        let line = self.trimmed();
        let text = line.text.strip_prefix('#')?;
        Some(Word { text: text.trim().to_owned(), span: Span::new(line.start, line.end()) })
    }
}

/// The physical lines of a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        // A byte order mark is not part of the first line.
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at }
    }

    fn peek(&self) -> Option<PhysicalLine<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let line = rest.split('\n').next().unwrap_or(rest);
        Some(PhysicalLine { text: line.trim_end_matches('\r'), start: self.at })
    }

    fn next(&mut self) -> Option<PhysicalLine<'a>> {
        let line = self.peek()?;
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
        Some(line)
    }
}

struct Parser<'a> {
    lines: Lines<'a>,
    dockerfile: Dockerfile,
}

impl Parser<'_> {
    /// `# name=value` lines at the very top, before any other comment, blank line or instruction.
    fn directives(&mut self) {
        let mut seen = Vec::new();
        while let Some(comment) = self.lines.peek().and_then(PhysicalLine::comment) {
            let Some((name, value)) = comment.text.split_once('=') else { return };
            let name = name.trim().to_ascii_lowercase();
            let value = value.trim();
            let known = matches!(name.as_str(), "syntax" | "escape" | "check");
            if !known || value.is_empty() {
                return;
            }
            let refuse = match name.as_str() {
                _ if seen.contains(&name) => Some(format!("only one {name} parser directive can be used")),
                "escape" if value == "\\" => None,
                "escape" if value == "`" => {
                    self.dockerfile.escape = Escape::Backtick;
                    None
                }
                "escape" => Some(format!("invalid escape token {value:?}: it is \\ or `")),
                "syntax" => {
                    self.dockerfile.syntax = Some(value.to_owned());
                    None
                }
                _ => None,
            };
            if let Some(message) = refuse {
                self.dockerfile.problems.push(Problem { span: comment.span, message });
            }
            seen.push(name);
            self.dockerfile.comments.push(comment);
            self.lines.next();
        }
    }

    /// Reads one instruction with its heredocs; false at the end of the file.
    fn instruction(&mut self) -> bool {
        let mut line = Line::default();
        let mut end = 0;
        let mut open = true;
        while open && let Some(physical) = self.lines.next() {
            if let Some(comment) = physical.comment() {
                self.dockerfile.comments.push(comment);
                continue;
            }
            let physical = if line.text.is_empty() { physical.trimmed() } else { physical };
            if physical.trimmed().text.is_empty() {
                continue;
            }
            end = physical.end();
            let content = continued(physical.text, self.dockerfile.escape);
            open = content.is_some();
            line.push(content.unwrap_or(physical.text), physical.start);
            if !open && line.text.trim().is_empty() {
                // Nothing but continuation characters: BuildKit goes on looking for an instruction.
                line = Line::default();
                open = true;
            }
        }
        if line.text.trim().is_empty() {
            return false;
        }
        let whole = line.text.trim_end_matches(syntax::is_space).len();
        let mut instruction = node(&line, 0, whole, self.dockerfile.escape, &mut self.dockerfile.problems, 0);
        instruction.span.end = end;
        self.heredocs(&mut instruction, &line);
        self.dockerfile.instructions.push(instruction);
        true
    }

    /// Reads the bodies of the heredocs begun on `line`.
    fn heredocs(&mut self, instruction: &mut Instruction, line: &Line) {
        let holder = instruction.onbuild.as_deref().unwrap_or(instruction);
        let holds = matches!(holder.keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
        if !holds || matches!(holder.arguments, Arguments::Json(_)) || !line.text.contains("<<") {
            return;
        }
        let mut bodies = Vec::new();
        for opening in heredoc::openings(&line.text) {
            let start = self.lines.at;
            let mut end = start;
            let mut body = String::new();
            let mut terminated = false;
            while let Some(physical) = self.lines.next() {
                let text = if opening.chomp { physical.text.trim_start_matches('\t') } else { physical.text };
                instruction.span.end = physical.end();
                if text == opening.name {
                    terminated = true;
                    break;
                }
                end = self.lines.at;
                body.push_str(&self.lines.text[physical.start..end]);
            }
            if !terminated {
                let message = format!("unterminated heredoc: there is no line {:?}", opening.name);
                self.dockerfile.problems.push(Problem { span: instruction.span, message });
            }
            let heredoc::Opening { name, descriptor, expand, chomp } = opening;
            bodies.push(Heredoc { name, descriptor, expand, chomp, body, span: Span::new(start, end) });
        }
        match &mut instruction.onbuild {
            Some(inner) => {
                inner.span.end = instruction.span.end;
                inner.heredocs = bodies;
            }
            None => instruction.heredocs = bodies,
        }
    }
}

/// The line without the continuation character at its end (white space may follow it); none where it does not go on. Two of
/// them are no continuation (BuildKit's `lineContinuationRegex`).
fn continued(line: &str, escape: Escape) -> Option<&str> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape.character())?;
    (!before.ends_with(escape.character())).then_some(before)
}

/// Reads the instruction in `line[start..end]`.
fn node(
    line: &Line,
    start: usize,
    end: usize,
    escape: Escape,
    problems: &mut Vec<Problem>,
    depth: usize,
) -> Instruction {
    let text = &line.text[start..end];
    let keyword_end = start + text.find(syntax::is_separator).unwrap_or(text.len());
    let word = line.word(start, keyword_end);
    let keyword = Keyword::of(&word.text);
    let after = keyword_end
        + (line.text[keyword_end..end].len()
            - line.text[keyword_end..end].trim_start_matches(syntax::is_separator).len());
    let (flags, at) = syntax::flags(line, after, end);
    let rest = at + (line.text[at..end].len() - line.text[at..end].trim_start().len());
    let mut instruction = Instruction {
        span: line.span(start, end),
        keyword,
        word,
        flags,
        arguments: Arguments::Words(Vec::new()),
        heredocs: Vec::new(),
        onbuild: None,
    };
    let mut refuse = |message: String| problems.push(Problem { span: instruction.span, message });
    let arguments = match keyword {
        Keyword::Add | Keyword::Copy | Keyword::Volume => match json_or_line(line, rest, end, &mut refuse) {
            Arguments::Line(_) => Arguments::Words(syntax::separated(line, rest, end)),
            json => json,
        },
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Run | Keyword::Shell => {
            json_or_line(line, rest, end, &mut refuse)
        }
        Keyword::Healthcheck => {
            let kind = rest + line.text[rest..end].find(char::is_whitespace).unwrap_or(end - rest);
            let command = kind + (line.text[kind..end].len() - line.text[kind..end].trim_start().len());
            match line.text.get(rest..kind) {
                Some(kind) if kind.eq_ignore_ascii_case("cmd") => json_or_line(line, command, end, &mut refuse),
                _ => Arguments::Line(line.slice(rest, end)),
            }
        }
        Keyword::Arg => Arguments::Words(syntax::words(line, rest, end, escape)),
        Keyword::Env | Keyword::Label => match syntax::pairs(line, rest, end, escape) {
            Ok(pairs) => Arguments::Pairs(pairs),
            Err(message) => {
                refuse(format!("{} {message}", instruction.word.text.to_ascii_uppercase()));
                Arguments::Words(syntax::words(line, rest, end, escape))
            }
        },
        Keyword::Expose | Keyword::From => Arguments::Words(syntax::separated(line, rest, end)),
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir | Keyword::Unknown => {
            Arguments::Line(line.slice(rest, end))
        }
        Keyword::Onbuild => Arguments::Line(line.slice(rest, end)),
    };
    if keyword == Keyword::Unknown {
        refuse(format!("unknown instruction {}", instruction.word.text));
    }
    instruction.arguments = arguments;
    if keyword == Keyword::Onbuild && rest < end && depth < MAX_ONBUILD {
        instruction.onbuild = Some(Box::new(node(line, rest, end, escape, problems, depth + 1)));
    }
    instruction
}

fn json_or_line(line: &Line, start: usize, end: usize, refuse: &mut impl FnMut(String)) -> Arguments {
    match syntax::json(line, start, end) {
        syntax::Json::Strings(words) => return Arguments::Json(words),
        syntax::Json::Other => refuse("in the JSON form every element is a string".to_owned()),
        syntax::Json::No => {}
    }
    Arguments::Line(line.slice(start, end))
}

/// What BuildKit refuses once the instructions are known: too few arguments, and instructions before the first `FROM`.
fn check_order(dockerfile: &mut Dockerfile) {
    let mut found = Vec::new();
    let mut begun = false;
    for instruction in &dockerfile.instructions {
        let mut refuse = |message: String| found.push(Problem { span: instruction.span, message });
        let count = match &instruction.arguments {
            Arguments::Json(words) | Arguments::Words(words) => words.len(),
            Arguments::Pairs(pairs) => pairs.len(),
            Arguments::Line(line) => usize::from(!line.text.is_empty()),
        };
        let name = instruction.word.text.to_ascii_uppercase();
        match instruction.keyword {
            Keyword::From => {
                begun = true;
                let names = match &instruction.arguments {
                    Arguments::Words(words) => words.as_slice(),
                    _ => &[],
                };
                if count != 1 && !(count == 3 && names[1].text.eq_ignore_ascii_case("as")) {
                    refuse("FROM takes one image, or an image, AS and a name".to_owned());
                }
            }
            Keyword::Unknown => {}
            Keyword::Arg if count == 0 => refuse("ARG takes at least one argument".to_owned()),
            Keyword::Arg => {}
            _ if !begun => refuse(format!("{name} stands before the first FROM")),
            Keyword::Copy | Keyword::Add if count + instruction.heredocs.len() < 2 => {
                refuse(format!("{name} takes at least one source and a destination"));
            }
            Keyword::Copy | Keyword::Add | Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {}
            _ if count == 0 => refuse(format!("{name} takes at least one argument")),
            _ => {}
        }
    }
    if !begun && let Some(last) = dockerfile.instructions.last() {
        found.push(Problem { span: last.span, message: "there is no FROM in this file".to_owned() });
    }
    dockerfile.problems.extend(found);
    dockerfile.problems.sort_by_key(|problem| problem.span);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    fn line(instruction: &Instruction) -> &Line {
        match &instruction.arguments {
            Arguments::Line(line) => line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn continuations_swallow_comments_and_blank_lines_and_keep_places() {
        let text = "FROM a\nRUN one \\\n# no\n\n  two\nUSER x\n";
        let parsed = parse(text);
        let run = &parsed.instructions[1];
        assert_eq!(line(run).text, "one   two");
        assert_eq!(&text[run.span.range()], "RUN one \\\n# no\n\n  two");
        let two = line(run).text.find("two").unwrap();
        assert_eq!(&text[line(run).span(two, two + 3).range()], "two");
        assert_eq!(texts(&parsed.comments), ["no"]);
        assert_eq!(parsed.instructions[2].keyword, Keyword::User);
        assert_eq!(parsed.problems, []);
    }

    #[test]
    fn heredocs_are_read_to_their_delimiters() {
        let text = "FROM a\nRUN <<EOF cat <<-'E2' 3<<\"X Y\"\n$a\nEOF\n\tb\n\tE2\nc\nX Y\nUSER u";
        let parsed = parse(text);
        let heredocs = &parsed.instructions[1].heredocs;
        let seen: Vec<_> =
            heredocs.iter().map(|h| (h.name.as_str(), h.descriptor, h.expand, h.chomp, h.body.as_str())).collect();
        assert_eq!(
            seen,
            [("EOF", 0, true, false, "$a\n"), ("E2", 0, false, true, "\tb\n"), ("X Y", 3, false, false, "c\n")]
        );
        assert_eq!(&text[heredocs[1].span.range()], "\tb\n");
        assert!(text[parsed.instructions[1].span.range()].ends_with("X Y"));
        assert_eq!(parsed.instructions.len(), 3);
    }

    #[test]
    fn directives_stand_at_the_top_only() {
        let parsed = parse("# Escape = `\n# syntax=docker/dockerfile:1\nFROM a\nRUN a `\n  b\n");
        assert_eq!((parsed.escape, parsed.syntax.as_deref()), (Escape::Backtick, Some("docker/dockerfile:1")));
        assert_eq!(line(&parsed.instructions[1]).text, "a   b");
        assert_eq!(parse("# a comment\n# escape=`\nFROM a\n").escape, Escape::Backslash);
        assert!(!parse("# escape=x\nFROM a\n").problems.is_empty());
    }

    #[test]
    fn what_does_not_build_is_said_with_its_place() {
        for (text, place, message) in [
            ("", "", "no instruction"),
            ("# only\n", "", "no instruction"),
            ("FROM a\nFETCH x\n", "FETCH x", "unknown instruction FETCH"),
            ("RUN a\nFROM a\n", "RUN a", "before the first FROM"),
            ("ARG a\n", "ARG a", "no FROM"),
            ("FROM a b\n", "FROM a b", "FROM takes one image"),
            ("FROM a\nCOPY a\n", "COPY a", "source and a destination"),
            ("FROM a\nENV a\n", "ENV a", "ENV must have two arguments"),
            ("FROM a\nRUN [1]\n", "RUN [1]", "every element is a string"),
            ("FROM a\nRUN <<E\nx\n", "RUN <<E\nx", "unterminated heredoc"),
        ] {
            let parsed = parse(text);
            assert!(
                parsed.problems.iter().any(|p| p.message.contains(message) && &text[p.span.range()] == place),
                "{text:?}: {:?}",
                parsed.problems
            );
        }
    }

    #[test]
    fn byte_order_marks_carriage_returns_and_a_missing_last_line_end_do_no_harm() {
        let text = "\u{feff}FROM a\r\nRUN x \\\r\n y\r\nENV a=b";
        let parsed = parse(text);
        assert_eq!(parsed.problems, []);
        assert_eq!(line(&parsed.instructions[1]).text, "x  y");
        assert_eq!(&text[parsed.instructions[0].span.range()], "FROM a");
        assert_eq!(&text[parsed.instructions[2].span.range()], "ENV a=b");
    }

    #[test]
    fn onbuild_keeps_the_instruction_for_later() {
        let parsed = parse("FROM a\nONBUILD COPY --chmod=644 <<E /x\nhi\nE\nONBUILD ONBUILD ONBUILD ONBUILD RUN x\n");
        let inner = parsed.instructions[1].onbuild.as_deref().unwrap();
        assert_eq!(
            (inner.keyword, inner.flags[0].name.as_str(), inner.heredocs[0].body.as_str()),
            (Keyword::Copy, "chmod", "hi\n")
        );
        assert_eq!(parsed.instructions.len(), 3);
    }
}
