//! Why BuildKit would refuse a Dockerfile whose lines were read (its `frontend/dockerfile/instructions`): unknown
//! instructions and flags, arguments that are too few or too many, and an order that does not make stages.

use super::heredoc;
use super::instruction::{Arguments, Dockerfile, Flag, Instruction, Keyword, Problem, Word};
use super::syntax::shown;
use crate::text::Span;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, or `true` or `false`.
    Switch,
    /// One value.
    Value,
    /// A value, and the flag may be given again.
    Values,
}

/// The flags of an instruction; none where BuildKit does not look at them. The newest frontend's, those of the `labs`
/// channel included: a flag that an older one does not know is not wrong.
fn flags(instruction: &Instruction) -> Option<&'static [(&'static str, Takes)]> {
    use Takes::{Switch, Value, Values};
    Some(match instruction.keyword {
        Keyword::Add => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("keep-git-dir", Switch),
            ("checksum", Value),
            ("exclude", Values),
            ("unpack", Switch),
        ],
        Keyword::Copy => &[
            ("chown", Value),
            ("from", Value),
            ("chmod", Value),
            ("link", Switch),
            ("parents", Switch),
            ("exclude", Values),
        ],
        Keyword::From => &[("platform", Value)],
        Keyword::Run => &[("mount", Values), ("network", Value), ("security", Value), ("device", Values)],
        Keyword::Healthcheck if is_none(instruction) => return None,
        Keyword::Healthcheck => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        Keyword::Arg | Keyword::Stopsignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// Adds what is wrong to the problems that are known already.
pub fn add(dockerfile: &mut Dockerfile) {
    let mut problems = Problems(Vec::new());
    let mut begun = false;
    for instruction in &dockerfile.instructions {
        begun |= instruction.keyword == Keyword::From;
        if !begun && !matches!(instruction.keyword, Keyword::Arg | Keyword::Unknown) {
            let name = instruction.keyword.name();
            problems.add(instruction.span, format!("{name} stands before the first FROM"));
        }
        check_flags(instruction, &mut problems);
        check_arguments(instruction, &mut problems);
    }
    match dockerfile.instructions.last() {
        None => problems.add(Span::default(), "there is no instruction in this file".to_owned()),
        Some(last) if !begun => problems.add(last.span, "there is no FROM in this file".to_owned()),
        Some(_) => {}
    }
    dockerfile.problems.extend(problems.0);
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, span: Span, message: String) {
        self.0.push(Problem { span, message });
    }
}

fn check_flags(instruction: &Instruction, problems: &mut Problems) {
    let Some(known) = flags(instruction) else { return };
    let name = instruction.keyword.name();
    for (index, flag) in instruction.flags.iter().enumerate() {
        let Some((_, takes)) = known.iter().find(|(known, _)| *known == flag.name) else {
            problems.add(flag.span, format!("{name} has no flag --{}", shown(&flag.name)));
            continue;
        };
        // A known flag is given once or the loop ends at the first repetition, so this stays linear.
        if *takes != Takes::Values && instruction.flags.iter().take(index).any(|before| before.name == flag.name) {
            problems.add(flag.span, format!("--{} is given twice", flag.name));
            return;
        }
        match (takes, flag.value.as_deref()) {
            (Takes::Switch, None) => {}
            (Takes::Switch, Some(value)) if ["true", "false"].iter().any(|known| value.eq_ignore_ascii_case(known)) => {
            }
            (Takes::Switch, Some(value)) => {
                problems.add(flag.span, format!("--{} is true or false, not {:?}", flag.name, shown(value)));
            }
            (Takes::Value | Takes::Values, None) => problems.add(flag.span, format!("--{} needs a value", flag.name)),
            (Takes::Value | Takes::Values, Some(value)) => check_value(flag, value, problems),
        }
    }
}

/// The values that BuildKit looks at before it builds.
fn check_value(flag: &Flag, value: &str, problems: &mut Problems) {
    let fits = match flag.name.as_str() {
        "interval" | "timeout" | "start-period" | "start-interval" => {
            // Docker's least is a millisecond; nothing at all is the default.
            value.is_empty() || seconds(value).is_some_and(|seconds| seconds == 0.0 || seconds >= 0.001)
        }
        "retries" => value.is_empty() || value.parse::<i32>().is_ok_and(|retries| retries >= 0),
        "network" => matches!(value, "" | "default" | "none" | "host"),
        "security" => matches!(value, "" | "sandbox" | "insecure"),
        "mount" => value
            .split(',')
            .filter_map(|part| part.strip_prefix("type="))
            .all(|kind| matches!(kind, "bind" | "cache" | "tmpfs" | "secret" | "ssh") || kind.contains(['$', '"'])),
        _ => true,
    };
    if !fits {
        problems.add(flag.span, format!("--{} cannot be {:?}", flag.name, shown(value)));
    }
}

/// A duration as Go writes it (`1h30m`, `1.5s`, `0`), in seconds.
fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    while !rest.is_empty() || total == 0.0 {
        let unit = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, behind) = rest.split_at(unit);
        let end = behind.find(|character: char| character.is_ascii_digit() || character == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * unit;
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    Some(sign * total)
}

fn check_arguments(instruction: &Instruction, problems: &mut Problems) {
    let name = instruction.keyword.name();
    let mut refuse = |message: String| problems.add(instruction.span, message);
    let words = match &instruction.arguments {
        Arguments::Json(words) | Arguments::Words(words) => words.as_slice(),
        Arguments::Pairs(_) | Arguments::Line(_) => &[],
    };
    let empty = match &instruction.arguments {
        Arguments::Json(_) | Arguments::Words(_) => words.is_empty(),
        Arguments::Pairs(pairs) => pairs.is_empty(),
        Arguments::Line(line) => line.text.is_empty(),
    };
    match instruction.keyword {
        Keyword::Unknown => refuse(format!("unknown instruction {}", shown(&instruction.word.text))),
        Keyword::Add | Keyword::Copy => match words {
            [] | [_] => refuse(format!("{name} takes at least one source and a destination")),
            [_, .., destination] if heredoc::opening(&destination.text).is_some() => {
                problems.add(destination.span, format!("a heredoc cannot be the destination of {name}"));
            }
            _ => {}
        },
        Keyword::From => check_stage(words, instruction, problems),
        Keyword::Healthcheck => match words {
            _ if is_none(instruction) && words.len() > 1 => refuse("HEALTHCHECK NONE takes no arguments".to_owned()),
            _ if is_none(instruction) => {}
            // The words behind CMD are not here, so these are of something else.
            [kind, ..] if matches!(instruction.arguments, Arguments::Words(_)) => {
                problems.add(kind.span, format!("HEALTHCHECK is CMD or NONE, not {}", shown(&kind.text)));
            }
            _ if empty => refuse("HEALTHCHECK takes CMD and a command, or NONE".to_owned()),
            _ => {}
        },
        Keyword::Shell if empty || !matches!(instruction.arguments, Arguments::Json(_)) => {
            refuse("SHELL takes at least one argument, in the JSON form".to_owned());
        }
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {}
        _ if empty => refuse(format!("{name} takes at least one argument")),
        Keyword::Env | Keyword::Label => {
            if let Arguments::Pairs(pairs) = &instruction.arguments {
                for (name_of_pair, _) in pairs.iter().filter(|(name, _)| name.text.is_empty()) {
                    problems.add(name_of_pair.span, format!("a name of {name} is empty"));
                }
            }
        }
        Keyword::Arg => {
            for word in words.iter().filter(|word| word.text.starts_with('=')) {
                problems.add(word.span, "a name of ARG is empty".to_owned());
            }
        }
        Keyword::Volume => {
            for word in words.iter().filter(|word| word.text.trim().is_empty()) {
                problems.add(word.span, "a path of VOLUME is empty".to_owned());
            }
        }
        Keyword::Onbuild => match instruction.onbuild.as_deref() {
            Some(inner) if matches!(inner.keyword, Keyword::Onbuild | Keyword::From | Keyword::Maintainer) => {
                problems.add(inner.word.span, format!("{} cannot stand behind ONBUILD", inner.keyword.name()));
            }
            _ => {}
        },
        Keyword::Expose | Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => {}
    }
}

fn check_stage(words: &[Word], instruction: &Instruction, problems: &mut Problems) {
    match words {
        [_] => {}
        [_, r#as, name] if r#as.text.eq_ignore_ascii_case("as") => {
            let mut characters = name.text.chars();
            let valid = characters.next().is_some_and(|first| first.is_ascii_alphabetic())
                && characters
                    .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'));
            if !valid {
                let shown = shown(&name.text);
                let message =
                    format!("{shown} cannot name a stage: a name is a letter, then letters, digits, -, _ and .");
                problems.add(name.span, message);
            }
        }
        _ => problems.add(instruction.span, "FROM takes one image, or an image, AS and a name".to_owned()),
    }
}

/// Whether it is a `HEALTHCHECK NONE`.
fn is_none(instruction: &Instruction) -> bool {
    matches!(&instruction.arguments, Arguments::Words(words)
        if words.first().is_some_and(|kind| kind.text.eq_ignore_ascii_case("none")))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// What is wrong with an instruction behind `FROM a`: the place and the message.
    fn refusals(line: &str) -> Vec<(String, String)> {
        let text = format!("FROM a\n{line}\n");
        let problems = parse(&text).problems;
        problems.into_iter().map(|problem| (text[problem.span.range()].to_owned(), problem.message)).collect()
    }

    #[test]
    fn arguments_are_counted() {
        for (line, place, message) in [
            ("FETCH x", "FETCH x", "unknown instruction FETCH"),
            ("COPY a", "COPY a", "COPY takes at least one source and a destination"),
            ("COPY <<E\nE", "COPY <<E\nE", "COPY takes at least one source and a destination"),
            ("ADD a <<E\nE", "<<E", "a heredoc cannot be the destination of ADD"),
            ("FROM", "FROM", "FROM takes one image, or an image, AS and a name"),
            ("FROM a b c", "FROM a b c", "FROM takes one image, or an image, AS and a name"),
            ("FROM a AS 1x", "1x", "1x cannot name a stage: a name is a letter, then letters, digits, -, _ and ."),
            ("ENV", "ENV", "ENV takes at least one argument"),
            ("ENV =x", "", "a name of ENV is empty"),
            ("ARG a =x", "=x", "a name of ARG is empty"),
            ("VOLUME [\"\"]", "\"\"", "a path of VOLUME is empty"),
            ("USER", "USER", "USER takes at least one argument"),
            ("SHELL /bin/sh", "SHELL /bin/sh", "SHELL takes at least one argument, in the JSON form"),
            ("SHELL []", "SHELL []", "SHELL takes at least one argument, in the JSON form"),
            ("ONBUILD", "ONBUILD", "ONBUILD takes at least one argument"),
            ("ONBUILD from a", "from", "FROM cannot stand behind ONBUILD"),
            ("ONBUILD ONBUILD RUN x", "ONBUILD", "ONBUILD cannot stand behind ONBUILD"),
            ("HEALTHCHECK", "HEALTHCHECK", "HEALTHCHECK takes CMD and a command, or NONE"),
            ("HEALTHCHECK CMD", "HEALTHCHECK CMD", "HEALTHCHECK takes CMD and a command, or NONE"),
            ("HEALTHCHECK NONE x", "HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
            ("HEALTHCHECK curl x", "curl", "HEALTHCHECK is CMD or NONE, not curl"),
        ] {
            assert_eq!(refusals(line), [(place.to_owned(), message.to_owned())], "{line}");
        }
    }

    #[test]
    fn flags_are_known_once_and_of_their_kind() {
        for (line, place, message) in [
            ("COPY --form=a b c", "--form=a", "COPY has no flag --form"),
            ("WORKDIR --x /a", "--x", "WORKDIR has no flag --x"),
            ("COPY --from b c", "--from", "--from needs a value"),
            ("COPY --link=yes b c", "--link=yes", "--link is true or false, not \"yes\""),
            ("COPY --link --link b c", "--link", "--link is given twice"),
            ("HEALTHCHECK --interval=5 CMD x", "--interval=5", "--interval cannot be \"5\""),
            ("HEALTHCHECK --timeout=10us CMD x", "--timeout=10us", "--timeout cannot be \"10us\""),
            ("HEALTHCHECK --retries=-1 CMD x", "--retries=-1", "--retries cannot be \"-1\""),
            ("RUN --network=lan x", "--network=lan", "--network cannot be \"lan\""),
            ("RUN --mount=type=disk x", "--mount=type=disk", "--mount cannot be \"type=disk\""),
        ] {
            assert_eq!(refusals(line), [(place.to_owned(), message.to_owned())], "{line}");
        }
    }

    #[test]
    fn what_builds_is_let_through() {
        for line in [
            "COPY --link=TRUE --chmod=644 --exclude=a --exclude=b --parents a b",
            "ADD --checksum=sha256:00 --keep-git-dir=true --unpack https://x/y z",
            "RUN --mount=type=secret,id=x --mount=type=$kind --network=none --security=insecure --device=x y",
            "FROM --platform=$BUILDPLATFORM a As B-1.x_y",
            "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=0 --start-interval=5s --retries=3 CMD x",
            "HEALTHCHECK --whatever NONE",
            "HEALTHCHECK cmd [\"x\"]",
            "STOPSIGNAL --x KILL",
            "RUN",
            "CMD",
            "ENTRYPOINT []",
            "ARG a b=c",
            "ONBUILD FETCH x",
            "MAINTAINER a b",
        ] {
            assert_eq!(refusals(line), [], "{line}");
        }
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("1h2m3s", Some(3723.0)),
            ("1.5s", Some(1.5)),
            (".5m", Some(30.0)),
            ("-1s", Some(-1.0)),
            ("+250ms", Some(0.25)),
            ("5", None),
            ("", None),
            ("s", None),
            ("1d", None),
            ("1s2", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
