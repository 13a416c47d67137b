//! Reads a Dockerfile into instructions as BuildKit's parser does, but with places and without ever failing.
//!
//! The rules are those of `frontend/dockerfile/parser` in moby/buildkit, which `tests/buildkit_oracle.rs` compares with:
//! physical lines are joined to logical ones first, comment and blank lines inside a continuation vanish, and only then
//! does an instruction's own syntax count.

use std::collections::{HashMap, HashSet};

use super::heredoc::{self, Opening};
use super::instruction::{Arguments, Dockerfile, Escape, Heredoc, Instruction, Keyword, Line, Problem};
use super::lines::{Directive, Lines, PhysicalLine};
use super::{refusal, syntax};
use crate::text::Span;

/// `ONBUILD ONBUILD …` is refused by BuildKit later on; deeper than this nobody looks.
const MAX_ONBUILD: usize = 2;

/// Parses a whole Dockerfile. What BuildKit would refuse is in its `problems`, in the order of the file.
pub fn parse(text: &str) -> Dockerfile {
    let mut parser = Parser { lines: Lines::new(text), last_lines: None, dockerfile: Dockerfile::default() };
    parser.shebang();
    parser.directives();
    while parser.instruction() {}
    let Parser { lines, mut dockerfile, .. } = parser;
    dockerfile.problems.extend(lines.refusal().map(|(span, message)| Problem { span, message }));
    refusal::add(&mut dockerfile);
    for problem in &mut dockerfile.problems {
        // An instruction whose heredoc has no end takes the rest of the file with it, last line end and all.
        let written = text.get(problem.span.range()).unwrap_or_default();
        problem.span.end = problem.span.start + written.trim_end_matches(['\n', '\r']).len();
    }
    dockerfile.problems.sort_by_key(|problem| problem.span);
    dockerfile
}

struct Parser<'a> {
    lines: Lines<'a>,
    /// For every line of the text from some place on: where it stands last. Built when it is first needed.
    last_lines: Option<HashMap<&'a str, usize>>,
    dockerfile: Dockerfile,
}

impl<'a> Parser<'a> {
    /// Behind a `#!` line `# syntax=` still counts, though no other directive does.
    fn shebang(&mut self) {
        let mut lines = Lines::new(self.lines.rest());
        if lines.next().is_some_and(|line| line.text.starts_with("#!")) {
            self.dockerfile.syntax = lines
                .map_while(Directive::read)
                .find(|(directive, _)| *directive == Directive::Syntax)
                .map(|(_, value)| frontend(&value));
        }
    }

    /// `# name=value` lines at the very top, before any other comment, blank line or instruction.
    fn directives(&mut self) {
        let mut seen = HashSet::new();
        while let Some(line) = self.lines.peek()
            && let Some((directive, value)) = Directive::read(line)
            && let Some(comment) = line.comment()
        {
            let refused = if !seen.insert(directive) {
                Some(format!("only one {} directive can be used", directive.name()))
            } else {
                match (directive, value.as_str()) {
                    (Directive::Syntax, value) => self.dockerfile.syntax = Some(frontend(value)),
                    (Directive::Check, value) => self.dockerfile.check = Some(value.to_owned()),
                    (Directive::Escape, "`") => self.dockerfile.escape = Escape::Backtick,
                    (Directive::Escape, _) => {}
                }
                (directive == Directive::Escape && !matches!(value.as_str(), "`" | "\\"))
                    .then(|| format!("the escape directive is \\ or `, not {}", syntax::shown(&value)))
            };
            self.dockerfile.problems.extend(refused.map(|message| Problem { span: comment.span, message }));
            self.dockerfile.comments.push(comment);
            self.lines.next();
        }
    }

    /// Reads one instruction with its heredocs; false at the end of the file.
    fn instruction(&mut self) -> bool {
        let escape = self.dockerfile.escape;
        let mut line = Line::default();
        // From the first continuation character to the end of the last line that said something.
        let mut extent: Option<Span> = None;
        let mut open = true;
        while open && let Some(physical) = self.lines.next() {
            if let Some(comment) = physical.comment() {
                self.dockerfile.comments.push(comment);
                continue;
            }
            let trimmed = physical.trimmed();
            if trimmed.text.is_empty() {
                continue;
            }
            let physical = if line.text.is_empty() { trimmed } else { physical };
            let here = Span::new(physical.start, physical.end());
            extent = Some(extent.map_or(here, |extent| extent.cover(here)));
            let content = physical.continued(escape);
            open = content.is_some();
            line.push(content.unwrap_or(physical.text), physical.start);
        }
        let Some(extent) = extent else { return false };
        let whole = line.text.trim_end().len();
        let start = whole - line.text[..whole].trim_start().len();
        if start == whole {
            // BuildKit reads an instruction without a name.
            let message = "nothing follows this continuation character".to_owned();
            self.dockerfile.problems.push(Problem { span: extent, message });
            return true;
        }
        let mut instruction = node(&line, start, whole, escape, &mut self.dockerfile.problems, 0);
        instruction.span.end = extent.end;
        self.heredocs(&mut instruction, &line);
        self.dockerfile.instructions.push(instruction);
        true
    }

