//! What an expression comes to, as far as the file tells.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::File;
use super::scope::Binding;
use super::syntax::{all, around, children, holds, is_function};
use crate::client::Value;
use crate::client::dialect::{NOTHING_DONE, UNSEEN};
use crate::client::url::HOLE;

/// How far names and functions are followed into each other.
const MAX_DEPTH: usize = 12;

impl File<'_> {
    /// What an expression comes to.
    pub(super) fn evaluate(&self, node: Node<'_>) -> Value {
        self.value(node, 0)
    }

    fn value(&self, node: Node<'_>, depth: usize) -> Value {
        if depth > MAX_DEPTH || !self.code.fuel.spend(100) {
            return Value::unknown("it is put together in too many steps");
        }
        let first = || children(node).into_iter().next();
        match node.kind() {
            "string" => self.literal(node),
            "template_string" => self.template(node, depth),
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "undefined" => Value::Null,
            "number" => Value::text(self.code.of(node)),
            "object" => self.object(node, depth),
            "identifier" | "shorthand_property_identifier" => self.name(node, depth),
            "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "type_assertion" => first().map_or_else(|| computed(node), |inner| self.value(inner, depth + 1)),
            "ternary_expression" => self.ternary(node, depth),
            "binary_expression" => self.binary(node, depth),
            "unary_expression" => self.unary(node, depth),
            "member_expression" | "subscript_expression" => self.member(node, depth),
            "call_expression" => self.call(node, depth),
            "arrow_function" | "function_expression" | "method_definition" => self.function(node),
            _ => computed(node),
        }
    }

    /// The text of a string literal.
    fn literal(&self, node: Node<'_>) -> Value {
        let mut text = String::new();
        for part in children(node) {
            match part.kind() {
                "string_fragment" => text.push_str(self.code.of(part)),
                "escape_sequence" => match self.code.of(part) {
                    "\\n" => text.push('\n'),
                    other => text.push_str(other.trim_start_matches('\\')),
                },
                _ => {}
            }
        }
        Value::Text(text)
    }

    fn template(&self, node: Node<'_>, depth: usize) -> Value {
        let mut text = String::new();
        let mut cursor = node.walk();
        let parts: Vec<_> = node.named_children(&mut cursor).collect();
        for part in parts {
            match part.kind() {
                "template_substitution" => match children(part).first().map(|inner| self.value(*inner, depth + 1)) {
                    Some(Value::Text(inner)) => text.push_str(&inner),
                    _ => text.push(HOLE),
                },
                "escape_sequence" => text.push_str(self.code.of(part).trim_start_matches('\\')),
                _ => text.push_str(self.code.of(part)),
            }
        }
        Value::Text(text)
    }

    fn object(&self, node: Node<'_>, depth: usize) -> Value {
        let mut map = BTreeMap::new();
        for part in children(node) {
            match part.kind() {
                "pair" => {
                    let (Some(key), Some(value)) = (part.child_by_field_name("key"), part.child_by_field_name("value"))
                    else {
                        continue;
                    };
                    map.insert(self.key(key), self.value(value, depth + 1));
                }
                "shorthand_property_identifier" => {
                    map.insert(self.code.of(part).to_owned(), self.name(part, depth + 1));
                }
                "method_definition" => {
                    if let Some(name) = part.child_by_field_name("name") {
                        map.insert(self.code.of(name).to_owned(), self.function(part));
                    }
                }
                "spread_element" => {
                    let spread =
                        children(part).first().map_or_else(|| computed(part), |inner| self.value(*inner, depth + 1));
                    self.spread(&mut map, spread);
                }
                _ => {}
            }
        }
        Value::Map(map)
    }

    /// `...(production ? { ssl } : {})`: what one of the objects has is there or not.
    fn spread(&self, map: &mut BTreeMap<String, Value>, spread: Value) {
        match spread {
            Value::Map(inner) => map.extend(inner),
            Value::OneOf(all) => {
                let maps: Vec<_> =
                    all.iter().map(|one| if let Value::Map(map) = one { Some(map) } else { None }).collect();
                let names: Vec<String> = maps.iter().flatten().flat_map(|map| map.keys().cloned()).collect();
                for name in names {
                    let before = map.get(&name).cloned().unwrap_or(Value::Null);
                    let here = maps
                        .iter()
                        .map(|map| map.and_then(|map| map.get(&name)).cloned().unwrap_or_else(|| before.clone()));
                    let joined = Value::one_of(here.collect::<Vec<_>>());
                    map.insert(name, joined);
                }
                if all.iter().any(|one| one.why_unknown().is_some()) {
                    map.insert(UNSEEN.to_owned(), Value::unknown("a part of it is put together elsewhere"));
                }
            }
            Value::Bool(_) | Value::Null => {}
            other => {
                let why = other.why_unknown().unwrap_or_else(|| "a part of it is put together elsewhere".to_owned());
                map.insert(UNSEEN.to_owned(), Value::unknown(why));
            }
        }
    }

    fn key(&self, key: Node<'_>) -> String {
        match key.kind() {
            "string" => self.literal(key).as_text().unwrap_or_default().to_owned(),
            _ => self.code.of(key).trim_matches(['[', ']', '"', '\'']).to_owned(),
        }
    }

    fn name(&self, node: Node<'_>, depth: usize) -> Value {
        let name = self.code.of(node);
        if name == "undefined" {
            return Value::Null;
        }
        let bindings = self.scope.bindings(name, node);
        let root = self.root;
        let node_of = |range: (usize, usize)| root.named_descendant_for_byte_range(range.0, range.1);
        let values = bindings.iter().filter(|binding| binding.key.is_none());
        let mut value = self.joined(values, |binding| match node_of(binding.value) {
            // In its own declaration a name is not known.
            Some(value) if holds(value, node) => Value::unknown(format!("{name} is made from itself")),
            Some(value) if binding.is_function => self.function(value),
            Some(value) => {
                self.take(value);
                self.value(value, depth + 1)
            }
            None => Value::unknown(format!("{name} can't be followed")),
        });
        if bindings.iter().all(|binding| binding.key.is_some()) {
            value = Value::unknown(format!("{name} comes from elsewhere"));
        }
        for binding in bindings.iter().filter(|binding| binding.value.1 < node.start_byte()) {
            let Some(key) = binding.key.and_then(node_of) else { continue };
            let given = node_of(binding.value).map_or_else(
                || computed(node),
                |value| {
                    self.take(value);
                    self.value(value, depth + 1)
                },
            );
            value = with_key(value, self.code.of(key), given, binding.is_conditional);
        }
        value
    }

    /// What several bindings come to: the last that happens on every way, and those behind it.
    fn joined<'b>(&self, bindings: impl Iterator<Item = &'b Binding>, value: impl Fn(&Binding) -> Value) -> Value {
        let mut all = Vec::new();
        for binding in bindings {
            if !binding.is_conditional {
                all.clear();
            }
            all.push(value(binding));
        }
        match all.is_empty() {
            true => Value::unknown("it comes from elsewhere"),
            false => Value::one_of(all),
        }
    }

    fn ternary(&self, node: Node<'_>, depth: usize) -> Value {
        let part = |name| node.child_by_field_name(name);
        let (Some(condition), Some(yes), Some(no)) = (part("condition"), part("consequence"), part("alternative"))
        else {
            return computed(node);
        };
        match self.is_elsewhere(condition) {
            Some(true) => self.value(yes, depth + 1),
            Some(false) => self.value(no, depth + 1),
            None => Value::one_of([self.value(yes, depth + 1), self.value(no, depth + 1)]),
        }
    }

    /// Whether a condition says that the host is not this machine, or that it is; none where it asks for something else.
    fn is_elsewhere(&self, condition: Node<'_>) -> Option<bool> {
        all(condition).filter(|node| node.kind() == "binary_expression").find_map(|node| {
            let operator = node.child_by_field_name("operator")?;
            let text = self.code.of(node);
            if !text.contains("localhost") && !text.contains("127.0.0.1") || text.contains("&&") || text.contains("||")
            {
                return None;
            }
            match self.code.of(operator) {
                "!=" | "!==" => Some(true),
                "==" | "===" => Some(false),
                _ => None,
            }
        })
    }

    fn binary(&self, node: Node<'_>, depth: usize) -> Value {
        let part = |name| node.child_by_field_name(name);
        let (Some(left), Some(right), Some(operator)) = (part("left"), part("right"), part("operator")) else {
            return computed(node);
        };
        match self.code.of(operator) {
            "||" | "??" => match self.value(left, depth + 1) {
                Value::Environment { variable, default: None } => {
                    Value::Environment { variable, default: Some(Box::new(self.value(right, depth + 1))) }
                }
                Value::Null | Value::Bool(false) => self.value(right, depth + 1),
                known @ (Value::Text(_) | Value::Map(_) | Value::Bool(true) | Value::Contents(_)) => known,
                other => Value::one_of([other, self.value(right, depth + 1)]),
            },
            "&&" => Value::one_of([self.value(right, depth + 1), Value::Bool(false)]),
            "+" => {
                let text = |value: Value| value.as_text().map_or_else(|| HOLE.to_string(), ToOwned::to_owned);
                let joined = format!("{}{}", text(self.value(left, depth + 1)), text(self.value(right, depth + 1)));
                if joined.chars().all(|character| character == HOLE) { computed(node) } else { Value::Text(joined) }
            }
            _ => Value::unknown("a condition decides"),
        }
    }

    fn unary(&self, node: Node<'_>, depth: usize) -> Value {
        let operator = node.child_by_field_name("operator").map(|operator| self.code.of(operator));
        let Some(argument) = node.child_by_field_name("argument") else { return computed(node) };
        match (operator, self.value(argument, depth + 1).is_true()) {
            (Some("!"), Some(value)) => Value::Bool(!value),
            (Some("void"), _) => Value::Null,
            _ => Value::unknown("a condition decides"),
        }
    }

    fn member(&self, node: Node<'_>, depth: usize) -> Value {
        let text = self.code.of(node);
        if let Some(variable) = text
            .strip_prefix("process.env.")
            .or_else(|| text.strip_prefix("import.meta.env."))
            .or_else(|| text.strip_prefix("Bun.env."))
        {
            return Value::Environment { variable: variable.to_owned(), default: None };
        }
        if let Some(variable) = text.strip_prefix("process.env[").and_then(|rest| rest.strip_suffix(']')) {
            return Value::Environment { variable: variable.trim_matches(['"', '\'']).to_owned(), default: None };
        }
        let (Some(object), Some(property)) = (node.child_by_field_name("object"), node.child_by_field_name("property"))
        else {
            return computed(node);
        };
        match self.value(object, depth + 1) {
            Value::Map(map) => match map.get(self.code.of(property)) {
                Some(value) => value.clone(),
                None if map.contains_key(UNSEEN) => computed(node),
                None => Value::Null,
            },
            other => match other.why_unknown() {
                Some(why) => Value::unknown(why),
                None => computed(node),
            },
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Value {
        let (Some(function), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return computed(node);
        };
        let arguments = children(arguments);
        let argument = |at: usize| arguments.get(at).map(|argument| self.value(*argument, depth + 1));
        let called = self.code.of(function);
        let last = called.rsplit('.').next().unwrap_or(called);
        match last {
            "readFileSync" | "readFile" => {
                return argument(0).map_or_else(|| computed(node), |path| Value::Contents(Box::new(path)));
            }
            "join" | "resolve" if called.starts_with("path.") || called == last => return self.path(&arguments, depth),
            "toString" | "trim" | "toLowerCase" | "freeze" => {
                if let Some(object) =
                    function.child_by_field_name("object").filter(|object| self.code.of(*object) != "Object")
                {
                    return self.value(object, depth + 1);
                }
                return argument(0).unwrap_or_else(|| computed(node));
            }
            "String" => return argument(0).unwrap_or_else(|| computed(node)),
            "assign" if called == "Object.assign" => {
                let mut map = BTreeMap::new();
                for at in 0..arguments.len() {
                    let given = argument(at).unwrap_or(Value::Null);
                    self.spread(&mut map, given);
                }
                return Value::Map(map);
            }
            _ => {}
        }
        if function.kind() != "identifier" {
            return computed(node);
        }
        // A function of this file: all that it may return.
        let root = self.root;
        let bindings = self.scope.bindings(called, function);
        let bodies = bindings.iter().filter(|binding| binding.key.is_none());
        let bodies =
            bodies.filter_map(|binding| root.named_descendant_for_byte_range(binding.value.0, binding.value.1));
        let returned: Vec<_> =
            bodies.filter(|body| is_function(*body)).flat_map(|body| self.returned(body, depth)).collect();
        if returned.is_empty() { Value::unknown(format!("{called}() decides")) } else { Value::one_of(returned) }
    }

    /// All that a function may return.
    fn returned(&self, function: Node<'_>, depth: usize) -> Vec<Value> {
        let Some(body) = function.child_by_field_name("body") else { return Vec::new() };
        if body.kind() != "statement_block" {
            return vec![self.value(body, depth + 1)];
        }
        let own = |node: &Node<'_>| {
            around(*node).find(|outer| is_function(*outer)).is_some_and(|outer| outer.id() == function.id())
        };
        let returns = all(body).filter(|node| node.kind() == "return_statement").filter(own);
        returns.map(|node| children(node).first().map_or(Value::Null, |value| self.value(*value, depth + 1))).collect()
    }

    /// `path.join(__dirname, "certs", "rds.pem")`.
    fn path(&self, arguments: &[Node<'_>], depth: usize) -> Value {
        let mut parts = Vec::new();
        let mut beside = false;
        for (at, argument) in arguments.iter().enumerate() {
            match (at, self.code.of(*argument)) {
                (0, "__dirname" | "import.meta.dirname") => beside = true,
                (0, "process.cwd()") => {}
                _ => match self.value(*argument, depth + 1) {
                    Value::Text(text) => parts.push(text),
                    other => {
                        return Value::unknown(
                            other.why_unknown().unwrap_or_else(|| "the path is computed".to_owned()),
                        );
                    }
                },
            }
        }
        let joined = parts.join("/");
        if beside { Value::Beside(joined) } else { Value::Text(joined) }
    }

    /// A function as a value: what matters is whether it does anything.
    fn function(&self, node: Node<'_>) -> Value {
        let Some(body) = node.child_by_field_name("body") else { return computed(node) };
        let is_nothing = |text: &str| {
            matches!(
                text.trim_end_matches(';').trim(),
                "" | "undefined"
                    | "null"
                    | "void 0"
                    | "return"
                    | "return undefined"
                    | "return null"
                    | "true"
                    | "return true"
            )
        };
        let text = self.code.of(body);
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        if is_nothing(inner.trim()) { Value::text(NOTHING_DONE) } else { Value::unknown("a function decides") }
    }
}

/// The same object with a key set, always or on some ways.
fn with_key(value: Value, key: &str, given: Value, is_conditional: bool) -> Value {
    match value {
        Value::Map(mut map) => {
            let before = map.get(key).cloned().unwrap_or(Value::Null);
            let given = if is_conditional { Value::one_of([before, given]) } else { given };
            map.insert(key.to_owned(), given);
            Value::Map(map)
        }
        Value::OneOf(all) => {
            Value::one_of(all.into_iter().map(|one| with_key(one, key, given.clone(), is_conditional)))
        }
        other => other,
    }
}

fn computed(node: Node<'_>) -> Value {
    Value::unknown(match node.kind() {
        "call_expression" | "new_expression" => "a call decides",
        _ => "it is computed",
    })
}
