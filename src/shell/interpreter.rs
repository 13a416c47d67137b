//! Walks a script's syntax tree and does to the machine what the shell would.

use std::borrow::Cow;
use std::sync::Arc;

use brush_parser::SourceSpan;
use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentName, AssignmentValue, Command, CommandPrefixOrSuffixItem, CompoundCommand,
    CompoundList, FunctionBody, IoFileRedirectTarget, IoRedirect, Pipeline, SimpleCommand,
};

use crate::text::Span;

use super::command::{self, Call};
use super::holding::{Contents, Reach};
use super::machine::{Flow, MAX_DEPTH, MAX_STEPS, Machine, Outcome, Status};
use super::pattern;
use super::script::{self, Offsets, Places, run};
use super::variables::is_unknown;

/// Rounds of one loop over a literal list.
const MAX_ROUNDS: usize = 1000;

/// One walk over one script.
pub(super) struct Interpreter<'a> {
    pub(super) machine: &'a mut Machine,
    places: Places<'a>,
    offsets: &'a Offsets,
    /// The command that is being run.
    pub(super) here: Span,
    /// What a compound command gets on its standard input.
    input: Contents,
}

impl<'a> Interpreter<'a> {
    /// A walk over a script that stands at `here`.
    pub(super) fn new(machine: &'a mut Machine, places: Places<'a>, offsets: &'a Offsets, here: Span) -> Self {
        Self { machine, places, offsets, here, input: Contents::default() }
    }
}

