//! Which functions of a file may come to something that connects. The others are followed where one of these calls them, for what they
//! return, and not for themselves: most functions of most files.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem::Finder;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::TextRange;

use super::DRIVERS;
use super::machine::span;

/// One of these or of the drivers stands in whatever connects, or puts together what somebody connects with.
const WORDS: &[&str] = &[
    "onnect(",
    "onnection(",
    "create_engine(",
    "create_async_engine(",
    "Pool(",
    "_pool(",
    "Database(",
    "make_url(",
    "URL(",
    "URL.create(",
    "partial(",
    "Tortoise",
    "tortoise",
    "://",
    "ENGINE",
    "ssl",
    "SSL",
    "generate_db_auth_token",
    "DATABASES",
    "dbname",
    "connect_args",
];

/// The functions of a file that may come to something that connects, by where they begin.
#[derive(Debug, Default)]
pub struct Reach(BTreeSet<usize>);

impl Reach {
    /// Those of that file.
    pub fn of(source: &str, body: &[Stmt]) -> Self {
        let mut definitions = Definitions::default();
        body.iter().for_each(|statement| definitions.visit_stmt(statement));
        let finders: Vec<_> = DRIVERS.iter().chain(WORDS).map(|word| Finder::new(*word)).collect();
        let text = |range: TextRange| source.get(span(range).range()).unwrap_or_default();
        let says_word = |range| finders.iter().any(|finder| finder.find(text(range).as_bytes()).is_some());
        let all = &definitions.0;
        // Who names whom: a class stands for its methods.
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, (names, _)) in all.iter().enumerate() {
            names.iter().for_each(|name| by_name.entry(name).or_default().push(index));
        }
        let mut named_by: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
        for (index, (_, range)) in all.iter().enumerate() {
            let named: BTreeSet<&str> = identifiers(text(*range)).filter(|word| by_name.contains_key(word)).collect();
            for other in named.iter().filter_map(|name| by_name.get(name)).flatten() {
                if let Some(callers) = named_by.get_mut(*other) {
                    callers.push(index);
                }
            }
        }
        let mut waiting: Vec<usize> =
            all.iter().enumerate().filter(|(_, (_, range))| says_word(*range)).map(|(index, _)| index).collect();
        let mut reached: BTreeSet<usize> = waiting.iter().copied().collect();
        while let Some(index) = waiting.pop() {
            for caller in named_by.get(index).into_iter().flatten() {
                if reached.insert(*caller) {
                    waiting.push(*caller);
                }
            }
        }
        Self(reached.into_iter().filter_map(|index| Some(all.get(index)?.1.start().to_usize())).collect())
    }

    /// Whether a function may come to something that connects.
    pub fn has(&self, function: &StmtFunctionDef) -> bool {
        self.0.contains(&function.range.start().to_usize())
    }

    /// Whether any method of a class may.
    pub fn has_any_of(&self, class: &StmtClassDef) -> bool {
        class.body.iter().filter_map(Stmt::as_function_def_stmt).any(|method| self.has(method))
    }
}

/// Every function of a file, with the names by which it is called.
#[derive(Default)]
struct Definitions<'a>(Vec<(Vec<&'a str>, TextRange)>);

impl<'a> Visitor<'a> for Definitions<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.0.push((vec![function.name.as_str()], function.range)),
            Stmt::ClassDef(class) => {
                for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
                    self.0.push((vec![method.name.as_str(), class.name.as_str()], method.range));
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

/// The words of a text that can be names.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|end: char| !end.is_alphanumeric() && end != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_what_connects_may_connect() {
        let source = "
def a(): return b()
def b(): return psycopg2.connect('')
def c(): return 1
class D:
    def e(self): self.f = 1
    def g(self): return pymysql.connect()
def h(): return D()
";
        let parsed = ruff_python_parser::parse_unchecked_source(source, ruff_python_ast::PySourceType::Python);
        let reach = Reach::of(source, parsed.suite());
        let mut functions = Definitions::default();
        parsed.suite().iter().for_each(|statement| functions.visit_stmt(statement));
        let reached = functions.0.iter().filter(|(_, range)| reach.0.contains(&range.start().to_usize()));
        let reached: BTreeSet<_> = reached.filter_map(|(names, _)| names.first().copied()).collect();
        assert_eq!(reached, BTreeSet::from(["a", "b", "g", "h"]));
    }
}
