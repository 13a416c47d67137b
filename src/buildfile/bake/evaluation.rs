//! What expressions of bake files come to, with what is unknown left unknown.

use std::collections::BTreeMap;

use std::sync::Arc;

use hcl::eval::{Context, Evaluate, FuncDef, ParamType};
use hcl::expr::{BinaryOp, FuncCall, ObjectKey, Operation, UnaryOp};
use hcl::template::Element;
use hcl::{Expression, Template, Value};

use super::functions::FUNCTIONS;
use crate::shell::UNKNOWN;

/// Functions of the file that call one another.
const MAX_CALLS: usize = 16;

/// A function that the file defines.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its parameters.
    pub parameters: Vec<String>,
    /// The parameter that takes all further arguments.
    pub variadic: Option<String>,
    /// What it comes to.
    pub result: Expression,
}

/// The variables that have a value, and the functions of the file.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    values: BTreeMap<String, Value>,
    functions: Arc<BTreeMap<String, Function>>,
    /// How many functions of the file led here.
    calls: usize,
}

impl Scope {
    /// The values of variables whose defaults may name one another, in any order.
    pub fn of(mut defaults: BTreeMap<String, Expression>, functions: BTreeMap<String, Function>) -> Self {
        let mut scope = Self { functions: Arc::new(functions), ..Self::default() };
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
        Self { values, functions: Arc::clone(&self.functions), calls: self.calls }
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
            Expression::FuncCall(call) => match self.functions.get(call.name.name.as_str()) {
                Some(function) => self.call(function, call),
                None => {
                    let args = call.args.iter().map(|argument| self.literal(argument)).collect::<Option<Vec<_>>>();
                    let call = args.map(|args| FuncCall { args, ..FuncCall::clone(call) });
                    call.map_or_else(unknown, |call| self.evaluated(&call))
                }
            },
            Expression::Conditional(conditional) => match self.value(&conditional.cond_expr) {
                Value::Bool(true) => self.value(&conditional.true_expr),
                Value::Bool(false) => self.value(&conditional.false_expr),
                _ => unknown(),
            },
            Expression::Operation(operation) => {
                let operation = match operation.as_ref() {
                    Operation::Unary(unary) => {
                        self.literal(&unary.expr).map(|operand| Operation::from(UnaryOp::new(unary.operator, operand)))
                    }
                    Operation::Binary(binary) => {
                        let operands = self.literal(&binary.lhs_expr).zip(self.literal(&binary.rhs_expr));
                        operands.map(|(left, right)| BinaryOp::new(left, binary.operator, right).into())
                    }
                };
                operation.map_or_else(unknown, |operation| self.evaluated(&operation))
            }
            other => self.evaluated(other),
        }
    }

    fn evaluated(&self, expression: &impl Evaluate<Output = Value>) -> Value {
        expression.evaluate(&self.context()).unwrap_or_else(|_| unknown())
    }

    /// The value of an expression as one that needs no evaluation; none where any of it is unknown.
    fn literal(&self, expression: &Expression) -> Option<Expression> {
        Some(self.value(expression)).filter(|value| !is_unknown(value)).map(Expression::from)
    }

    /// What a function of the file comes to. It sees its parameters and all variables.
    fn call(&self, function: &Function, call: &FuncCall) -> Value {
        let mut given: Vec<Value> = call.args.iter().map(|argument| self.value(argument)).collect();
        if call.expand_final
            && let Some(Value::Array(last)) = given.pop()
        {
            given.extend(last);
        }
        let count = function.parameters.len();
        if self.calls >= MAX_CALLS || given.len() < count || (given.len() > count && function.variadic.is_none()) {
            return unknown();
        }
        let further = given.split_off(count);
        let mut named: BTreeMap<String, Value> = function.parameters.iter().cloned().zip(given).collect();
        named.extend(function.variadic.clone().map(|name| (name, Value::Array(further))));
        Self { calls: self.calls + 1, ..self.with(&named) }.value(&function.result)
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
