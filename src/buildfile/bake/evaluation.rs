//! What expressions of bake files come to, with what is unknown left unknown.

use std::collections::BTreeMap;

use hcl::eval::{Context, Evaluate, FuncArgs, FuncDef, ParamType};
use hcl::expr::ObjectKey;
use hcl::template::Element;
use hcl::{Expression, Template, Value};

use crate::shell::UNKNOWN;

/// The variables that have a value.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    values: BTreeMap<String, Value>,
}

impl Scope {
    /// The values of variables whose defaults may name one another, in any order.
    pub fn of(mut defaults: BTreeMap<String, Expression>) -> Self {
        let mut scope = Self::default();
        // In each round the defaults that name nothing unevaluated get their values; those in a circle never do.
        loop {
            let pending = defaults.clone();
            defaults.retain(|_, default| mentions(default, &pending));
            let ready = pending.into_iter().filter(|(name, _)| !defaults.contains_key(name));
            let values: Vec<_> = ready.map(|(name, default)| (name, scope.value(&default))).collect();
            if values.is_empty() {
                return scope;
            }
            scope.values.extend(values);
        }
    }

    /// These variables and others, which go first.
    #[must_use]
    pub fn with(&self, others: &BTreeMap<String, Value>) -> Self {
        let mut values = self.values.clone();
        values.extend(others.clone());
        Self { values }
    }

    /// The value of an expression. A part that depends on what is not known is `…`, and so is the whole where it decides.
    pub fn value(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Array(values) => Value::Array(values.iter().map(|value| self.value(value)).collect()),
            Expression::Object(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (self.key(key), self.value(value))).collect())
            }
            Expression::Parenthesis(inner) => self.value(inner),
            Expression::TemplateExpr(template) => match Template::from_expr(template) {
                Ok(template) => self.template(&template),
                Err(_) => unknown(),
            },
            other => other.evaluate(&self.context()).unwrap_or_else(|_| unknown()),
        }
    }

    fn key(&self, key: &ObjectKey) -> String {
        match key {
            ObjectKey::Identifier(name) => name.to_string(),
            ObjectKey::Expression(expression) => text(&self.value(expression)).unwrap_or_else(|| UNKNOWN.to_string()),
            other => other.to_string(),
        }
    }

    fn template(&self, template: &Template) -> Value {
        if template.elements().iter().any(|element| matches!(element, Element::Directive(_))) {
            return template.evaluate(&self.context()).map_or_else(|_| unknown(), Value::String);
        }
        let pieces = template.elements().iter().map(|element| match element {
            Element::Literal(text) => text.clone(),
            Element::Interpolation(inner) => text(&self.value(&inner.expr)).unwrap_or_else(|| UNKNOWN.to_string()),
            Element::Directive(_) => UNKNOWN.to_string(),
        });
        Value::String(pieces.collect())
    }

    fn context(&self) -> Context<'_> {
        let mut context = Context::new();
        for (name, value) in &self.values {
            // A value that is itself in doubt decides nothing.
            if !is_unknown(value) {
                context.declare_var(name.as_str(), value.clone());
            }
        }
        for (name, parameters, function) in FUNCTIONS {
            let builder = (0..*parameters).fold(FuncDef::builder(), |builder, _| builder.param(ParamType::Any));
            let builder = if *parameters == 0 { builder.variadic_param(ParamType::Any) } else { builder };
            context.declare_func(*name, builder.build(*function));
        }
        context
    }
}

fn unknown() -> Value {
    Value::String(UNKNOWN.to_string())
}

fn is_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(UNKNOWN),
        Value::Array(values) => values.iter().any(is_unknown),
        Value::Object(entries) => entries.values().any(is_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether an expression's text has one of these names in it. One name too many only makes it wait for another round.
fn mentions(expression: &Expression, names: &BTreeMap<String, Expression>) -> bool {
    let text = expression.to_string();
    let mut words = text.split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | '-')));
    words.any(|word| names.contains_key(word))
}

/// A scalar as text; none for the rest.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

type Function = fn(FuncArgs) -> Result<Value, String>;

/// The functions of bake's standard library that decide about names and arguments, with their number of parameters (0 for any).
/// What calls another one (`timestamp`, one of the file's own) is unknown.
const FUNCTIONS: &[(&str, usize, Function)] = &[
    ("and", 2, |arguments| both(&arguments, |one, other| one && other)),
    ("coalesce", 0, |arguments| {
        let given = arguments.iter().find(|value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        given.cloned().ok_or_else(|| "no value".to_owned())
    }),
    ("equal", 2, |arguments| Ok((arguments.first() == arguments.get(1)).into())),
    ("join", 2, |arguments| {
        let parts = arguments.get(1).and_then(Value::as_array).ok_or("no list")?;
        Ok(parts.iter().filter_map(text).collect::<Vec<_>>().join(&word(&arguments, 0)?).into())
    }),
    ("lower", 1, |arguments| Ok(word(&arguments, 0)?.to_lowercase().into())),
    ("not", 1, |arguments| {
        let value = arguments.first().and_then(Value::as_bool).ok_or("no truth value")?;
        Ok((!value).into())
    }),
    ("notequal", 2, |arguments| Ok((arguments.first() != arguments.get(1)).into())),
    ("or", 2, |arguments| both(&arguments, |one, other| one || other)),
    ("replace", 3, |arguments| Ok(word(&arguments, 0)?.replace(&word(&arguments, 1)?, &word(&arguments, 2)?).into())),
    ("split", 2, |arguments| {
        let separator = word(&arguments, 0)?;
        let text = word(&arguments, 1)?;
        Ok(Value::Array(text.split(separator.as_str()).map(Value::from).collect()))
    }),
    ("trimprefix", 2, |arguments| {
        let text = word(&arguments, 0)?;
        Ok(text.strip_prefix(word(&arguments, 1)?.as_str()).unwrap_or(&text).into())
    }),
    ("upper", 1, |arguments| Ok(word(&arguments, 0)?.to_uppercase().into())),
];

fn word(arguments: &FuncArgs, index: usize) -> Result<String, String> {
    arguments.get(index).and_then(text).ok_or_else(|| "no text".to_owned())
}

fn both(arguments: &FuncArgs, decide: fn(bool, bool) -> bool) -> Result<Value, String> {
    let value = |index: usize| arguments.get(index).and_then(Value::as_bool).ok_or_else(|| "no truth value".to_owned());
    Ok(decide(value(0)?, value(1)?).into())
}
