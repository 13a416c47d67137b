//! `test`, `[` and `[[`: whether a condition holds, where that can be told.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate};

use crate::tree::{Kind, Node, Outcome, TreePath};

use super::interpreter::Interpreter;
use super::machine::{Machine, Status};
use super::pattern;
use super::variables::is_unknown;

/// Both, as `&&` has it.
fn both(one: Status, other: Status) -> Status {
    match (one, other) {
        (Status::Failure, _) | (_, Status::Failure) => Status::Failure,
        (Status::Success, Status::Success) => Status::Success,
        _ => Status::Unknown,
    }
}

/// `test` with these arguments (without the `]`).
pub(super) fn test(machine: &Machine, arguments: &[String]) -> Status {
    // `-o` binds least, then `-a`, then `!` (POSIX, "test", the obsolescent operators).
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut any = Status::Failure;
    for alternative in words.split(|word| *word == "-o") {
        let mut all = Status::Success;
        for term in alternative.split(|word| *word == "-a") {
            all = both(all, primary(machine, term));
        }
        any = both(any.inverted(), all.inverted()).inverted();
    }
    any
}

fn primary(machine: &Machine, words: &[&str]) -> Status {
    match words {
        [] => Status::Failure,
        ["!", rest @ ..] => primary(machine, rest).inverted(),
        ["(", rest @ .., ")"] => primary(machine, rest),
        [word] => length(word),
        [operator, operand] => unary(machine, operator, operand),
        [left, operator, right] => binary(operator, left, right),
        _ => Status::Unknown,
    }
}

/// Whether a text is not empty.
fn length(text: &str) -> Status {
    if is_unknown(text) { Status::Unknown } else { Status::of(!text.is_empty()) }
}

fn unary(machine: &Machine, operator: &str, operand: &str) -> Status {
    match operator {
        "-n" => length(operand),
        "-z" => length(operand).inverted(),
        "-e" | "-f" | "-s" | "-r" | "-d" | "-L" | "-h" => file(machine, operator, operand),
        _ => Status::Unknown,
    }
}

fn binary(operator: &str, left: &str, right: &str) -> Status {
    if is_unknown(left) || is_unknown(right) {
        return Status::Unknown;
    }
    let numbers = || Some((left.parse::<i64>().ok()?, right.parse::<i64>().ok()?));
    let compared =
        |holds: fn(i64, i64) -> bool| numbers().map_or(Status::Unknown, |(left, right)| Status::of(holds(left, right)));
    match operator {
        "=" | "==" => Status::of(left == right),
        "!=" => Status::of(left != right),
        "-eq" => compared(|left, right| left == right),
        "-ne" => compared(|left, right| left != right),
        "-lt" => compared(|left, right| left < right),
        "-le" => compared(|left, right| left <= right),
        "-gt" => compared(|left, right| left > right),
        "-ge" => compared(|left, right| left >= right),
        _ => Status::Unknown,
    }
}

/// Endings of the files that certificates are kept in: a base image's own are known, so one that is not listed is not there.
pub(super) const CERTIFICATE_ENDINGS: &[&str] = &[".pem", ".crt", ".cer", ".jks", ".p12", ".pfx", ".p7b"];

fn file(machine: &Machine, operator: &str, operand: &str) -> Status {
    if is_unknown(operand) {
        return Status::Unknown;
    }
    let path: TreePath = machine.path(operand);
    let node = match machine.tree.lookup(&path).outcome {
        Outcome::Found(node) => node,
        Outcome::Removed(_) => return Status::Failure,
        Outcome::Absent => {
            let certificates = CERTIFICATE_ENDINGS.iter().any(|ending| operand.ends_with(ending));
            let listed = machine.origin(&path).is_none() && !machine.variables.open && machine.gaps.is_empty();
            return if certificates && listed || pattern::is_pattern(operand) {
                Status::Failure
            } else {
                Status::Unknown
            };
        }
        _ => return Status::Unknown,
    };
    if node.payload.contents.doubtful {
        return Status::Unknown;
    }
    match (operator, node) {
        ("-d", Node { kind, .. }) => Status::of(matches!(kind, Kind::Directory(_))),
        ("-f" | "-s", Node { kind, .. }) => Status::of(matches!(kind, Kind::File)),
        ("-L" | "-h", _) => Status::Unknown,
        _ => Status::Success,
    }
}

impl Interpreter<'_> {
    /// `[[ … ]]`.
    pub(super) fn extended_test(&mut self, expression: &ExtendedTestExpr) -> Status {
        match expression {
            ExtendedTestExpr::And(left, right) => {
                let (left, right) = (self.extended_test(left), self.extended_test(right));
                both(left, right)
            }
            ExtendedTestExpr::Or(left, right) => {
                let (left, right) = (self.extended_test(left), self.extended_test(right));
                both(left.inverted(), right.inverted()).inverted()
            }
            ExtendedTestExpr::Not(inner) => self.extended_test(inner).inverted(),
            ExtendedTestExpr::Parenthesized(inner) => self.extended_test(inner),
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                let operand = self.text(&word.value);
                let operator = match predicate {
                    UnaryPredicate::FileExists => "-e",
                    UnaryPredicate::FileExistsAndIsDir => "-d",
                    UnaryPredicate::FileExistsAndIsRegularFile => "-f",
                    UnaryPredicate::FileExistsAndIsNotZeroLength => "-s",
                    UnaryPredicate::FileExistsAndIsReadable => "-r",
                    UnaryPredicate::StringHasZeroLength => "-z",
                    UnaryPredicate::StringHasNonZeroLength => "-n",
                    _ => return Status::Unknown,
                };
                unary(self.machine, operator, &operand)
            }
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                let left = self.text(&left.value);
                match predicate {
                    BinaryPredicate::StringExactlyMatchesPattern
                    | BinaryPredicate::StringDoesNotExactlyMatchPattern => {
                        let pattern = self.pattern(&right.value);
                        if is_unknown(&left) || is_unknown(&pattern) {
                            return Status::Unknown;
                        }
                        let same = Status::of(pattern::matches(&pattern, &left));
                        if matches!(predicate, BinaryPredicate::StringExactlyMatchesPattern) {
                            same
                        } else {
                            same.inverted()
                        }
                    }
                    BinaryPredicate::StringExactlyMatchesString => binary("=", &left, &self.text(&right.value)),
                    BinaryPredicate::StringDoesNotExactlyMatchString => binary("!=", &left, &self.text(&right.value)),
                    BinaryPredicate::ArithmeticEqualTo => binary("-eq", &left, &self.text(&right.value)),
                    BinaryPredicate::ArithmeticNotEqualTo => binary("-ne", &left, &self.text(&right.value)),
                    BinaryPredicate::ArithmeticLessThan => binary("-lt", &left, &self.text(&right.value)),
                    BinaryPredicate::ArithmeticGreaterThan => binary("-gt", &left, &self.text(&right.value)),
                    _ => Status::Unknown,
                }
            }
        }
    }
}