    /// Reads the bodies of the heredocs begun on `line`. They belong to the instruction that will use them: with
    /// `ONBUILD`, to the one behind it.
    fn heredocs(&mut self, instruction: &mut Instruction, line: &Line) {
        let holder = instruction.onbuild.as_deref().unwrap_or(instruction);
        let holds = matches!(holder.keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
        if !holds || matches!(holder.arguments, Arguments::Json(_)) || !line.text.contains("<<") {
            return;
        }
        let line_span = instruction.span;
        let mut heredocs = Vec::new();
        for opening in heredoc::openings(&line.text) {
            if opening.spaced && !self.terminated(&opening) {
                continue;
            }
            let (heredoc, end) = self.body(opening);
            if let Some(end) = end {
                instruction.span.end = end;
            } else {
                instruction.span.end = heredoc.span.end;
                let message = format!("unterminated heredoc: there is no line {}", syntax::shown(&heredoc.name));
                self.dockerfile.problems.push(Problem { span: line_span, message });
            }
            heredocs.push(heredoc);
        }
        match &mut instruction.onbuild {
            Some(inner) => {
                inner.span.end = instruction.span.end;
                inner.heredocs = heredocs;
            }
            None => instruction.heredocs = heredocs,
        }
    }

    /// Whether a line further on ends the heredoc. Looking through the rest of the text for every one of them would take
    /// time that grows with the square of the file.
    fn terminated(&mut self, opening: &Opening) -> bool {
        let (at, rest) = (self.lines.at(), self.lines.rest());
        let last_lines = self.last_lines.get_or_insert_with(|| {
            rest.split('\n')
                .scan(at, |start, line| {
                    let here = *start;
                    *start += line.len() + 1;
                    Some((line.trim_end_matches('\r'), here))
                })
                .collect()
        });
        last_lines.get(opening.name.as_str()).is_some_and(|last| *last >= at)
    }

    /// The body of a heredoc, and where the line ends that ends it; none where there is no such line.
    fn body(&mut self, opening: Opening) -> (Heredoc, Option<usize>) {
        let Opening { name, descriptor, expand, chomp, .. } = opening;
        let start = self.lines.at();
        let is_end =
            |line: PhysicalLine<'_>| (if chomp { line.text.trim_start_matches('\t') } else { line.text }) == name;
        let terminator = self.lines.by_ref().find(|line| is_end(*line));
        let body = self.lines.since(start);
        let body = terminator.map_or(body, |line| body.get(..line.start - start).unwrap_or_default());
        let span = Span::new(start, start + body.len());
        (Heredoc { name, descriptor, expand, chomp, body: body.to_owned(), span }, terminator.map(PhysicalLine::end))
    }
}

/// The image in the value of `# syntax=`; what follows it is for the frontend.
fn frontend(value: &str) -> String {
    value.split(' ').next().unwrap_or_default().to_owned()
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
            if line.text[rest..kind].eq_ignore_ascii_case("cmd") {
                json_or_line(line, command, end, &mut refuse)
            } else {
                let words = [(rest, kind), (command, end)].into_iter().filter(|(start, end)| start < end);
                Arguments::Words(words.map(|(start, end)| line.word(start, end)).collect())
            }
        }
        Keyword::Arg => Arguments::Words(syntax::words(line, rest, end, escape)),
        Keyword::Env | Keyword::Label => {
            let (pairs, error) = syntax::pairs(line, rest, end, escape);
            if let Some(message) = error {
                refuse(format!("{} {message}", keyword.name()));
            }
            Arguments::Pairs(pairs)
        }
        Keyword::Expose | Keyword::From => Arguments::Words(syntax::separated(line, rest, end)),
        Keyword::Maintainer
        | Keyword::Stopsignal
        | Keyword::User
        | Keyword::Workdir
        | Keyword::Onbuild
        | Keyword::Unknown => Arguments::Line(line.slice(rest, end)),
    };
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

#[cfg(test)]
mod tests {
    use super::super::instruction::Word;
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
        let text = "RUN one \\\n\n# no\n";
        assert_eq!(&text[parse(text).instructions[0].span.range()], "RUN one \\");
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
            ("FROM a\n\\\n", "\\", "nothing follows"),
            ("FROM a\nRUN [1]\n", "RUN [1]", "every element is a string"),
            ("FROM a\nRUN <<E\nx\n", "RUN <<E", "unterminated heredoc"),
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
