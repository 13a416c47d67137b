//! Scripts: which are read at all, and where their parts stand.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use brush_parser::ast::Program;
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

/// A script as the grammar has it, or why it is not read.
#[derive(Debug)]
struct Script {
    program: Result<Program, &'static str>,
    offsets: Offsets,
}

impl Script {
    fn read(text: &str) -> Self {
        let parse = || {
            let parsed = Parser::new(text.as_bytes(), &ParserOptions::default()).parse_program();
            parsed.map_err(|_| "the script cannot be read as sh or bash")
        };
        Self { program: unreadable(text).map_or_else(parse, Err), offsets: Offsets::new(text) }
    }
}

/// Scripts that were read, by their texts: what is written once is often run in many stages, and in many Dockerfiles beside one another.
#[derive(Debug, Default)]
pub struct Scripts(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    scripts: HashMap<Box<str>, Rc<Script>>,
    /// The length of all texts, in bytes.
    length: usize,
}

/// Bytes of text that are kept: all the scripts of hundreds of Dockerfiles.
const MAX_KEPT: usize = 1024 * 1024;

impl Scripts {
    fn read(&self, text: &str) -> Rc<Script> {
        if let Some(script) = self.0.borrow().scripts.get(text) {
            return Rc::clone(script);
        }
        let script = Rc::new(Script::read(text));
        let kept = &mut *self.0.borrow_mut();
        if kept.length + text.len() > MAX_KEPT {
            *kept = Kept::default();
        }
        if text.len() <= MAX_KEPT {
            kept.length += text.len();
            kept.scripts.insert(text.into(), Rc::clone(&script));
        }
        script
    }
}

/// Runs a script as `sh -c` does.
pub fn run(machine: &mut Machine, script: &str, places: Places<'_>) -> Outcome {
    let whole = match places {
        Places::Mapped(map) => map(0, script.len()),
        Places::All(span) => span,
    };
    if machine.depth >= MAX_DEPTH {
        machine.gap(whole, "scripts are nested too deeply to be followed", Reach::Anywhere);
        return Outcome::silent(Status::Unknown);
    }
    let read = machine.scripts.read(script);
    let commands = match &read.program {
        Ok(program) => &program.complete_commands,
        Err(why) => {
            machine.gap(whole, *why, Reach::Anywhere);
            return Outcome::silent(Status::Unknown);
        }
    };
    machine.depth += 1;
    let mut interpreter = Interpreter::new(machine, places, &read.offsets, whole);
    let mut output = Contents::default();
    let mut flow = Flow::On(Status::Success);
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

/// Runs what `trap` says for the end of the shell.
pub fn end_shell(machine: &mut Machine) {
    if let Some((action, trap)) = machine.at_exit.take() {
        run(machine, &action, Places::All(trap));
    }
}

/// Why a script is not even parsed; none where it is.
fn unreadable(script: &str) -> Option<&'static str> {
    if script.len() > MAX_SCRIPT {
        return Some("the script is too long to be read");
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
    (deepest > MAX_OPEN).then_some("the script is nested too deeply to be read")
}

/// Open groups in one script.
const MAX_OPEN: usize = 48;

/// From the parser's character offsets to byte offsets.
#[derive(Debug)]
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
