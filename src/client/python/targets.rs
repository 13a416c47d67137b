//! Targets of assignments: names, attributes, items, and several at once.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged as _;

use super::machine::{Machine, span};
use super::object::{Object, Thing};
use crate::text::Span;

impl<'a> Machine<'a> {
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
