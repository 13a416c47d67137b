//! Simple commands (POSIX, "Shell Command Language", 2.9.1): assignments, words and redirects, and what they call.

use std::borrow::Cow;

use brush_parser::SourceSpan;
use brush_parser::ast::{
    Assignment, AssignmentName, AssignmentValue, CommandPrefixOrSuffixItem, FunctionBody, IoFileRedirectTarget,
    IoRedirect, SimpleCommand,
};

use super::command::{self, Call};
use super::holding::Contents;
use super::interpreter::Interpreter;
use super::machine::{Flow, Outcome, Status};
use crate::text::Span;

impl Interpreter<'_> {
    /// From the first to the last word of a command, redirects included: the grammar's own location leaves those out.
    fn extent(&self, simple: &SimpleCommand) -> Span {
        let mut whole: Option<SourceSpan> = None;
        let mut cover = |location: Option<SourceSpan>| {
            let Some(location) = location else { return };
            whole = Some(match whole.take() {
                None => location,
                Some(old) => SourceSpan {
                    start: if old.start.index <= location.start.index { old.start } else { location.start },
                    end: if old.end.index >= location.end.index { old.end } else { location.end },
                },
            });
        };
        let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
        cover(simple.word_or_name.as_ref().and_then(|word| word.loc.clone()));
        for item in prefix.chain(suffix) {
            cover(match item {
                CommandPrefixOrSuffixItem::Word(word) => word.loc.clone(),
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => Some(assignment.loc.clone()),
                CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => Some(subshell.loc.clone()),
                CommandPrefixOrSuffixItem::IoRedirect(
                    IoRedirect::File(_, _, IoFileRedirectTarget::Filename(word))
                    | IoRedirect::HereString(_, word)
                    | IoRedirect::OutputAndError(word, _),
                ) => word.loc.clone(),
                CommandPrefixOrSuffixItem::IoRedirect(_) => None,
            });
        }
        self.span(whole)
    }

    /// Runs a simple command: words, assignments before it, redirects.
    pub(super) fn simple(&mut self, simple: &SimpleCommand, input: Contents) -> Outcome {
        self.here = self.extent(simple);
        let mut words: Vec<Cow<'_, str>> = Vec::new();
        let mut redirects: Vec<&IoRedirect> = Vec::new();
        let mut pipes = Vec::new();
        let mut before: Vec<&Assignment> = Vec::new();
        let mut arrays: Vec<&Assignment> = Vec::new();
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            match item {
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => before.push(assignment),
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                CommandPrefixOrSuffixItem::Word(word) => words.push(Cow::Borrowed(&word.value)),
                CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {}
            }
        }
        words.extend(simple.word_or_name.iter().map(|word| Cow::Borrowed(word.value.as_str())));
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::Word(word) => words.push(Cow::Borrowed(&word.value)),
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => match assignment.value {
                    AssignmentValue::Array(_) => arrays.push(assignment),
                    AssignmentValue::Scalar(_) => words.push(Cow::Borrowed(&word.value)),
                },
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                    let outcome = self.isolated(|inner| inner.list(&subshell.list, false));
                    // The command reads a pipe: a file of a name that nobody else has does as well.
                    let pipe = self.machine.fresh("/run/pipe");
                    let here = self.here;
                    let path = self.machine.path(&pipe);
                    self.machine.write(&path, outcome.output, here, false);
                    words.push(Cow::Owned(pipe));
                    pipes.push(path);
                }
            }
        }
        let only_assigns = words.is_empty();
        let arguments = self.fields(words.iter().map(AsRef::as_ref));
        let mut kept = Vec::new();
        for assignment in before.into_iter().chain(arrays) {
            if !only_assigns && let AssignmentName::VariableName(name) = &assignment.name {
                kept.push((name.clone(), self.machine.variables.all(name).to_vec()));
            }
            self.assign(assignment);
        }
        let here = self.here;
        let outcome = self.redirected(&redirects, input, |inner, input| match arguments.split_first() {
            None => Outcome { flow: Flow::On(Status::Success), output: input },
            Some((name, arguments)) => inner.call(name, arguments, input, here),
        });
        for pipe in pipes {
            self.machine.forget(&pipe);
        }
        for (name, values) in kept {
            match values.is_empty() {
                true => self.machine.variables.unset(&name),
                false => self.machine.variables.set_all(&name, values),
            }
        }
        outcome
    }

    fn assign(&mut self, assignment: &Assignment) {
        let AssignmentName::VariableName(name) = &assignment.name else { return };
        let mut values = match &assignment.value {
            AssignmentValue::Scalar(word) => vec![self.text(&word.value)],
            AssignmentValue::Array(items) => {
                let words: Vec<String> = items.iter().map(|(_, word)| word.value.clone()).collect();
                self.fields(words.iter().map(String::as_str))
            }
        };
        if assignment.append {
            let mut all = self.machine.variables.all(name).to_vec();
            match (&assignment.value, all.first_mut(), values.first()) {
                (AssignmentValue::Scalar(_), Some(old), Some(more)) => old.push_str(more),
                _ => all.append(&mut values),
            }
            values = all;
        }
        self.machine.variables.set_all(name, values);
    }

    fn call(&mut self, name: &str, arguments: &[String], input: Contents, span: Span) -> Outcome {
        if let Some(body) = self.machine.functions.get(name).cloned() {
            return self.function(&body, arguments, input);
        }
        let mut outcome = command::run(self.machine, &Call { name, arguments, input, span });
        if self.machine.lenient == 0 {
            command::bear_witness(self.machine, name, arguments);
        }
        if let Flow::Return(status) = outcome.flow
            && name != "return"
        {
            outcome.flow = Flow::On(status);
        }
        outcome
    }

    fn function(&mut self, body: &FunctionBody, arguments: &[String], input: Contents) -> Outcome {
        let kept = std::mem::replace(&mut self.machine.variables.positional, arguments.to_vec());
        // The body's places are those of the script that defined it, which may be another one.
        let mut outcome = self.compound(&body.0, body.1.as_ref(), input);
        self.machine.variables.positional = kept;
        if let Flow::Return(status) = outcome.flow {
            outcome.flow = Flow::On(status);
        }
        outcome
    }
}
