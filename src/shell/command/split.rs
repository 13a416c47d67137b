//! Commands that split a bundle into files of one certificate each, as keytool and the system stores want them: awk, csplit, split.

use crate::shell::arguments::Arguments;
use crate::shell::holding::{Contents, Extent};
use crate::shell::machine::{Machine, Outcome};

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["awk", "gawk", "mawk", "nawk"], run: awk },
    Command { names: &["csplit", "gcsplit"], run: csplit },
    Command { names: &["split"], run: split },
];

/// Puts the first certificate of `contents` into one file and all others into a second one, which stands for as many as there are.
fn put_pieces(machine: &mut Machine, call: &Call<'_>, contents: &Contents, first: &str, rest: &str) {
    let first = machine.path(first);
    let rest = machine.path(rest);
    machine.write(&first, contents.clone().limited(Extent::First), call.span, false);
    machine.write(&rest, piece(contents), call.span, false);
}

/// Everything but the first certificate.
fn piece(contents: &Contents) -> Contents {
    let mut contents = contents.clone();
    for part in &mut contents.parts {
        part.extent = match part.extent {
            Extent::Whole => Extent::Rest,
            other => other,
        };
    }
    contents.open = true;
    contents
}

/// What the operands name, or the standard input.
fn inputs(machine: &Machine, call: &Call<'_>, names: &[String]) -> Contents {
    if names.is_empty() {
        return call.input.clone();
    }
    let mut contents = Contents::default();
    for name in names.iter().filter(|name| !name.contains('=')) {
        match name.as_str() {
            "-" => contents.append(call.input.clone()),
            name => contents.append(machine.read(&machine.path(name)).cloned().unwrap_or_else(Contents::other)),
        }
    }
    contents
}

fn awk(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "Fvf", &["field-separator", "assign", "file"]);
    let Some((program, names)) = arguments.operands.split_first() else { return Outcome::chatter() };
    let contents = inputs(machine, call, names);
    let Some(target) = print_target(program) else {
        return Outcome::output(contents.limited(Extent::Some));
    };
    // A target without a variable is one file, into which all goes that is printed.
    let names: Vec<String> = ["", "1"].iter().map(|counter| evaluate(target, counter, &arguments)).collect();
    match names.as_slice() {
        [first, rest] if first != rest => put_pieces(machine, call, &contents, first, rest),
        [only, ..] => {
            let path = machine.path(only);
            machine.write(&path, contents.limited(Extent::Some), call.span, false);
        }
        [] => {}
    }
    Outcome::chatter()
}

/// The expression behind `print >` in an awk program.
fn print_target(program: &str) -> Option<&str> {
    let at = program.match_indices("print").map(|(at, word)| at + word.len()).find_map(|at| {
        let behind = &program[at..];
        let sign = behind.find('>')?;
        // `print $0 > file`, and not a comparison in a later statement.
        let between = &behind[..sign];
        (!between.contains([';', '}', '|'])).then_some(at + sign + 1)
    })?;
    let behind = program[at..].trim_start_matches('>');
    let end = behind.find([';', '}', '\n']).unwrap_or(behind.len());
    Some(behind[..end].trim().trim_start_matches('(').trim_end_matches(')'))
}

/// An awk concatenation of strings and variables; a variable is one that was given by `-v`, or else the piece's number.
fn evaluate(expression: &str, counter: &str, arguments: &Arguments) -> String {
    let mut text = String::new();
    let mut rest = expression;
    while let Some(character) = rest.chars().next() {
        if character == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 1);
            text.push_str(rest.get(1..end).unwrap_or_default());
            rest = rest.get(end + 1..).unwrap_or_default();
        } else if character.is_alphabetic() || character == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = &rest[..end];
            let given = arguments
                .values(&["v", "assign"])
                .into_iter()
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let call = rest[end..].starts_with('(');
            if !call {
                text.push_str(given.unwrap_or(counter));
            }
            rest = &rest[end..];
        } else {
            rest = &rest[character.len_utf8()..];
        }
    }
    text
}

fn csplit(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, "fbn", &["prefix", "suffix-format", "digits"]);
    let Some(name) = arguments.operands.first() else { return Outcome::chatter() };
    let contents = inputs(machine, call, std::slice::from_ref(name));
    let prefix = arguments.value(&["f", "prefix"]).unwrap_or("xx");
    let suffix = |number: &str| match arguments.value(&["b", "suffix-format"]) {
        // printf(3) with one integer.
        Some(format) => match (format.find('%'), format.find(['d', 'i', 'u', 'x'])) {
            (Some(start), Some(end)) if start < end => format!("{}{number}{}", &format[..start], &format[end + 1..]),
            _ => format!("{format}{number}"),
        },
        None => number.to_owned(),
    };
    let (first, rest) = (format!("{prefix}{}", suffix("00")), format!("{prefix}{}", suffix("01")));
    put_pieces(machine, call, &contents, &first, &rest);
    Outcome::chatter()
}

fn split(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments =
        Arguments::read(call.arguments, "abClnp", &["lines", "bytes", "additional-suffix", "suffix-length", "number"]);
    let contents = inputs(machine, call, arguments.operands.get(..1).unwrap_or_default());
    let prefix = arguments.operands.get(1).map_or("x", String::as_str);
    let suffix = arguments.value(&["additional-suffix"]).unwrap_or_default();
    let (first, rest) = (format!("{prefix}aa{suffix}"), format!("{prefix}ab{suffix}"));
    put_pieces(machine, call, &contents, &first, &rest);
    Outcome::chatter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awk_names_its_files() {
        let program = r#"split_after == 1 {n++;split_after=0} /-----END CERTIFICATE-----/ {split_after=1}{print > "rds-ca-" n ".pem"}"#;
        let target = print_target(program).unwrap();
        assert_eq!(evaluate(target, "1", &Arguments::default()), "rds-ca-1.pem");
        assert_eq!(evaluate(target, "", &Arguments::default()), "rds-ca-.pem");
        assert_eq!(print_target("{print $2}"), None);
        assert_eq!(print_target("{print; if ($1 > 2) x}"), None);
    }
}
