//! Follows the statements of a file: first what runs when it is imported, then each function that nobody here calls.

use std::collections::BTreeSet;

use ruff_python_ast::{Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::TextRange;

use super::arguments::Arguments;
use super::finds::Finds;
use super::object::{Id, Node, Object, Thing};
use super::reach::Reach;
use super::state::State;
use crate::client::Connection;
use crate::text::Span;

/// No file needs more statements than this followed; what is beyond is not known. Putting two ways together counts by what is on them.
const MAX_STEPS: usize = 60_000;

/// Follows a file, and tells what connects.
pub fn run<'a>(source: &'a str, body: &'a [Stmt]) -> Vec<Connection> {
    let mut machine = Machine {
        source,
        state: State::default(),
        finds: Finds::default(),
        next: 0,
        steps: 0,
        calls: Vec::new(),
        returned: Vec::new(),
        called: BTreeSet::new(),
        functions: Vec::new(),
        classes: Vec::new(),
        reach: Reach::of(source, body),
    };
    machine.block(body);
    machine.state.is_dead = false;
    machine.explore();
    machine.finish()
}

/// Follows one file.
pub struct Machine<'a> {
    /// The text.
    pub source: &'a str,
    /// Where it is.
    pub state: State<'a>,
    /// What was found.
    pub finds: Finds,
    next: Id,
    /// How many statements were followed.
    pub steps: usize,
    /// The functions that are being called.
    pub calls: Vec<Node<'a, StmtFunctionDef>>,
    /// What the functions that are being called have returned so far.
    pub returned: Vec<Vec<(Object<'a>, State<'a>)>>,
    /// Where the functions begin that were called.
    pub called: BTreeSet<usize>,
    /// All functions that are in no class, in the order in which they were defined.
    pub functions: Vec<Node<'a, StmtFunctionDef>>,
    /// All classes.
    pub classes: Vec<Node<'a, StmtClassDef>>,
    /// The functions that may come to something that connects.
    pub reach: Reach,
}

/// A range of the syntax tree as a span.
pub fn span(range: TextRange) -> Span {
    Span::new(range.start().to_usize(), range.end().to_usize())
}

impl<'a> Machine<'a> {
    /// Puts something that can change somewhere.
    pub fn new_thing(&mut self, thing: Thing<'a>) -> Object<'a> {
        let id = self.next;
        self.next += 1;
        self.state.put(id, thing);
        Object::Reference(id)
    }

    fn finish(mut self) -> Vec<Connection> {
        self.settle();
        let line_starts: Vec<usize> = memchr::memchr_iter(b'\n', self.source.as_bytes()).collect();
        self.finds.connections(|span| line_starts.partition_point(|end| *end < span.start) + 1)
    }

    /// What is left when all has run: settings that a framework reads, and strings that nobody took here.
    fn settle(&mut self) {
        super::django::settle(self);
        super::sqlalchemy::settle(self);
    }

    /// Follows each function that nobody called, with parameters that can't be told.
    fn explore(&mut self) {
        for class in self.classes.clone() {
            if self.reach.has_any_of(class.0) {
                self.explore_class(class);
            }
        }
        let mut at = 0;
        // Functions may define others.
        while let Some(function) = self.functions.get(at).copied() {
            at += 1;
            if self.reach.has(function.0) && !self.called.contains(&function.0.range.start().to_usize()) {
                self.explore_function(function, None);
            }
        }
    }

    /// Follows a function, as a method of an object where there is one, with parameters that can't be told.
    pub fn explore_function(&mut self, function: Node<'a, StmtFunctionDef>, of: Option<Id>) {
        self.state.is_dead = false;
        let has_parameters = function.0.parameters.iter().count() > usize::from(of.is_some());
        self.finds.explored = has_parameters;
        let arguments = Arguments { unseen: Some("its caller decides".to_owned()), ..Arguments::default() };
        self.call_function(function, of, &arguments);
        self.finds.explored = false;
        self.state.is_dead = false;
    }

    /// The text of a range.
    pub fn slice(&self, range: TextRange) -> &'a str {
        self.source.get(span(range).range()).unwrap_or_default()
    }

    /// Whether more was followed than any file needs.
    pub fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }
}
