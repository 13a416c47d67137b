//! Statements: each in its turn, and the ways of a condition put together again behind it.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged as _;

use super::machine::Machine;
use super::object::{Node, Object};
use super::state::State;
use crate::client::Value;

/// As many things that can change are put together in the time of a statement.
const THINGS_IN_A_STEP: usize = 32;

impl<'a> Machine<'a> {
    /// Follows statements, one after the other.
    pub fn block(&mut self, body: &'a [Stmt]) {
        for statement in body {
            if self.state.is_dead || self.is_exhausted() {
                return;
            }
            self.steps += 1;
            self.statement(statement);
        }
    }

    /// Follows a block as one way from here, and comes back.
    fn aside(&mut self, from: State<'a>, body: &'a [Stmt]) -> State<'a> {
        self.steps += self.state.heap.len() / THINGS_IN_A_STEP;
        let here = std::mem::replace(&mut self.state, from);
        self.block(body);
        std::mem::replace(&mut self.state, here)
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    match &alias.asname {
                        Some(name) => self.state.set(name.as_str(), imported(alias.name.as_str())),
                        None => {
                            let first = alias.name.as_str().split('.').next().unwrap_or_default();
                            self.state.set(first, imported(first));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map(|module| module.as_str()).unwrap_or_default();
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let whole = format!("{dots}{module}.{}", alias.name.as_str());
                    self.state.set(name, imported(&whole));
                }
            }
            Stmt::FunctionDef(function) => {
                self.functions.push(Node(function));
                self.state.set(function.name.as_str(), Object::Function(Node(function), None));
            }
            Stmt::ClassDef(class) => {
                self.classes.push(Node(class));
                self.state.set(class.name.as_str(), Object::Class(Node(class)));
            }
            Stmt::Return(give) => {
                let object = match &give.value {
                    Some(value) => self.expression(value),
                    None => Object::Value(Value::Null),
                };
                self.give_back(object);
                self.state.is_dead = true;
            }
            Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_) => self.state.is_dead = true,
            Stmt::Assign(assign) => {
                let object = self.expression(&assign.value);
                for target in &assign.targets {
                    self.assign(target, object.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let object = self.expression(value);
                    self.assign(&assign.target, object);
                }
            }
            Stmt::AugAssign(assign) => {
                let left = self.expression(&assign.target);
                let right = self.expression(&assign.value);
                let object = self.combined(left, assign.op, right);
                self.assign(&assign.target, object);
            }
            // A string by itself is documentation.
            Stmt::Expr(expression) if expression.value.is_string_literal_expr() => {}
            Stmt::Expr(expression) => {
                self.expression(&expression.value);
            }
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::For(each) => {
                let object = self.expression(&each.iter);
                let item = self.item_of(&object);
                self.assign(&each.target, item);
                self.repeated(&each.body);
                self.block(&each.orelse);
            }
            Stmt::While(repeat) => {
                self.expression(&repeat.test);
                self.repeated(&repeat.body);
                self.block(&repeat.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let object = self.expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, object);
                    }
                }
                self.block(&with.body);
            }
            Stmt::Try(attempt) => {
                let before = self.state.clone();
                self.block(&attempt.body);
                self.block(&attempt.orelse);
                let mut after = std::mem::take(&mut self.state);
                for handler in &attempt.handlers {
                    let handler = handler.as_except_handler();
                    if let Some(handler) = handler {
                        // It may have come here from anywhere in the body: from before it is what is known to be.
                        let way = self.aside(before.clone(), &handler.body);
                        after = after.merge(way);
                    }
                }
                self.state = after;
                let was_dead = std::mem::take(&mut self.state.is_dead);
                self.block(&attempt.finalbody);
                self.state.is_dead |= was_dead;
            }
            Stmt::Match(choice) => {
                self.expression(&choice.subject);
                let before = self.state.clone();
                let mut after = before.clone();
                for case in &choice.cases {
                    let way = self.aside(before.clone(), &case.body);
                    after = after.merge(way);
                }
                self.state = after;
            }
            _ => {}
        }
    }

    /// A body that runs any number of times: once stands for all.
    fn repeated(&mut self, body: &'a [Stmt]) {
        let before = self.state.clone();
        self.block(body);
        let after = std::mem::take(&mut self.state);
        self.state = before.merge(after);
    }

    fn conditional(&mut self, conditional: &'a ruff_python_ast::StmtIf) {
        let mut after: Option<State<'a>> = None;
        let take = |after: &mut Option<State<'a>>, way: State<'a>| {
            *after = Some(match after.take() {
                Some(other) => other.merge(way),
                None => way,
            });
        };
        let first = std::iter::once((Some(&*conditional.test), conditional.body.as_slice()));
        let others = conditional.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), clause.body.as_slice()));
        for (test, body) in first.chain(others) {
            let truth = match test {
                Some(test) => {
                    let object = self.expression(test);
                    self.decided(test, &object)
                }
                None => Some(true),
            };
            match truth {
                Some(true) => {
                    let way = self.aside(self.state.clone(), body);
                    take(&mut after, way);
                    self.state = after.unwrap_or_default();
                    return;
                }
                Some(false) => {}
                None => {
                    let way = self.aside(self.state.clone(), body);
                    take(&mut after, way);
                }
            }
        }
        let here = std::mem::take(&mut self.state);
        take(&mut after, here);
        self.state = after.unwrap_or_default();
    }

    /// Which way a condition goes: where it is known, and where it asks whether the host is this machine, since nobody can stand
    /// between on this machine, and the other way is what matters.
    pub fn decided(&mut self, test: &'a Expr, object: &Object<'a>) -> Option<bool> {
        if let Some(truth) = object.truth() {
            return Some(truth);
        }
        let text = self.slice(test.range());
        let asks_here = ["localhost", "127.0.0.1", "is_local", "::1"].iter().any(|word| text.contains(word));
        if !asks_here || text.contains(" and ") || text.contains(" or ") && text.contains("not ") {
            return None;
        }
        let negated = text.contains("!=") || text.contains("not ");
        Some(negated)
    }
}

fn imported<'a>(name: &str) -> Object<'a> {
    Object::Imported(Rc::from(name))
}
