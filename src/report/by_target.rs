//! Findings by what they are about.

use std::collections::HashMap;

/// What there is of each target, in its order, from one way through the list: a report may have ten thousand targets, and as many findings.
pub struct ByTarget<'r, T>(HashMap<Option<usize>, Vec<&'r T>>);

impl<'r, T> ByTarget<'r, T> {
    /// Sorts a list by the index of the target, which `target` tells; none is the configuration.
    pub fn new(list: &'r [T], target: impl Fn(&T) -> Option<usize>) -> Self {
        let mut of: HashMap<_, Vec<_>> = HashMap::new();
        for one in list {
            of.entry(target(one)).or_default().push(one);
        }
        Self(of)
    }

    /// What there is of one target.
    pub fn of(&self, target: Option<usize>) -> &[&'r T] {
        self.0.get(&target).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_its_own_in_their_order() {
        let list = [(Some(1), 'a'), (None, 'b'), (Some(0), 'c'), (Some(1), 'd')];
        let by_target = ByTarget::new(&list, |(target, _)| *target);
        let of = |target| by_target.of(target).iter().map(|(_, letter)| *letter).collect::<String>();
        assert_eq!([of(Some(0)), of(Some(1)), of(Some(2)), of(None)], ["c", "ad", "", "b"]);
    }
}
