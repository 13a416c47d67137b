//! All that names stand for at one point of a program, and how two ways to the same point are put together.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::object::{Dictionary, Id, Instance, Object, Thing};
use crate::client::{Authorities, Checked, Context, Value};

/// Names and what they stand for.
pub type Names<'a> = BTreeMap<&'a str, Object<'a>>;

/// What can change, by what names it.
pub type Heap<'a> = BTreeMap<Id, Rc<Thing<'a>>>;

/// A point of a program.
#[derive(Clone, Debug, Default)]
pub struct State<'a> {
    /// The names of the file.
    pub globals: Rc<Names<'a>>,
    /// The names of the functions that are being called, the innermost last.
    pub frames: Vec<Rc<Names<'a>>>,
    /// What can change.
    pub heap: Rc<Heap<'a>>,
    /// Whether nothing gets here.
    pub is_dead: bool,
}

impl<'a> State<'a> {
    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Object<'a>> {
        let local = self.frames.last().and_then(|frame| frame.get(name));
        local.or_else(|| self.globals.get(name))
    }

    /// Lets a name stand for something.
    pub fn set(&mut self, name: &'a str, object: Object<'a>) {
        match self.frames.last_mut() {
            Some(frame) => Rc::make_mut(frame).insert(name, object),
            None => Rc::make_mut(&mut self.globals).insert(name, object),
        };
    }

    /// Something that can change.
    pub fn thing(&self, id: Id) -> Option<&Thing<'a>> {
        self.heap.get(&id).map(Rc::as_ref)
    }

    /// The same, to change it.
    pub fn thing_mut(&mut self, id: Id) -> Option<&mut Thing<'a>> {
        Rc::make_mut(&mut self.heap).get_mut(&id).map(Rc::make_mut)
    }

    /// Puts something there.
    pub fn put(&mut self, id: Id, thing: Thing<'a>) {
        Rc::make_mut(&mut self.heap).insert(id, Rc::new(thing));
    }

    /// The dictionary that an object is.
    pub fn dictionary(&self, object: &Object<'a>) -> Option<&Dictionary<'a>> {
        match object {
            Object::Reference(id) => match self.thing(*id) {
                Some(Thing::Dictionary(dictionary)) => Some(dictionary),
                _ => None,
            },
            _ => None,
        }
    }

    /// The instance that an object is.
    pub fn instance(&self, object: &Object<'a>) -> Option<&Instance<'a>> {
        match object {
            Object::Reference(id) => match self.thing(*id) {
                Some(Thing::Instance(instance)) => Some(instance),
                _ => None,
            },
            _ => None,
        }
    }

    /// This point, when one may have come to it by either way.
    pub fn merge(self, other: State<'a>) -> State<'a> {
        if self.is_dead {
            return other;
        }
        if other.is_dead {
            return self;
        }
        let frames = self.frames.into_iter().zip(other.frames).map(|(one, other)| names(one, &other)).collect();
        State {
            globals: names(self.globals, &other.globals),
            frames,
            heap: heap(self.heap, &other.heap),
            is_dead: false,
        }
    }
}

fn names<'a>(one: Rc<Names<'a>>, other: &Rc<Names<'a>>) -> Rc<Names<'a>> {
    merged(one, other, |own, object| {
        if own != object {
            let both = [std::mem::replace(own, Object::Value(Value::Null)), object.clone()];
            *own = Object::one_of(both);
        }
    })
}

fn heap<'a>(one: Rc<Heap<'a>>, other: &Rc<Heap<'a>>) -> Rc<Heap<'a>> {
    merged(one, other, |own, thing| {
        if !Rc::ptr_eq(own, thing) && own != thing {
            *own = Rc::new(things(own, thing));
        }
    })
}

/// What two ways have, where `join` makes one of what both have under a key.
fn merged<K: Clone + Ord, V: Clone>(
    one: Rc<BTreeMap<K, V>>,
    other: &Rc<BTreeMap<K, V>>,
    join: impl Fn(&mut V, &V),
) -> Rc<BTreeMap<K, V>> {
    if Rc::ptr_eq(&one, other) {
        return one;
    }
    let mut merged = one;
    let own = Rc::make_mut(&mut merged);
    for (key, value) in other.iter() {
        match own.get_mut(key) {
            Some(own) => join(own, value),
            // A name that stands for nothing on the other way is an error there: that way is not taken.
            None => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

const EITHER: &str = "the code decides while it runs";

fn things<'a>(one: &Thing<'a>, other: &Thing<'a>) -> Thing<'a> {
    match (one, other) {
        (Thing::Context(one), Thing::Context(other)) => Thing::Context(contexts(one, other)),
        (Thing::Dictionary(one), Thing::Dictionary(other)) => {
            let merged = one.or(other);
            Thing::Dictionary(merged)
        }
        (Thing::Instance(one), Thing::Instance(other)) => {
            let mut merged = one.clone();
            for (name, object) in &other.fields {
                let both = match merged.fields.remove(name) {
                    Some(own) => Object::one_of([own, object.clone()]),
                    None => object.clone(),
                };
                merged.fields.insert(name.clone(), both);
            }
            Thing::Instance(merged)
        }
        (one, _) => one.clone(),
    }
}

fn contexts(one: &Context, other: &Context) -> Context {
    let both = |one: &Checked, other: &Checked| {
        if one == other { one.clone() } else { Checked::Unknown(EITHER.to_owned()) }
    };
    let authorities = match (&one.authorities, &other.authorities) {
        (one, other) if one == other => one.clone(),
        (Authorities::Nobody | Authorities::System, other) => other.clone(),
        (one, _) => one.clone(),
    };
    Context {
        authority: both(&one.authority, &other.authority),
        host_name: both(&one.host_name, &other.host_name),
        authorities,
        server_side: one.server_side && other.server_side,
    }
}
