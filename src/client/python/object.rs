//! What a name stands for while Python source is followed: values, what can be called, and what can be changed.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{ExprLambda, StmtClassDef, StmtFunctionDef};

use super::arguments::Arguments;
use crate::client::{Context, Value};
use crate::text::Span;

/// Names something on the heap.
pub type Id = usize;

/// A node of the syntax tree; two are the same when they are one.
#[derive(Debug)]
pub struct Node<'a, T>(pub &'a T);

impl<T> Clone for Node<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Node<'_, T> {}

impl<T> PartialEq for Node<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Object<'a> {
    /// A value without parts. Texts may have holes.
    Value(Value),
    /// Something that was imported, by its whole name (`ssl.CERT_NONE`).
    Imported(Rc<str>),
    /// Something that can change.
    Reference(Id),
    /// A tuple or a list.
    Sequence(Vec<Object<'a>>),
    /// A function of this file, and the object that it is a method of.
    Function(Node<'a, StmtFunctionDef>, Option<Id>),
    /// A lambda of this file.
    Lambda(Node<'a, ExprLambda>),
    /// A class of this file.
    Class(Node<'a, StmtClassDef>),
    /// `functools.partial`.
    Partial(Box<Object<'a>>, Rc<Arguments<'a>>),
    /// A method of an object that was not made of a class of this file.
    Method(Box<Object<'a>>, Rc<str>),
    /// A token of IAM.
    Token,
    /// One of these.
    OneOf(Vec<Object<'a>>),
}

/// Something that can change.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing<'a> {
    /// An `ssl.SSLContext`.
    Context(Context),
    /// A dictionary.
    Dictionary(Dictionary<'a>),
    /// An object with fields; of a class of this file, or one that is known by name.
    Instance(Instance<'a>),
}

/// A dictionary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary<'a> {
    /// Its entries, each with where it stands.
    pub entries: BTreeMap<String, (Object<'a>, Span)>,
    /// Why there may be others; none where these are all.
    pub unseen: Option<String>,
    /// Where it was written.
    pub span: Span,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance<'a> {
    /// The class in this file.
    pub class: Option<Node<'a, StmtClassDef>>,
    /// The class elsewhere, by its whole name.
    pub kind: String,
    /// What it holds.
    pub fields: BTreeMap<String, Object<'a>>,
}

impl<'a> Object<'a> {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Object::Value(Value::text(text))
    }

    /// Something that can't be told, since …
    pub fn unknown(why: impl Into<String>) -> Self {
        Object::Value(Value::unknown(why))
    }

    /// One of several; one alone is itself.
    pub fn one_of(objects: impl IntoIterator<Item = Object<'a>>) -> Self {
        let mut all: Vec<Object> = Vec::new();
        for object in objects {
            let parts = match object {
                Object::OneOf(parts) => parts,
                other => vec![other],
            };
            for part in parts {
                if !all.contains(&part) && all.len() < MAX_ALTERNATIVES {
                    all.push(part);
                }
            }
        }
        match all.len() {
            0 => Object::unknown("nothing is left of it"),
            1 => all.remove(0),
            _ => Object::OneOf(all),
        }
    }

    /// All that it may be.
    pub fn alternatives(self) -> Vec<Object<'a>> {
        match self {
            Object::OneOf(parts) => parts,
            other => vec![other],
        }
    }

    /// What it is where it is not `None`; none where it is nothing else.
    pub fn but_null(self) -> Option<Object<'a>> {
        let null = Object::Value(Value::Null);
        let rest: Vec<_> = self.alternatives().into_iter().filter(|object| *object != null).collect();
        (!rest.is_empty()).then(|| Object::one_of(rest))
    }

    /// The words, where it is words.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Object::Value(value) => value.as_text(),
            _ => None,
        }
    }

    /// Whether it is true in a condition; none where that can't be told.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Object::Value(Value::Bool(value)) => Some(*value),
            Object::Value(Value::Null) => Some(false),
            Object::Value(Value::Text(text)) => Some(!text.is_empty()),
            Object::Function(..) | Object::Class(_) | Object::Lambda(_) | Object::Token => Some(true),
            Object::Sequence(parts) => Some(!parts.is_empty()),
            _ => None,
        }
    }
}

impl<'a> Dictionary<'a> {
    /// This dictionary, where it may be another.
    pub fn or(&self, other: &Dictionary<'a>) -> Dictionary<'a> {
        let unseen = self.unseen.clone().or_else(|| other.unseen.clone());
        let mut merged = Dictionary { entries: BTreeMap::new(), unseen, span: self.span };
        let absent = |from: &Dictionary<'a>| match &from.unseen {
            Some(why) => (Object::unknown(why.clone()), self.span),
            None => (Object::Value(Value::Null), self.span),
        };
        for key in self.entries.keys().chain(other.entries.keys()) {
            let (first, at) = self.entries.get(key).cloned().unwrap_or_else(|| absent(self));
            let (second, also) = other.entries.get(key).cloned().unwrap_or_else(|| absent(other));
            let at = if self.entries.contains_key(key) { at } else { also };
            merged.entries.insert(key.clone(), (Object::one_of([first, second]), at));
        }
        merged
    }
}

/// More alternatives than these are not told apart.
const MAX_ALTERNATIVES: usize = 12;
