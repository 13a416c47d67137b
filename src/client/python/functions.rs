//! Functions of a file: called with what is known of their arguments, for what they return.

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::Ranged as _;

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::{Dictionary, Id, Node, Object, Thing};
use super::state::Names;
use crate::client::Value;

/// Calls inside calls beyond this are not followed.
const MAX_DEPTH: usize = 8;

impl<'a> Machine<'a> {
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

    /// Takes an object as what the function that is being followed returns, or yields and goes on.
    pub fn give_back(&mut self, object: Object<'a>) {
        let state = self.state.clone();
        if let Some(returned) = self.returned.last_mut() {
            returned.push((object, state));
        }
    }
}
