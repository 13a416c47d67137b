//! Texts that a program puts together of others.

use tree_sitter::Node;

use super::url::HOLE;

/// The text that an expression comes to.
pub(super) struct Composed {
    /// With holes for what is not known.
    pub text: String,
    /// Where the literals begin that are in it.
    pub places: Vec<usize>,
}

impl Composed {
    /// What is not known.
    pub fn hole() -> Self {
        Self { text: HOLE.to_string(), places: Vec::new() }
    }

    /// What stands in the program, as a literal or a part of one.
    pub fn literal(node: Node<'_>, text: impl Into<String>) -> Self {
        Self { text: text.into(), places: vec![node.start_byte()] }
    }

    /// The sum of both sides of an operator, each of which `evaluate` tells.
    pub fn sum<'n>(node: Node<'n>, evaluate: impl Fn(Node<'n>) -> Self) -> Self {
        let [left, right] = ["left", "right"].map(|side| node.child_by_field_name(side));
        let (Some(left), Some(right)) = (left, right) else { return Self::hole() };
        let mut sum = evaluate(left);
        sum.append(evaluate(right));
        sum
    }

    /// Adds what comes behind it.
    pub fn append(&mut self, more: Self) {
        self.text.push_str(&more.text);
        self.places.extend(more.places);
    }
}
