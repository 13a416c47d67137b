//! The syntax tree of a file, by the grammars of tree-sitter.

use tree_sitter::{Node, Tree};

use crate::client::nodes;

pub(super) use crate::client::nodes::{all, around, children};

/// Parses a file by its name: JSX has its own grammar, which reads plain JavaScript, too.
pub(super) fn parse(path: &str, text: &str) -> Option<Tree> {
    let is_typescript = [".ts", ".mts", ".cts"].iter().any(|extension| path.ends_with(extension));
    let grammar =
        if is_typescript { tree_sitter_typescript::LANGUAGE_TYPESCRIPT } else { tree_sitter_typescript::LANGUAGE_TSX };
    nodes::parse(text, grammar)
}

/// Whether one node stands in another.
pub(super) fn holds(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Whether a node is a function of any kind.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "method_definition"
            | "generator_function"
            | "generator_function_declaration"
    )
}
