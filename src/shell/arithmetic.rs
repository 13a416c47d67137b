//! `$((…))`, `((…))` and `let`: whole numbers (POSIX Shell Command Language, section 2.6.4).

use brush_parser::arithmetic;
use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator, UnexpandedArithmeticExpr,
};

use super::interpreter::Interpreter;
use super::machine::Status;
use super::variables::{Variables, is_unknown};

/// Longest expression that is read, in bytes: counters are short, and the parser descends once for every operator and parenthesis.
const MAX_EXPRESSION: usize = 100;

impl Interpreter<'_> {
    /// The value of an expression; none where it could not be told.
    pub(super) fn number(&mut self, expression: &UnexpandedArithmeticExpr) -> Option<i64> {
        let text = self.text(&expression.value);
        evaluate(&text, &mut self.machine.variables)
    }

    /// Whether an expression is not zero, as `((…))` and the condition of a `for ((…))` have it.
    pub(super) fn is_nonzero(&mut self, expression: &UnexpandedArithmeticExpr) -> Status {
        self.number(expression).map_or(Status::Unknown, |value| Status::of(value != 0))
    }
}

/// Evaluates an expression whose expansions are made, and assigns what it assigns.
pub(super) fn evaluate(text: &str, variables: &mut Variables) -> Option<i64> {
    if text.len() > MAX_EXPRESSION || is_unknown(text) {
        return None;
    }
    value(&arithmetic::parse(text).ok()?, variables)
}

fn value(expression: &ArithmeticExpr, variables: &mut Variables) -> Option<i64> {
    match expression {
        ArithmeticExpr::Literal(number) => Some(*number),
        ArithmeticExpr::Reference(target) => current(target, variables),
        ArithmeticExpr::UnaryOp(operator, operand) => {
            let operand = value(operand, variables)?;
            match operator {
                UnaryOperator::UnaryPlus => Some(operand),
                UnaryOperator::UnaryMinus => operand.checked_neg(),
                UnaryOperator::BitwiseNot => Some(!operand),
                UnaryOperator::LogicalNot => Some(i64::from(operand == 0)),
            }
        }
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalAnd, left, right) => match value(left, variables)? {
            0 => Some(0),
            _ => value(right, variables).map(|right| i64::from(right != 0)),
        },
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalOr, left, right) => match value(left, variables)? {
            0 => value(right, variables).map(|right| i64::from(right != 0)),
            _ => Some(1),
        },
        ArithmeticExpr::BinaryOp(operator, left, right) => {
            let left = value(left, variables)?;
            combined(operator, left, value(right, variables)?)
        }
        ArithmeticExpr::Conditional(condition, then, otherwise) => match value(condition, variables)? {
            0 => value(otherwise, variables),
            _ => value(then, variables),
        },
        ArithmeticExpr::Assignment(target, new) => {
            let new = value(new, variables);
            assign(target, new, variables)
        }
        ArithmeticExpr::BinaryAssignment(operator, target, operand) => {
            let (old, operand) = (current(target, variables), value(operand, variables));
            let new = old.zip(operand).and_then(|(old, operand)| combined(operator, old, operand));
            assign(target, new, variables)
        }
        ArithmeticExpr::UnaryAssignment(operator, target) => {
            let old = current(target, variables);
            let (step, before) = match operator {
                UnaryAssignmentOperator::PrefixIncrement => (1, false),
                UnaryAssignmentOperator::PrefixDecrement => (-1, false),
                UnaryAssignmentOperator::PostfixIncrement => (1, true),
                UnaryAssignmentOperator::PostfixDecrement => (-1, true),
            };
            let new = assign(target, old.and_then(|old| old.checked_add(step)), variables);
            if before { old } else { new }
        }
    }
}

/// The value of a variable: one that is not set is zero.
fn current(target: &ArithmeticTarget, variables: &Variables) -> Option<i64> {
    let ArithmeticTarget::Variable(name) = target else { return None };
    let text = variables.expand(name);
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// Sets a variable; to something unknown where `new` is none.
fn assign(target: &ArithmeticTarget, new: Option<i64>, variables: &mut Variables) -> Option<i64> {
    let ArithmeticTarget::Variable(name) = target else { return None };
    let text = new.map_or_else(|| super::variables::UNKNOWN.to_string(), |new| new.to_string());
    variables.set(name, text);
    new
}

fn combined(operator: &BinaryOperator, left: i64, right: i64) -> Option<i64> {
    let truth = |holds: bool| Some(i64::from(holds));
    match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::Divide => left.checked_div(right),
        BinaryOperator::Modulo => left.checked_rem(right),
        BinaryOperator::LessThan => truth(left < right),
        BinaryOperator::LessThanOrEqualTo => truth(left <= right),
        BinaryOperator::GreaterThan => truth(left > right),
        BinaryOperator::GreaterThanOrEqualTo => truth(left >= right),
        BinaryOperator::Equals => truth(left == right),
        BinaryOperator::NotEquals => truth(left != right),
        BinaryOperator::Comma => Some(right),
        // Bits and powers count nothing in a Dockerfile.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated_as_in_a_shell() {
        let mut variables = Variables::default();
        variables.set("i", "3");
        for (text, expected) in [
            ("1 + 2 * 3", Some(7)),
            ("(1 + 2) * 3", Some(9)),
            ("i", Some(3)),
            ("$", None),
            ("i++", Some(3)),
            ("i", Some(4)),
            ("++i", Some(5)),
            ("--i", Some(4)),
            ("i--", Some(4)),
            ("i += 4", Some(7)),
            ("none", Some(0)),
            ("-i", Some(-7)),
            ("!0", Some(1)),
            ("~0", Some(-1)),
            ("7 % 4", Some(3)),
            ("7 / 2", Some(3)),
            ("7 - 2", Some(5)),
            ("7 / 0", None),
            ("1 < 2", Some(1)),
            ("2 <= 1", Some(0)),
            ("2 > 1", Some(1)),
            ("1 >= 2", Some(0)),
            ("2 == 2", Some(1)),
            ("2 != 2", Some(0)),
            ("0 && (i = 9)", Some(0)),
            ("1 || (i = 9)", Some(1)),
            ("i", Some(7)),
            ("1 ? 2 : 3", Some(2)),
            ("0 ? 2 : 3", Some(3)),
            ("j = 5, j + 1", Some(6)),
            ("9223372036854775807 + 1", None),
        ] {
            assert_eq!(evaluate(text, &mut variables), expected, "{text}");
        }
        assert_eq!(evaluate(&format!("{}1", "-".repeat(MAX_EXPRESSION)), &mut variables), None);
    }
}
