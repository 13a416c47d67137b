//! Texts that are put together: f-strings, sums, `%`, `format` and paths. What is not known leaves a hole.

use ruff_python_ast::{ExprFString, FStringPart, InterpolatedStringElement};

use super::arguments::Arguments;
use super::machine::Machine;
use super::object::Object;
use crate::client::Value;
use crate::client::url::{HOLE, TOKEN};

/// An f-string.
pub fn formatted<'a>(machine: &mut Machine<'a>, literal: &'a ExprFString) -> Object<'a> {
    let mut text = String::new();
    for part in literal.value.iter() {
        match part {
            FStringPart::Literal(literal) => text.push_str(literal.as_str()),
            FStringPart::FString(string) => {
                for element in string.elements.iter() {
                    match element {
                        InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                        InterpolatedStringElement::Interpolation(inner) => {
                            let object = machine.expression(&inner.expression);
                            text.push_str(&piece(&object));
                        }
                    }
                }
            }
        }
    }
    whole(text)
}

/// A text; one that is a path beside this file stays that.
fn whole<'a>(text: String) -> Object<'a> {
    match text.strip_prefix(BESIDE) {
        Some(path) => Object::Value(Value::Beside(path.to_owned())),
        None => Object::text(text),
    }
}

/// Stands in a text for the folder of this file.
const BESIDE: char = '\u{fff9}';

/// What an object is inside a text.
fn piece(object: &Object<'_>) -> String {
    match object {
        Object::Value(Value::Text(text)) => text.clone(),
        Object::Value(Value::Bool(true)) => "True".to_owned(),
        Object::Value(Value::Bool(false)) => "False".to_owned(),
        Object::Value(Value::Null) => "None".to_owned(),
        Object::Value(Value::Beside(path)) => format!("{BESIDE}{path}"),
        Object::Token => TOKEN.to_string(),
        _ => HOLE.to_string(),
    }
}

fn is_textual(object: &Object<'_>) -> bool {
    matches!(object, Object::Value(Value::Text(_) | Value::Beside(_)))
}

/// `left + right`.
pub fn joined<'a>(left: &Object<'a>, right: &Object<'a>) -> Object<'a> {
    match (left, right) {
        (Object::OneOf(all), other) => Object::one_of(all.iter().map(|one| joined(one, other)).collect::<Vec<_>>()),
        (other, Object::OneOf(all)) if is_textual(other) => {
            Object::one_of(all.iter().map(|one| joined(other, one)).collect::<Vec<_>>())
        }
        (Object::Sequence(one), Object::Sequence(other)) => {
            Object::Sequence(one.iter().chain(other).cloned().collect())
        }
        (one, other) if is_textual(one) || is_textual(other) => whole(piece(one) + &piece(other)),
        _ => Object::unknown("it is computed"),
    }
}

/// `left % right`.
pub fn percent<'a>(machine: &mut Machine<'a>, left: &Object<'a>, right: &Object<'a>) -> Object<'a> {
    let Some(template) = left.as_text() else { return Object::unknown("it is computed") };
    let named = machine.state.dictionary(right).cloned();
    let mut values = match right {
        Object::Sequence(parts) => parts.clone(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (value, after) = match after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            Some((name, after)) => {
                let entry = named.as_ref().and_then(|named| named.entries.get(name)).map(|(object, _)| object.clone());
                (entry, after)
            }
            None => (values.next(), after),
        };
        text.push_str(&value.map_or_else(|| HOLE.to_string(), |value| piece(&value)));
        let conversion = after.find(|character: char| character.is_ascii_alphabetic()).map_or(after.len(), |at| at + 1);
        rest = after.get(conversion..).unwrap_or_default();
    }
    text.push_str(rest);
    whole(text)
}

/// `template.format(…)`.
pub fn format<'a>(template: &str, arguments: &Arguments<'a>) -> Object<'a> {
    let mut text = String::new();
    let mut rest = template;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(&before.replace("}}", "}"));
        if let Some(after) = after.strip_prefix('{') {
            text.push('{');
            rest = after;
            continue;
        }
        let Some((field, after)) = after.split_once('}') else { break };
        let name = field.split(['.', '[', ':', '!']).next().unwrap_or_default();
        let plain = name.len() == field.split([':', '!']).next().unwrap_or_default().len();
        let value = if name.is_empty() {
            next += 1;
            arguments.positional.get(next - 1).map(|(object, _)| object)
        } else if let Ok(at) = name.parse::<usize>() {
            arguments.positional.get(at).map(|(object, _)| object)
        } else {
            arguments.by_name(name).map(|(object, _)| object)
        };
        text.push_str(&value.filter(|_| plain).map_or_else(|| HOLE.to_string(), piece));
        rest = after;
    }
    text.push_str(&rest.replace("}}", "}"));
    whole(text)
}

/// `left / right` of paths, and `os.path.join`.
pub fn path_joined<'a>(left: &Object<'a>, right: &Object<'a>) -> Object<'a> {
    let Some(right) = right.as_text() else { return Object::unknown("a part of the path is computed") };
    if right.starts_with('/') {
        return Object::text(right);
    }
    match left {
        Object::Value(Value::Text(left)) if left.is_empty() => Object::text(right),
        Object::Value(Value::Text(left)) => Object::text(format!("{}/{right}", left.trim_end_matches('/'))),
        Object::Value(Value::Beside(left)) => Object::Value(Value::Beside(format!("{left}/{right}"))),
        Object::OneOf(all) => {
            let right = Object::text(right);
            Object::one_of(all.iter().map(|one| path_joined(one, &right)).collect::<Vec<_>>())
        }
        _ => Object::unknown("a part of the path is computed"),
    }
}

/// The folder that a path is in.
pub fn parent<'a>(path: &Object<'a>) -> Object<'a> {
    match path {
        Object::Value(Value::Beside(path)) if path == THIS_FILE => Object::Value(Value::Beside(".".to_owned())),
        Object::Value(Value::Beside(path)) => match path.rsplit_once('/') {
            Some((folder, last)) if last != ".." => Object::Value(Value::Beside(folder.to_owned())),
            _ => Object::Value(Value::Beside(format!("{path}/.."))),
        },
        Object::Value(Value::Text(path)) => match path.rsplit_once('/') {
            Some((folder, _)) => Object::text(folder),
            None => Object::text(""),
        },
        other => other.clone(),
    }
}

/// What `__file__` is called beside itself.
pub const THIS_FILE: &str = "__file__";
