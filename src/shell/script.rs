//! Scripts: which are read at all, and where their parts stand.

use brush_parser::{Parser, ParserOptions};

use crate::text::Span;

use super::holding::{Contents, Reach};
use super::interpreter::Interpreter;
use super::machine::{Flow, MAX_DEPTH, Machine, Outcome, Status};
use super::variables::UNKNOWN;

/// Longest script that is read, in bytes.
const MAX_SCRIPT: usize = 1024 * 1024;

/// Where parts of a script stand in the text that spans point into.
#[derive(Clone, Copy)]
pub enum Places<'a> {
    /// The script is a piece of that text, or was made from it: a function from byte offsets of the script to a span.
    Mapped(&'a dyn Fn(usize, usize) -> Span),
    /// The script stands somewhere else (a file, a variable): everything in it is said of the command that runs it.
    All(Span),
}

/// Runs a script as `sh -c` does.
pub fn run(machine: &mut Machine, script: &str, places: Places<'_>) -> Outcome {
    let whole = match places {
        Places::Mapped(map) => map(0, script.len()),
        Places::All(span) => span,
    };
    if let Some(why) = unreadable(machine, script) {
        machine.gap(whole, why, Reach::Anywhere);
        return Outcome::silent(Status::Unknown);
    }
    let program = match Parser::new(script.as_bytes(), &ParserOptions::default()).parse_program() {
        Ok(program) => program,
        Err(_) => {
            machine.gap(whole, "the script cannot be read as sh or bash", Reach::Anywhere);
            return Outcome::silent(Status::Unknown);
        }
    };
    machine.depth += 1;
    let offsets = Offsets::new(script);
    let mut interpreter = Interpreter::new(machine, places, &offsets, whole);
    let mut output = Contents::default();
    let mut flow = Flow::On(Status::Success);
    let commands = program.complete_commands;
    for (at, list) in commands.iter().enumerate() {
        let outcome = interpreter.list(list, at + 1 == commands.len());
        output.append(outcome.output);
        flow = outcome.flow;
        if !matches!(flow, Flow::On(_)) {
            break;
        }
    }
    machine.depth -= 1;
    Outcome { flow, output }
}

/// Why a script is not even parsed; none where it is.
fn unreadable(machine: &Machine, script: &str) -> Option<String> {
    if machine.depth >= MAX_DEPTH {
        return Some("scripts are nested too deeply to be followed".to_owned());
    }
    if script.len() > MAX_SCRIPT {
        return Some("the script is too long to be read".to_owned());
    }
    // The parser descends once for every open group, every `!`, and every operator of a `[[ … ]]`; its stack is bounded by
    // bounding those before it begins.
    let mut open = 0_usize;
    let mut deepest = 0;
    let mut operators = 0;
    let mut in_test = false;
    for word in script.split(|character: char| character.is_whitespace() || character == ';') {
        match word {
            "if" | "for" | "while" | "until" | "case" | "{" | "select" => open += 1,
            "fi" | "done" | "esac" | "}" => open = open.saturating_sub(1),
            "[[" => (in_test, operators) = (true, 0),
            "]]" => (in_test, operators) = (false, 0),
            _ => {}
        }
        operators = match word {
            "!" => operators + 1,
            _ if in_test => operators + word.matches("&&").count() + word.matches("||").count(),
            _ => 0,
        };
        let (mut opened, mut closed) = (0, 0);
        for byte in word.bytes() {
            opened += usize::from(matches!(byte, b'(' | b'{' | b'`'));
            closed += usize::from(matches!(byte, b')' | b'}' | b'`'));
        }
        deepest = deepest.max(open + opened + operators);
        open = (open + opened).saturating_sub(closed);
    }
    (deepest > MAX_OPEN).then(|| "the script is nested too deeply to be read".to_owned())
}

/// Open groups in one script.
const MAX_OPEN: usize = 48;

/// From the parser's character offsets to byte offsets.
pub(super) struct Offsets {
    /// Byte offset of every character; empty where both are the same.
    bytes: Vec<usize>,
}

impl Offsets {
    fn new(script: &str) -> Self {
        let bytes = if script.is_ascii() {
            Vec::new()
        } else {
            script.char_indices().map(|(at, _)| at).chain([script.len()]).collect()
        };
        Self { bytes }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            character
        } else {
            self.bytes.get(character).or(self.bytes.last()).copied().unwrap_or_default()
        }
    }
}

/// A text as contents: known to the byte unless part of it could not be told.
pub(super) fn text_contents(text: &str) -> Contents {
    let mut contents = Contents::bytes(text.as_bytes());
    contents.open = text.contains(UNKNOWN);
    contents
}
