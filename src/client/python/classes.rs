//! Classes of a file: what their instances begin with, their methods, and instances that nobody here makes.

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged as _;

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::{Id, Instance, Node, Object, Thing};
use crate::client::Value;

impl<'a> Machine<'a> {
    /// Follows a class: its `__init__`, then every other method with what that left behind.
    pub fn explore_class(&mut self, class: Node<'a, StmtClassDef>) {
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
}