impl Interpreter<'_> {
    fn span(&self, location: Option<SourceSpan>) -> Span {
        match (self.places, location) {
            (Places::All(span), _) => span,
            (Places::Mapped(map), Some(location)) => {
                map(self.offsets.byte(location.start.index), self.offsets.byte(location.end.index))
            }
            (Places::Mapped(_), None) => self.here,
        }
    }

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
    fn maybe(&mut self, otherwise: Flow, body: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let without = self.machine.clone();
        let flow = body(self);
        self.join(without, otherwise, flow)
    }

    /// Joins the machine as it is (which ended with `flow`) with another way's; a way that ends the build is none.
    fn join(&mut self, other: Machine, other_flow: Flow, flow: Flow) -> Flow {
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

    fn command(&mut self, command: &Command, input: Contents) -> Outcome {
        self.machine.steps += 1;
        if self.machine.steps > MAX_STEPS || self.machine.depth >= MAX_DEPTH {
            let here = self.here;
            self.machine.gap(here, "the script runs too long or too deep to be followed", Reach::Anywhere);
            return Outcome { flow: Flow::Exit(Status::Unknown), output: Contents::other() };
        }
        self.machine.depth += 1;
        let outcome = match command {
            Command::Simple(simple) => self.simple(simple, input),
            Command::Compound(compound, redirects) => {
                let redirects = redirects.as_ref().map(|list| list.0.as_slice()).unwrap_or_default();
                self.redirected(redirects, input, |inner, input| {
                    let kept = std::mem::replace(&mut inner.input, input);
                    let outcome = inner.compound(compound);
                    inner.input = kept;
                    outcome
                })
            }
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

    fn compound(&mut self, compound: &CompoundCommand) -> Outcome {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, true),
            CompoundCommand::Subshell(subshell) => self.isolated(|inner| inner.list(&subshell.list, true)),
            CompoundCommand::IfClause(clause) => {
                let mut branches = vec![(Some(&clause.condition), &clause.then)];
                for next in clause.elses.iter().flatten() {
                    branches.push((next.condition.as_ref(), &next.body));
                }
                self.branches(&branches)
            }
            CompoundCommand::ForClause(clause) => {
                let values = match &clause.values {
                    Some(words) => self.fields(words.iter().map(|word| word.value.as_str())),
                    None => self.machine.variables.positional.clone(),
                };
                self.rounds(values.len(), |inner, round| {
                    let value = values.get(round).cloned().unwrap_or_default();
                    inner.machine.variables.set(&clause.variable_name, value);
                    inner.list(&clause.body.list, false)
                })
            }
            CompoundCommand::WhileClause(clause) => {
                self.repeated(|inner| inner.condition(&clause.0), |inner| inner.list(&clause.1.list, false))
            }
            CompoundCommand::UntilClause(clause) => self.repeated(
                |inner| match inner.condition(&clause.0) {
                    Flow::On(status) => Flow::On(status.inverted()),
                    flow => flow,
                },
                |inner| inner.list(&clause.1.list, false),
            ),
            CompoundCommand::CaseClause(clause) => {
                let value = self.text(&clause.value.value);
                for case in &clause.cases {
                    let patterns: Vec<_> = case.patterns.iter().map(|word| self.pattern(&word.value)).collect();
                    let Some(body) = &case.cmd else {
                        if !is_unknown(&value) && patterns.iter().any(|pattern| pattern::matches(pattern, &value)) {
                            return Outcome::silent(Status::Success);
                        }
                        continue;
                    };
                    if is_unknown(&value) {
                        self.maybe(Flow::On(Status::Success), |inner| inner.list(body, true).flow);
                    } else if patterns.iter().any(|pattern| pattern::matches(pattern, &value)) {
                        return self.list(body, true);
                    }
                }
                Outcome::chatter()
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                if let Some(initializer) = &clause.initializer {
                    self.number(initializer);
                }
                let mut rounds = 0;
                self.repeated(
                    |inner| {
                        if rounds > 0
                            && let Some(updater) = &clause.updater
                        {
                            inner.number(updater);
                        }
                        rounds += 1;
                        Flow::On(clause.condition.as_ref().map_or(Status::Success, |it| inner.is_nonzero(it)))
                    },
                    |inner| inner.list(&clause.body.list, false),
                )
            }
            CompoundCommand::Coprocess(coprocess) => self.command(&coprocess.body, Contents::other()),
            CompoundCommand::Arithmetic(command) => Outcome::silent(self.is_nonzero(&command.expr)),
        }
    }

    /// Runs a condition: its failure ends nothing.
    fn condition(&mut self, list: &CompoundList) -> Flow {
        self.machine.lenient += 1;
        self.machine.answered += 1;
        let outcome = self.list(list, true);
        self.machine.lenient -= 1;
        self.machine.answered -= 1;
        outcome.flow
    }

    fn branches(&mut self, branches: &[(Option<&CompoundList>, &CompoundList)]) -> Outcome {
        let Some(((condition, body), rest)) = branches.split_first() else { return Outcome::silent(Status::Success) };
        let status = match condition {
            None => Status::Success,
            Some(condition) => match self.condition(condition) {
                Flow::On(status) => status,
                flow => return Outcome { flow, output: Contents::default() },
            },
        };
        match status {
            Status::Success => self.list(body, true),
            Status::Failure => self.branches(rest),
            Status::Unknown => {
                let mut without = self.machine.clone();
                let taken = self.list(body, true);
                // The other way, on a machine of its own.
                std::mem::swap(self.machine, &mut without);
                let other = self.branches(rest);
                let flow = self.join(without, taken.flow, other.flow);
                let mut output = taken.output;
                if output != other.output {
                    output.append(other.output);
                    output.open = true;
                    output.doubtful = true;
                }
                Outcome { flow, output }
            }
        }
    }

    /// Runs a body as long as a condition holds. From where that could not be told, one more round stands for any number.
    fn repeated(
        &mut self,
        mut condition: impl FnMut(&mut Self) -> Flow,
        mut body: impl FnMut(&mut Self) -> Outcome,
    ) -> Outcome {
        let mut output = Contents::default();
        for _ in 0..MAX_ROUNDS {
            match condition(self) {
                Flow::On(Status::Success) => {}
                Flow::On(Status::Failure) => return Outcome { flow: Flow::On(Status::Success), output },
                Flow::On(Status::Unknown) => break,
                flow => return Outcome { flow, output },
            }
            let outcome = body(self);
            output.append(outcome.output);
            match outcome.flow {
                Flow::On(Status::Success | Status::Failure) | Flow::Continue(0 | 1) => {}
                Flow::Break(0 | 1) => return Outcome { flow: Flow::On(Status::Success), output },
                // A `break` that may have been reached ends what can be followed.
                Flow::On(Status::Unknown) => break,
                Flow::Break(levels) => return Outcome { flow: Flow::Break(levels - 1), output },
                Flow::Continue(levels) => return Outcome { flow: Flow::Continue(levels - 1), output },
                flow => return Outcome { flow, output },
            }
        }
        output.append(Contents::other());
        let flow = self.maybe(Flow::On(Status::Success), |inner| {
            let outcome = body(inner);
            output.append(outcome.output);
            match outcome.flow {
                Flow::Break(_) | Flow::Continue(_) => Flow::On(Status::Success),
                flow => flow,
            }
        });
        Outcome { flow, output }
    }

    fn rounds(&mut self, count: usize, mut body: impl FnMut(&mut Self, usize) -> Outcome) -> Outcome {
        let mut output = Contents::default();
        let mut flow = Flow::On(Status::Success);
        for round in 0..count.min(MAX_ROUNDS) {
            let outcome = body(self, round);
            output.append(outcome.output);
            flow = match outcome.flow {
                Flow::Break(0 | 1) => return Outcome { flow: Flow::On(Status::Success), output },
                Flow::Break(levels) => return Outcome { flow: Flow::Break(levels - 1), output },
                Flow::Continue(0 | 1) => Flow::On(Status::Success),
                Flow::Continue(levels) => return Outcome { flow: Flow::Continue(levels - 1), output },
                Flow::On(status) => Flow::On(status),
                flow => return Outcome { flow, output },
            };
        }
        Outcome { flow, output }
    }

    fn simple(&mut self, simple: &SimpleCommand, input: Contents) -> Outcome {
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
        let outcome = self.redirected_refs(&redirects, input, |inner, input| match arguments.split_first() {
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
        let redirects = body.1.as_ref().map(|list| list.0.as_slice()).unwrap_or_default();
        let mut outcome = self.redirected(redirects, input, |inner, input| {
            let kept = std::mem::replace(&mut inner.input, input);
            // The body's places are those of the script that defined it, which may be another one.
            let outcome = inner.compound(&body.0);
            inner.input = kept;
            outcome
        });
        self.machine.variables.positional = kept;
        if let Flow::Return(status) = outcome.flow {
            outcome.flow = Flow::On(status);
        }
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
