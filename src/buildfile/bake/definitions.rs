//! What bake files define, from HCL and from JSON, before anything is evaluated.

use std::collections::BTreeMap;

use hcl::expr::{Object, ObjectKey, TemplateExpr};
use hcl::{Body, Expression};

use super::super::BuildFileError;
use super::evaluation::{Function, Scope};

/// The attributes of a target or group.
pub type Target = BTreeMap<String, Expression>;

/// Everything that the files define.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// Defaults of variables; none where a variable has no default.
    variables: BTreeMap<String, Option<Expression>>,
    /// Targets by name.
    pub targets: BTreeMap<String, Target>,
    /// Groups by name.
    pub groups: BTreeMap<String, Target>,
    /// Functions by name.
    functions: BTreeMap<String, Function>,
}

/// Attributes whose entries are merged one by one; of others the later one counts.
const MERGED: &[&str] = &["args", "contexts", "labels"];

/// Lays a target's attributes over another's.
pub fn overlay(below: &mut Target, above: &Target) {
    for (key, value) in above {
        let merged = match (below.get(key), value) {
            (Some(Expression::Object(old)), Expression::Object(new)) if MERGED.contains(&key.as_str()) => {
                let mut all: Object<ObjectKey, Expression> = old.clone();
                for (key, value) in new {
                    // `a = 1` and `"a" = 1` are the same entry.
                    all.retain(|old, _| name_of(old) != name_of(key));
                    all.insert(key.clone(), value.clone());
                }
                Expression::Object(all)
            }
            _ => value.clone(),
        };
        below.insert(key.clone(), merged);
    }
}

fn name_of(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Identifier(name) => name.to_string(),
        ObjectKey::Expression(Expression::String(name)) => name.clone(),
        other => other.to_string(),
    }
}

impl Definitions {
    /// Adds what a file defines.
    ///
    /// # Errors
    /// Where it is no HCL or JSON.
    pub fn read(&mut self, text: &str, json: bool) -> Result<(), BuildFileError> {
        if json {
            let document = serde_json::from_str(text)
                .map_err(|error| BuildFileError::Syntax { language: "JSON", message: error.to_string() })?;
            self.read_json(&document);
        } else {
            self.read_hcl(&hcl::parse(text).map_err(|error| syntax_error(&error))?);
        }
        Ok(())
    }

    fn read_hcl(&mut self, body: &Body) {
        for block in body.blocks() {
            let Some(name) = block.labels().first() else { continue };
            let attributes = block.body().attributes();
            let attributes =
                attributes.map(|attribute| (attribute.key().to_owned(), attribute.expr().clone())).collect();
            self.define(block.identifier(), name.as_str(), attributes);
        }
        // `NAME = value` at the top is a variable too.
        for attribute in body.attributes() {
            self.variables.insert(attribute.key().to_owned(), Some(attribute.expr().clone()));
        }
    }

    fn read_json(&mut self, document: &serde_json::Value) {
        for kind in ["variable", "function", "group", "target"] {
            let entries = document.get(kind).and_then(serde_json::Value::as_object);
            for (name, entry) in entries.into_iter().flatten() {
                let attributes = entry.as_object().into_iter().flatten();
                let attributes = attributes.map(|(key, value)| (key.clone(), expression(value))).collect();
                self.define(kind, name, attributes);
            }
        }
    }

    fn define(&mut self, kind: &str, name: &str, attributes: Target) {
        let defined = match kind {
            "variable" => {
                self.variables.insert(name.to_owned(), attributes.get("default").cloned());
                return;
            }
            "function" => {
                self.functions.extend(function(&attributes).map(|function| (name.to_owned(), function)));
                return;
            }
            "target" => &mut self.targets,
            "group" => &mut self.groups,
            _ => return,
        };
        overlay(defined.entry(name.to_owned()).or_default(), &attributes);
    }

    /// The values of all variables. Those without a default are unknown, as whoever runs bake has them in the environment.
    pub fn scope(&self) -> Scope {
        let defaults = self.variables.iter().filter_map(|(name, default)| Some((name.clone(), default.clone()?)));
        Scope::of(defaults.collect(), self.functions.clone())
    }
}

/// A function from the attributes that define it; its parameters are names, in JSON texts.
fn function(attributes: &Target) -> Option<Function> {
    let parameters = match attributes.get("params") {
        Some(Expression::Array(parameters)) => parameters.iter().map(parameter).collect(),
        _ => Vec::new(),
    };
    let variadic = attributes.get("variadic_params").map(parameter);
    Some(Function { parameters, variadic, result: attributes.get("result")?.clone() })
}

fn parameter(name: &Expression) -> String {
    match name {
        Expression::String(name) => name.clone(),
        Expression::TemplateExpr(name) => name.to_string(),
        other => other.to_string(),
    }
}

/// JSON as an expression; its texts are templates.
fn expression(value: &serde_json::Value) -> Expression {
    match value {
        serde_json::Value::Null => Expression::Null,
        serde_json::Value::Bool(value) => Expression::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) => number.into(),
            (None, None) => Expression::Null,
        },
        serde_json::Value::String(text) => Expression::from(TemplateExpr::from(text.as_str())),
        serde_json::Value::Array(values) => Expression::Array(values.iter().map(expression).collect()),
        serde_json::Value::Object(entries) => Expression::Object(
            entries
                .iter()
                .map(|(key, value)| (ObjectKey::Expression(Expression::String(key.clone())), expression(value)))
                .collect(),
        ),
    }
}

/// The parser's message in one line: where, and what was expected there.
fn syntax_error(error: &hcl::Error) -> BuildFileError {
    let message = match error {
        hcl::Error::Parse(error) => {
            let place = error.location();
            format!("line {}, column {}: {}", place.line(), place.column(), error.message())
        }
        other => other.to_string(),
    };
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    BuildFileError::Syntax { language: "HCL", message }
}
