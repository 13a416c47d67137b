//! Follows the statements of a file: first what runs when it is imported, then each function that nobody here calls.

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged as _, TextRange};

use super::arguments::Arguments;
use super::finds::Finds;
use super::object::{Dictionary, Id, Instance, Node, Object, Thing};
use super::reach::Reach;
use super::state::{Names, State};
use crate::client::{Connection, Value};
use crate::text::Span;

/// No file needs more statements than this followed; what is beyond is not known. Putting two ways together counts by what is on them.
const MAX_STEPS: usize = 60_000;

/// As many things that can change are put together in the time of a statement.
const THINGS_IN_A_STEP: usize = 32;

/// Calls inside calls beyond this are not followed.
const MAX_DEPTH: usize = 8;

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
    steps: usize,
    /// The functions that are being called.
    calls: Vec<Node<'a, StmtFunctionDef>>,
    /// What the functions that are being called have returned so far.
    returned: Vec<Vec<(Object<'a>, State<'a>)>>,
    /// Where the functions begin that were called.
    called: BTreeSet<usize>,
    /// All functions that are in no class, in the order in which they were defined.
    functions: Vec<Node<'a, StmtFunctionDef>>,
    /// All classes.
    classes: Vec<Node<'a, StmtClassDef>>,
    /// The functions that may come to something that connects.
    reach: Reach,
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

    fn explore_function(&mut self, function: Node<'a, StmtFunctionDef>, of: Option<Id>) {
        self.state.is_dead = false;
        let has_parameters = function.0.parameters.iter().count() > usize::from(of.is_some());
        self.finds.explored = has_parameters;
        let arguments = Arguments { unseen: Some("its caller decides".to_owned()), ..Arguments::default() };
        self.call_function(function, of, &arguments);
        self.finds.explored = false;
        self.state.is_dead = false;
    }

    /// Follows a class: its `__init__`, then every other method with what that left behind.
    fn explore_class(&mut self, class: Node<'a, StmtClassDef>) {
        let object = self.new_thing(Thing::Instance(Instance { class: Some(class), ..Instance::default() }));
        let Object::Reference(id) = object else { return };
        self.class_fields(class, id);
        let methods: Vec<_> = class.0.body.iter().filter_map(Stmt::as_function_def_stmt).map(Node).collect();
        let (first, others): (Vec<_>, Vec<_>) =
            methods.into_iter().partition(|method| method.0.name.as_str() == "__init__");
        let others = others.into_iter().filter(|method| self.reach.has(method.0)).collect::<Vec<_>>();
        for method in first.into_iter().chain(others) {
            self.explore_function(method, Some(id));
        }
    }

    /// Sets the fields that a class gives to its instances.
    pub fn class_fields(&mut self, class: Node<'a, StmtClassDef>, id: Id) {
        let bases: Vec<_> = class.0.bases().iter().map(|base| self.expression(base)).collect();
        for base in bases {
            if let Object::Class(base) = base
                && base != class
            {
                self.class_fields(base, id);
            }
        }
        // A settings class of pydantic takes its fields from the environment.
        let is_settings = class.0.bases().iter().any(|base| self.slice(base.range()).ends_with("BaseSettings"));
        for statement in &class.0.body {
            let (target, value) = match statement {
                Stmt::Assign(assign) => match assign.targets.as_slice() {
                    [Expr::Name(name)] => (name.id.as_str(), Some(&*assign.value)),
                    _ => continue,
                },
                Stmt::AnnAssign(assign) => match &*assign.target {
                    Expr::Name(name) => (name.id.as_str(), assign.value.as_deref()),
                    _ => continue,
                },
                _ => continue,
            };
            let object = value.map(|value| self.expression(value));
            let object = match object {
                Some(Object::Value(default)) if is_settings => Object::Value(Value::Environment {
                    variable: target.to_ascii_uppercase(),
                    default: Some(Box::new(default)),
                }),
                None if is_settings => {
                    Object::Value(Value::Environment { variable: target.to_ascii_uppercase(), default: None })
                }
                Some(object) => object,
                None => continue,
            };
            if let Some(Thing::Instance(instance)) = self.state.thing_mut(id) {
                instance.fields.insert(target.to_owned(), object);
            }
        }
    }

    /// The text of a range.
    pub fn slice(&self, range: TextRange) -> &'a str {
        self.source.get(span(range).range()).unwrap_or_default()
    }

    /// The method of that name of a class or of one above it in this file.
    pub fn method(&mut self, class: Node<'a, StmtClassDef>, name: &str) -> Option<Node<'a, StmtFunctionDef>> {
        let own =
            class.0.body.iter().filter_map(Stmt::as_function_def_stmt).find(|method| method.name.as_str() == name);
        if let Some(method) = own {
            return Some(Node(method));
        }
        let bases: Vec<_> = class.0.bases().iter().take(4).map(|base| self.expression(base)).collect();
        bases.into_iter().find_map(|base| match base {
            Object::Class(base) if base != class => self.method(base, name),
            _ => None,
        })
    }

    /// Makes an instance of a class of this file.
    pub fn instantiate(&mut self, class: Node<'a, StmtClassDef>, arguments: &Arguments<'a>) -> Object<'a> {
        let object = self.new_thing(Thing::Instance(Instance { class: Some(class), ..Instance::default() }));
        let Object::Reference(id) = object else { return object };
        self.class_fields(class, id);
        match self.method(class, "__init__") {
            Some(method) => {
                self.call_function(method, Some(id), arguments);
            }
            // Data classes and their like take fields by name.
            None => {
                if let Some(Thing::Instance(instance)) = self.state.thing_mut(id) {
                    for (name, object, _) in &arguments.named {
                        instance.fields.insert(name.clone(), object.clone());
                    }
                }
            }
        }
        object
    }

    /// Calls a function of this file.
    pub fn call_function(
        &mut self,
        function: Node<'a, StmtFunctionDef>,
        of: Option<Id>,
        arguments: &Arguments<'a>,
    ) -> Object<'a> {
        if self.calls.len() >= MAX_DEPTH || self.calls.contains(&function) {
            return Object::unknown("it is called too deep to be followed");
        }
        let frame = self.bind(function, of, arguments);
        if !self.finds.explored || !self.calls.is_empty() {
            self.called.insert(function.0.range.start().to_usize());
        }
        self.calls.push(function);
        self.returned.push(Vec::new());
        self.state.frames.push(Rc::new(frame));
        self.block(&function.0.body);
        let returned = self.returned.pop().unwrap_or_default();
        self.calls.pop();
        let falls_through = !self.state.is_dead;
        let mut objects: Vec<_> = Vec::new();
        let mut state = std::mem::take(&mut self.state);
        for (object, at) in returned {
            objects.push(object);
            state = state.merge(at);
        }
        if self.is_exhausted() {
            objects.push(Object::unknown("there is too much on the way to it"));
        } else if falls_through && objects.is_empty() {
            objects.push(Object::Value(Value::Null));
        }
        state.frames.pop();
        state.is_dead = false;
        self.state = state;
        Object::one_of(objects)
    }

    /// The names that a function begins with.
    fn bind(&mut self, function: Node<'a, StmtFunctionDef>, of: Option<Id>, arguments: &Arguments<'a>) -> Names<'a> {
        let mut names = Names::new();
        let decorated = |name: &str| {
            function.0.decorator_list.iter().any(|decorator| self.slice(decorator.expression.range()).ends_with(name))
        };
        let mut of = if decorated("staticmethod") { None } else { of };
        let mut positional = arguments.positional.iter();
        let parameters = &function.0.parameters;
        let why = arguments.unseen.clone().unwrap_or_else(|| "its caller decides".to_owned());
        let mut taken = BTreeSet::new();
        for (parameter, by_position) in parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .map(|parameter| (parameter, true))
            .chain(parameters.kwonlyargs.iter().map(|parameter| (parameter, false)))
        {
            let name = parameter.parameter.name.as_str();
            if by_position && let Some(id) = of.take() {
                names.insert(name, Object::Reference(id));
                continue;
            }
            taken.insert(name);
            let given = arguments.by_name(name).map(|(object, _)| object.clone());
            let given = given.or_else(|| positional.next().filter(|_| by_position).map(|(object, _)| object.clone()));
            let object = match (given, parameter.default.as_deref()) {
                (Some(object), _) => object,
                (None, Some(default)) => {
                    let default = self.expression(default);
                    // A caller that can't be seen may give another.
                    if arguments.unseen.is_some() {
                        Object::one_of([default, Object::unknown(why.clone())])
                    } else {
                        default
                    }
                }
                (None, None) => Object::unknown(why.clone()),
            };
            names.insert(name, object);
        }
        if let Some(rest) = &parameters.vararg {
            names.insert(rest.name.as_str(), Object::unknown(why.clone()));
        }
        if let Some(rest) = &parameters.kwarg {
            let mut dictionary = Dictionary { unseen: arguments.unseen.clone(), ..Dictionary::default() };
            for (name, object, at) in &arguments.named {
                if !taken.contains(name.as_str()) {
                    dictionary.entries.insert(name.clone(), (object.clone(), *at));
                }
            }
            let object = self.new_thing(Thing::Dictionary(dictionary));
            names.insert(rest.name.as_str(), object);
        }
        names
    }

    /// Takes an object as what the function that is being called returns.
    fn give_back(&mut self, object: Object<'a>) {
        let state = self.state.clone();
        if let Some(returned) = self.returned.last_mut() {
            returned.push((object, state));
        }
    }

    /// Takes an object as what the generator that is being followed yields; it goes on.
    pub fn give_out(&mut self, object: Object<'a>) {
        self.give_back(object);
    }

    /// Whether more was followed than any file needs.
    fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }

    fn block(&mut self, body: &'a [Stmt]) {
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

    /// Lets a target stand for an object.
    pub fn assign(&mut self, target: &'a Expr, object: Object<'a>) {
        match target {
            Expr::Name(name) => self.state.set(name.id.as_str(), object),
            Expr::Attribute(attribute) => {
                let owner = self.expression(&attribute.value);
                self.set_attribute(owner, attribute.attr.as_str(), object);
            }
            Expr::Subscript(subscript) => {
                let owner = self.expression(&subscript.value);
                let key = self.expression(&subscript.slice);
                self.set_item(&owner, &key, object, span(target.range()));
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, object),
            Expr::List(list) => self.unpack(&list.elts, object),
            Expr::Starred(starred) => self.assign(&starred.value, Object::unknown("it is a part of a sequence")),
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], object: Object<'a>) {
        let alternatives = object.alternatives();
        for (at, target) in targets.iter().enumerate() {
            let parts = alternatives.iter().map(|object| match object {
                Object::Sequence(parts) if parts.len() == targets.len() => {
                    parts.get(at).cloned().unwrap_or_else(|| Object::unknown("it is a part of a sequence"))
                }
                _ => Object::unknown("it is a part of something that can't be told"),
            });
            let object = Object::one_of(parts.collect::<Vec<_>>());
            self.assign(target, object);
        }
    }

    fn set_item(&mut self, owner: &Object<'a>, key: &Object<'a>, object: Object<'a>, at: Span) {
        match owner {
            Object::Reference(id) => {
                if let Some(Thing::Dictionary(dictionary)) = self.state.thing_mut(*id) {
                    match key.as_text() {
                        Some(key) => {
                            dictionary.entries.insert(key.to_owned(), (object, at));
                        }
                        None => dictionary.unseen = Some("a key of the dictionary can't be told".to_owned()),
                    }
                }
            }
            Object::Imported(name) if &**name == "os.environ" => self.finds.environment_set(key, object),
            Object::OneOf(all) => {
                for one in all {
                    self.set_item(one, key, object.clone(), at);
                }
            }
            _ => {}
        }
    }
}

fn imported<'a>(name: &str) -> Object<'a> {
    Object::Imported(Rc::from(name))
}
