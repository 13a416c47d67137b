//! The arguments of a call.

use super::object::Object;
use crate::text::Span;

/// Arguments, in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments<'a> {
    /// Those by position.
    pub positional: Vec<(Object<'a>, Span)>,
    /// Those by name; of a name that is there twice the last counts.
    pub named: Vec<(String, Object<'a>, Span)>,
    /// Why there may be others; none where these are all.
    pub unseen: Option<String>,
    /// The call.
    pub span: Span,
}

impl<'a> Arguments<'a> {
    /// The argument of that name, or else at that position.
    pub fn get(&self, name: &str, position: Option<usize>) -> Option<(&Object<'a>, Span)> {
        self.by_name(name).or_else(|| {
            let (object, span) = self.positional.get(position?)?;
            Some((object, *span))
        })
    }

    /// The argument of that name.
    pub fn by_name(&self, name: &str) -> Option<(&Object<'a>, Span)> {
        self.named.iter().rev().find(|(named, ..)| named == name).map(|(_, object, span)| (object, *span))
    }

    /// These behind others, as `functools.partial` puts them.
    pub fn behind(&self, first: &Arguments<'a>) -> Self {
        let mut all = first.clone();
        all.positional.extend(self.positional.iter().cloned());
        all.named.extend(self.named.iter().cloned());
        all.unseen = self.unseen.clone().or(all.unseen);
        all.span = self.span;
        all
    }
}
