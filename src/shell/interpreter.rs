//! Walks a script's syntax tree and does to the machine what the shell would.

use std::sync::Arc;

use brush_parser::SourceSpan;
use brush_parser::ast::{AndOr, AndOrList, Command, CommandPrefixOrSuffixItem, CompoundList, Pipeline};

use crate::text::Span;

use super::holding::{Contents, Reach};
use super::machine::{Flow, MAX_DEPTH, MAX_STEPS, Machine, Outcome, Status};
use super::script::{self, Offsets, Places, run};

/// One walk over one script.
pub(super) struct Interpreter<'a> {
    pub(super) machine: &'a mut Machine,
    places: Places<'a>,
    offsets: &'a Offsets,
    /// The command that is being run.
    pub(super) here: Span,
    /// What a compound command gets on its standard input.
    pub(super) input: Contents,
}

impl<'a> Interpreter<'a> {
    /// A walk over a script that stands at `here`.
    pub(super) fn new(machine: &'a mut Machine, places: Places<'a>, offsets: &'a Offsets, here: Span) -> Self {
        Self { machine, places, offsets, here, input: Contents::default() }
    }
}

impl Interpreter<'_> {
    /// Where something stands that the grammar found.
    pub(super) fn span(&self, location: Option<SourceSpan>) -> Span {
        match (self.places, location) {
            (Places::All(span), _) => span,
            (Places::Mapped(map), Some(location)) => {
                map(self.offsets.byte(location.start.index), self.offsets.byte(location.end.index))
            }
            (Places::Mapped(_), None) => self.here,
        }
    }

    /// Runs a command substitution in a shell of its own and gives its output.
    pub(super) fn nested(&mut self, script: &str) -> Contents {
        let here = self.here;
        self.isolated(|inner| run(inner.machine, script, Places::All(here))).output
    }

    /// Runs something as in a subshell: variables, functions and the directory are as before behind it.
    pub(super) fn isolated(&mut self, body: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let machine = &mut *self.machine;
        let kept = (
            machine.directory.clone(),
            machine.variables.clone(),
            machine.functions.clone(),
            machine.errexit,
            machine.pipefail,
        );
        let at_exit = machine.at_exit.take();
        let outcome = body(self);
        let machine = &mut *self.machine;
        script::end_shell(machine);
        machine.at_exit = at_exit;
        (machine.directory, machine.variables, machine.functions, machine.errexit, machine.pipefail) = kept;
        Outcome {
            flow: match outcome.flow {
                Flow::On(status) | Flow::Return(status) | Flow::Exit(status) => Flow::On(status),
                Flow::Break(_) | Flow::Continue(_) => Flow::On(Status::Success),
            },
            output: outcome.output,
        }
    }

    /// Runs a list. `last` where its last command's status is that of what it is part of.
    pub(super) fn list(&mut self, list: &CompoundList, last: bool) -> Outcome {
        let mut output = Contents::default();
        let mut flow = Flow::On(Status::Success);
        for (at, item) in list.0.iter().enumerate() {
            let is_last = last && at + 1 == list.0.len();
            // A failure here ends the script, and with it the build: what goes on, went well.
            let needed = is_last || self.machine.errexit;
            let lenient = usize::from(!needed);
            self.machine.lenient += lenient;
            let outcome = self.and_or(&item.0, needed && self.machine.lenient == 0);
            self.machine.lenient -= lenient;
            output.append(outcome.output);
            flow = outcome.flow;
            match flow {
                Flow::On(Status::Failure) if self.machine.errexit && self.machine.lenient == 0 => {
                    return Outcome { flow: Flow::Exit(Status::Failure), output };
                }
                Flow::On(_) => {}
                _ => return Outcome { flow, output },
            }
        }
        Outcome { flow, output }
    }

    fn and_or(&mut self, list: &AndOrList, needed: bool) -> Outcome {
        let has_or = list.additional.iter().any(|next| matches!(next, AndOr::Or(_)));
        let lenient = usize::from(has_or);
        let answered = usize::from(has_or && !swallows(list));
        self.machine.lenient += lenient;
        self.machine.answered += answered;
        let mut outcome = self.pipeline(&list.first);
        for next in &list.additional {
            let Flow::On(status) = outcome.flow else { break };
            // `a && b` as the last list, or under `set -e`: had a failed, there would be no image.
            let status = if needed && !has_or && status == Status::Unknown { Status::Success } else { status };
            let (wanted, pipeline) = match next {
                AndOr::And(pipeline) => (Status::Success, pipeline),
                AndOr::Or(pipeline) => (Status::Failure, pipeline),
            };
            if status == wanted {
                let output = std::mem::take(&mut outcome.output);
                outcome = self.pipeline(pipeline);
                let behind = std::mem::replace(&mut outcome.output, output);
                outcome.output.append(behind);
            } else if status == Status::Unknown {
                outcome.flow = self.maybe(outcome.flow, |inner| inner.pipeline(pipeline).flow);
                outcome.output.append(Contents::other());
            }
        }
        self.machine.lenient -= lenient;
        self.machine.answered -= answered;
        outcome
    }

    /// Runs something of which it could not be told whether it is run, and joins both ways.
    pub(super) fn maybe(&mut self, otherwise: Flow, body: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let without = self.machine.clone();
        let flow = body(self);
        self.join(without, otherwise, flow)
    }

    /// Joins the machine as it is (which ended with `flow`) with another way's; a way that ends the build is none.
    pub(super) fn join(&mut self, other: Machine, other_flow: Flow, flow: Flow) -> Flow {
        match (flow, other_flow) {
            (Flow::Exit(Status::Failure), _) => {
                *self.machine = other;
                match other_flow {
                    Flow::On(_) => Flow::On(Status::Success),
                    _ => other_flow,
                }
            }
            (_, Flow::Exit(Status::Failure)) => flow,
            _ => {
                self.machine.join(other);
                match (flow, other_flow) {
                    (Flow::On(one), Flow::On(other)) if one == other => flow,
                    (Flow::On(_), _) | (_, Flow::On(_)) => Flow::On(Status::Unknown),
                    _ => flow,
                }
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Outcome {
        let mut input = std::mem::take(&mut self.input);
        let mut kept = input.clone();
        let mut outcome = Outcome::silent(Status::Success);
        let mut worst = Status::Success;
        let count = pipeline.seq.len();
        for (at, command) in pipeline.seq.iter().enumerate() {
            let quiet = usize::from(at + 1 < count && !self.machine.pipefail);
            let reads_line = count == 1 && reads_line(command);
            let left = reads_line.then(|| input.clone());
            self.machine.lenient += quiet;
            outcome = match count {
                1 => self.command(command, input),
                // Each runs in a subshell: none of them ends the script or changes its variables.
                _ => self.isolated(|inner| inner.command(command, input)),
            };
            self.machine.lenient -= quiet;
            if let Some(mut left) = left {
                left.take_line();
                kept = left;
            }
            if count > 1
                && let Flow::On(status) = outcome.flow
                && status != Status::Success
            {
                worst = status;
            }
            input = std::mem::take(&mut outcome.output);
        }
        outcome.output = input;
        if let Flow::On(status) = outcome.flow {
            let status = if self.machine.pipefail && count > 1 { worst } else { status };
            outcome.flow = Flow::On(if pipeline.bang { status.inverted() } else { status });
        }
        self.input = kept;
        outcome
    }

    /// Runs one command.
    pub(super) fn command(&mut self, command: &Command, input: Contents) -> Outcome {
        self.machine.steps += 1;
        if self.machine.steps > MAX_STEPS || self.machine.depth >= MAX_DEPTH {
            let here = self.here;
            self.machine.gap(here, "the script runs too long or too deep to be followed", Reach::Anywhere);
            return Outcome { flow: Flow::Exit(Status::Unknown), output: Contents::other() };
        }
        self.machine.depth += 1;
        let outcome = match command {
            Command::Simple(simple) => self.simple(simple, input),
            Command::Compound(compound, redirects) => self.compound(compound, redirects.as_ref(), input),
            Command::Function(function) => {
                let name = function.fname.value.clone();
                self.machine.functions.insert(name, Arc::new(function.body.clone()));
                Outcome::silent(Status::Success)
            }
            Command::ExtendedTest(test, _) => {
                let status = self.extended_test(&test.expr);
                Outcome::silent(status)
            }
        };
        self.machine.depth -= 1;
        outcome
    }
}

/// Whether a command is a `read` from the input that it shares with those around it, of which it takes a line.
fn reads_line(command: &Command) -> bool {
    let Command::Simple(simple) = command else { return false };
    let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
    simple.word_or_name.as_ref().is_some_and(|word| word.value == "read")
        && !suffix.into_iter().any(|item| matches!(item, CommandPrefixOrSuffixItem::IoRedirect(_)))
}

/// Whether the last `||` of a list only makes a failure good: `|| true`, `|| echo failed`.
fn swallows(list: &AndOrList) -> bool {
    let last = list.additional.iter().rev().find_map(|next| match next {
        AndOr::Or(pipeline) => Some(pipeline),
        AndOr::And(_) => None,
    });
    let Some(Pipeline { seq, .. }) = last else { return false };
    match seq.last() {
        Some(Command::Simple(simple)) => {
            let name = simple.word_or_name.as_ref().map(|word| word.value.as_str());
            matches!(name, Some("true" | ":" | "/bin/true" | "/usr/bin/true" | "echo" | "printf"))
        }
        _ => false,
    }
}
