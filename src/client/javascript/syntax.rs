//! The syntax tree of a file, by the grammars of tree-sitter.

use tree_sitter::{Language, Node, Parser, Tree};

/// Parses a file by its name: JSX has its own grammar, which reads plain JavaScript, too.
pub(super) fn parse(path: &str, text: &str) -> Option<Tree> {
    let is_typescript = [".ts", ".mts", ".cts"].iter().any(|extension| path.ends_with(extension));
    let grammar =
        if is_typescript { tree_sitter_typescript::LANGUAGE_TYPESCRIPT } else { tree_sitter_typescript::LANGUAGE_TSX };
    let mut parser = Parser::new();
    parser.set_language(&Language::from(grammar)).ok()?;
    parser.parse(text, None)
}

/// A node and all below it, in the order of the text.
pub(in crate::client) fn all(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
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
pub(in crate::client) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().contains("comment")).collect()
}

/// Whether one node stands in another.
pub(super) fn holds(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Nodes around a node, from the nearest.
pub(super) fn around(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
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
