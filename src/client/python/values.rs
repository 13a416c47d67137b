//! What an object is as a setting, once nothing of it changes any more.

use std::collections::BTreeMap;

use super::machine::Machine;
use super::object::{Dictionary, Instance, Node, Object, Thing};
use super::shape::is_token;
use crate::client::url::HOLE;
use crate::client::{Connection, Origin, Value};
use crate::text::Span;

impl<'a> Machine<'a> {
    /// An object as a value.
    pub fn value(&self, object: &Object<'a>) -> Value {
        match object {
            Object::Value(Value::Text(text)) if text.contains(HOLE) => Value::unknown("a part of it is computed"),
            Object::Value(value) => value.clone(),
            Object::Imported(name) => match name.rsplit('.').next() {
                Some("CERT_NONE") => Value::text("none"),
                Some("CERT_OPTIONAL") => Value::text("optional"),
                Some("CERT_REQUIRED") => Value::text("required"),
                _ => Value::unknown(format!("{name} is defined elsewhere")),
            },
            Object::Reference(id) => match self.state.thing(*id) {
                Some(Thing::Context(context)) => Value::Context(Box::new(context.clone())),
                Some(Thing::Dictionary(dictionary)) => match &dictionary.unseen {
                    Some(why) => Value::unknown(why.clone()),
                    None => {
                        let entries = dictionary.entries.iter();
                        let map: BTreeMap<_, _> =
                            entries.map(|(key, (object, _))| (key.clone(), self.value(object))).collect();
                        Value::Map(map)
                    }
                },
                _ => Value::unknown("what it comes to can't be told"),
            },
            Object::OneOf(all) => Value::one_of(all.iter().map(|one| self.value(one))),
            _ => Value::unknown("what it comes to can't be told"),
        }
    }

    /// Sets a parameter of a connection to an object.
    pub fn set(&self, connection: &mut Connection, name: &str, object: &Object<'a>, origin: Origin, at: Span) {
        connection.set(name, self.value(object), origin, at);
    }

    /// Sets what is given by name: the host, whether the password is a token of IAM, and parameters.
    pub fn set_given(&self, connection: &mut Connection, given: &Dictionary<'a>, origin: Origin) {
        for (name, (object, at)) in &given.entries {
            match name.as_str() {
                "host" => connection.host = Some(self.value(object)),
                "password" => connection.iam_token |= is_token(object),
                _ => self.set(connection, name, object, origin, *at),
            }
        }
    }

    /// An instance of a class with its own fields, and without what `__init__` gives it.
    pub fn instance_without_init(&mut self, class: Node<'a, ruff_python_ast::StmtClassDef>) -> Object<'a> {
        let object = self.new_thing(Thing::Instance(Instance { class: Some(class), ..Instance::default() }));
        if let Object::Reference(id) = object {
            self.class_fields(class, id);
        }
        object
    }
}
