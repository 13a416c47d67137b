//! What the names of a file stand for: what is imported, declared, assigned, and which functions there are.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::syntax::{all, children, is_function};

/// The names of a file. The tree lives as long as the file is read, so nodes are kept by their ids.
pub(super) struct Scope<'t> {
    /// Of each name the module that it comes from, and what it is called there (`default` or `*` for all of it).
    imports: BTreeMap<&'t str, (&'t str, &'t str)>,
    /// Every module that is imported.
    pub modules: Vec<&'t str>,
    /// Of each name where it is declared or assigned: the byte ranges of the place and of the value.
    bindings: BTreeMap<&'t str, Vec<Binding>>,
}

/// A declaration or an assignment, by bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    /// Where the value stands.
    pub value: (usize, usize),
    /// Where the name holds: the block or function around.
    pub scope: (usize, usize),
    /// Of `name.key = value` the key's place; none of the name itself.
    pub key: Option<(usize, usize)>,
    /// Whether the value is a function that is declared by its name.
    pub is_function: bool,
    /// Whether it happens on some ways only, or whenever.
    pub is_conditional: bool,
}

impl<'t> Scope<'t> {
    pub fn of(root: Node<'_>, text: &'t str) -> Self {
        let mut scope = Self { imports: BTreeMap::new(), modules: Vec::new(), bindings: BTreeMap::new() };
        let whole = bytes(root);
        let mut waiting = vec![(root, Around { whole, block: whole, is_conditional: false })];
        while let Some((node, outer)) = waiting.pop() {
            match node.kind() {
                "import_statement" => scope.import(node, text),
                "variable_declarator" => scope.declare(node, outer, text),
                "function_declaration" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        let binding = outer.binding(outer.block, node);
                        scope.bind(slice(text, name), Binding { is_function: true, ..binding });
                    }
                }
                "assignment_expression" => scope.assign(node, outer, text),
                _ => {}
            }
            let inner = outer.inside(node);
            let mut cursor = node.walk();
            let children: Vec<_> = node.named_children(&mut cursor).collect();
            waiting.extend(children.into_iter().rev().map(|child| (child, inner)));
        }
        scope
    }

    /// The module that a name comes from, and what it is called there.
    pub fn import_of(&self, name: &str) -> Option<(&'t str, &'t str)> {
        self.imports.get(name).copied()
    }

    /// The bindings of a name that hold at a node: those of the innermost scope that has any.
    pub fn bindings(&self, name: &str, at: Node<'_>) -> Vec<Binding> {
        let Some(all) = self.bindings.get(name) else { return Vec::new() };
        let here = all.iter().filter(|binding| binding.scope.0 <= at.start_byte() && at.end_byte() <= binding.scope.1);
        let narrowest =
            here.clone().filter(|binding| binding.key.is_none()).map(|binding| binding.scope.1 - binding.scope.0).min();
        here.filter(|binding| {
            narrowest.is_none_or(|size| binding.key.is_some() || binding.scope.1 - binding.scope.0 == size)
        })
        .copied()
        .collect()
    }

    fn import(&mut self, node: Node<'_>, text: &'t str) {
        let Some(module) = node.child_by_field_name("source").map(|source| unquoted(slice(text, source))) else {
            return;
        };
        self.modules.push(module);
        for part in all(node) {
            match part.kind() {
                "import_specifier" => {
                    let Some(name) = part.child_by_field_name("name").map(|name| slice(text, name)) else { continue };
                    let alias = part.child_by_field_name("alias").map_or(name, |alias| slice(text, alias));
                    self.imports.insert(alias, (module, name));
                }
                "namespace_import" => {
                    if let Some(name) = children(part).first() {
                        self.imports.insert(slice(text, *name), (module, "*"));
                    }
                }
                "import_clause" => {
                    for name in children(part).into_iter().filter(|child| child.kind() == "identifier") {
                        self.imports.insert(slice(text, name), (module, "default"));
                    }
                }
                _ => {}
            }
        }
    }

    fn declare(&mut self, node: Node<'_>, outer: Around, text: &'t str) {
        let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else {
            return;
        };
        if let Some((module, property)) = required(value, text, 0) {
            self.modules.push(module);
            match name.kind() {
                "identifier" => {
                    self.imports.insert(slice(text, name), (module, property));
                }
                "object_pattern" => {
                    for part in children(name) {
                        let (key, local) = match part.kind() {
                            "pair_pattern" => (part.child_by_field_name("key"), part.child_by_field_name("value")),
                            _ => (Some(part), Some(part)),
                        };
                        if let (Some(key), Some(local)) = (key, local) {
                            self.imports.insert(slice(text, local), (module, slice(text, key)));
                        }
                    }
                }
                _ => {}
            }
        }
        if name.kind() == "identifier" {
            self.bind(slice(text, name), outer.binding(outer.block, value));
        }
    }

    fn assign(&mut self, node: Node<'_>, outer: Around, text: &'t str) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        match left.kind() {
            "identifier" => self.bind(slice(text, left), outer.binding(outer.whole, right)),
            "member_expression" => {
                let (Some(object), Some(property)) =
                    (left.child_by_field_name("object"), left.child_by_field_name("property"))
                else {
                    return;
                };
                if object.kind() == "identifier" {
                    let binding = outer.binding(outer.whole, right);
                    self.bind(slice(text, object), Binding { key: Some(bytes(property)), ..binding });
                }
            }
            _ => {}
        }
    }

    fn bind(&mut self, name: &'t str, binding: Binding) {
        self.bindings.entry(name).or_default().push(binding);
    }
}

