//! Compound commands (POSIX, "Shell Command Language", 2.9.4): groups, conditions and loops, with both ways of what could not be told.

use brush_parser::ast::{CompoundCommand, CompoundList, RedirectList};

use super::holding::Contents;
use super::interpreter::Interpreter;
use super::machine::{Flow, Outcome, Status};
use super::pattern;
use super::variables::is_unknown;

/// Rounds of one loop over a literal list.
const MAX_ROUNDS: usize = 1000;

impl Interpreter<'_> {
    /// Runs a compound command with its redirects.
    pub(super) fn compound(
        &mut self,
        compound: &CompoundCommand,
        redirects: Option<&RedirectList>,
        input: Contents,
    ) -> Outcome {
        let redirects: Vec<_> = redirects.into_iter().flat_map(|list| &list.0).collect();
        self.redirected(&redirects, input, |inner, input| {
            let kept = std::mem::replace(&mut inner.input, input);
            let outcome = inner.body(compound);
            inner.input = kept;
            outcome
        })
    }

    fn body(&mut self, compound: &CompoundCommand) -> Outcome {
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
}
