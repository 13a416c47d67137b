//! Walking the syntax trees of tree-sitter.

use std::cell::Cell;

use tree_sitter::{Language, Node, Parser, Tree};

use super::lines::Lines;
use super::strings::take;
use super::url::ConnectionString;
use super::{Connection, Driver};
use crate::text::Span;

/// The largest file that is parsed, in bytes: larger ones are what programs write.
const MAX_SOURCE: usize = 1 << 20;

/// The syntax tree of a text; none of one that nobody writes by hand: too large, or too deep to look at.
pub(super) fn parse(text: &str, grammar: impl Into<Language>) -> Option<Tree> {
    if text.len() > MAX_SOURCE {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&grammar.into()).ok()?;
    parser.parse(text, None).filter(|tree| !is_too_deep(tree.root_node()))
}

/// A node and all below it, in the order of the text.
pub(super) fn all(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut waiting = vec![root];
    std::iter::from_fn(move || {
        let node = waiting.pop()?;
        let mut cursor = node.walk();
        let children: Vec<_> = node.children(&mut cursor).collect();
        waiting.extend(children.into_iter().rev());
        Some(node)
    })
}

/// The named children of a node, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().contains("comment")).collect()
}

/// Nodes around a node, from the nearest.
pub(super) fn around(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
}

/// The deepest tree that is looked at: nobody writes a deeper one by hand, and going up from its leaves takes for ever.
const MAX_TREE_DEPTH: usize = 400;

/// Whether a tree is too deep to look at.
fn is_too_deep(root: Node<'_>) -> bool {
    let mut cursor = root.walk();
    let mut depth = 0;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > MAX_TREE_DEPTH {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}

/// A text that is walked by its syntax tree.
pub(super) struct Code<'t> {
    /// All of it.
    pub text: &'t str,
    /// What is left to spend on it.
    pub fuel: Fuel,
    lines: Lines,
}

impl<'t> Code<'t> {
    /// Nothing is spent yet.
    pub fn new(text: &'t str) -> Self {
        Self { text, fuel: Fuel::new(), lines: Lines::new(text) }
    }

    /// The text of a node.
    pub fn of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The text of a field of a node; empty where it has none of that name.
    pub fn field(&self, node: Node<'_>, name: &str) -> &'t str {
        node.child_by_field_name(name).map(|field| self.of(field)).unwrap_or_default()
    }

    /// A connection that a node makes.
    pub fn connection(&self, driver: &'static Driver, node: Node<'_>) -> Connection {
        Connection::new(driver, span(node), self.lines.of(node.start_byte()))
    }

    /// A connection that a node makes by a connection string.
    pub fn connection_by(&self, driver: &'static Driver, node: Node<'_>, parsed: &ConnectionString) -> Connection {
        let mut connection = self.connection(driver, node);
        take(&mut connection, parsed, span(node));
        connection
    }
}

/// Where a node is.
pub(super) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// What may be spent on a file: following names through a text that was made to take long ends when nothing is left.
pub(super) struct Fuel(Cell<u64>);

impl Fuel {
    /// Enough for any program that somebody wrote.
    pub fn new() -> Self {
        Self(Cell::new(8_000_000))
    }

    /// Spends some; false when nothing is left.
    pub fn spend(&self, amount: usize) -> bool {
        let left = self.0.get().saturating_sub(amount as u64);
        self.0.set(left);
        left > 0
    }
}