/// What stands around a node, by bytes.
#[derive(Clone, Copy)]
struct Around {
    /// The whole file, in which an assignment holds.
    whole: (usize, usize),
    /// The block or function, in which a declaration holds.
    block: (usize, usize),
    /// Whether it happens on some ways through its function only.
    is_conditional: bool,
}

impl Around {
    /// What stands around the children of a node.
    fn inside(self, node: Node<'_>) -> Self {
        match node.kind() {
            "if_statement" | "switch_case" | "catch_clause" | "try_statement" | "ternary_expression"
            | "else_clause" => Self { is_conditional: true, ..self },
            "statement_block" => Self { block: bytes(node), ..self },
            _ if is_function(node) => Self { block: bytes(node), is_conditional: false, ..self },
            _ => self,
        }
    }

    fn binding(self, scope: (usize, usize), value: Node<'_>) -> Binding {
        Binding { value: bytes(value), scope, key: None, is_function: false, is_conditional: self.is_conditional }
    }
}

fn bytes(node: Node<'_>) -> (usize, usize) {
    (node.start_byte(), node.end_byte())
}

/// `require("x")`, `require("x").y`, `await import("x")`: the module, and what of it.
fn required<'t>(value: Node<'_>, text: &'t str, depth: usize) -> Option<(&'t str, &'t str)> {
    if depth > 8 {
        return None;
    }
    match value.kind() {
        "call_expression" => {
            let function = value.child_by_field_name("function")?;
            if !matches!(slice(text, function), "require" | "import") {
                // `require("x")(…)`, as of `require("knex")(config)`, gives something else.
                return None;
            }
            let argument = children(value.child_by_field_name("arguments")?).into_iter().next()?;
            (argument.kind() == "string").then(|| (unquoted(slice(text, argument)), "*"))
        }
        "member_expression" => {
            let (module, _) = required(value.child_by_field_name("object")?, text, depth + 1)?;
            Some((module, slice(text, value.child_by_field_name("property")?)))
        }
        "await_expression" | "as_expression" | "parenthesized_expression" => {
            required(children(value).into_iter().next()?, text, depth + 1)
        }
        _ => None,
    }
}

fn slice<'t>(text: &'t str, node: Node<'_>) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`'])
}
