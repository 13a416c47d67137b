//! Java: JDBC URLs as they are put together, and the properties beside them.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::composed::Composed;
use super::dialect::PGJDBC;
use super::nodes::{Code, all, around, children, parse, span};
use super::strings::urls_in;
use super::url::HOLE;
use super::{Connection, Language, Origin, Text, Value};

/// Java.
pub static LANGUAGE: Language = Language { name: "Java", matches, mentions: &[MENTIONS], read };

/// One of these stands in every file that connects to something.
const MENTIONS: &[&str] = &["jdbc:", "NonValidatingFactory", "sslmode", "setSslMode"];

/// How far names are followed into each other.
const MAX_DEPTH: usize = 8;

/// pgjdbc's factory that takes any certificate.
const NOT_VALIDATING: &str = "org.postgresql.ssl.NonValidatingFactory";

fn matches(path: &str) -> bool {
    path.ends_with(".java")
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    let Some(tree) = parse(text.text, tree_sitter_java::LANGUAGE) else { return Vec::new() };
    let code = Code::new(text.text);
    let mut file =
        File { declarations: declarations(tree.root_node(), &code), code, found: Vec::new(), taken: BTreeSet::new() };
    let root = tree.root_node();
    file.sums(root);
    file.strings(root);
    file.data_sources(root);
    file.properties(root);
    file.found
}

/// Of each name the values that it is declared with.
fn declarations<'t>(root: Node<'t>, code: &Code<'t>) -> BTreeMap<&'t str, Vec<Node<'t>>> {
    let mut found: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for node in all(root).filter(|node| node.kind() == "variable_declarator") {
        let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else {
            continue;
        };
        found.entry(code.of(name)).or_default().push(value);
    }
    found
}

struct File<'t> {
    code: Code<'t>,
    /// Of each name the values that it is declared with.
    declarations: BTreeMap<&'t str, Vec<Node<'t>>>,
    found: Vec<Connection>,
    /// Where string literals begin that went into a connection.
    taken: BTreeSet<usize>,
}

impl File<'_> {
    /// URLs that are put together of names: `URL + "?sslMode=VERIFY_IDENTITY"`.
    fn sums(&mut self, root: Node<'_>) {
        let is_sum = |node: Node<'_>| node.kind() == "binary_expression";
        let sums = all(root).filter(|node| is_sum(*node) && !node.parent().is_some_and(is_sum));
        for node in sums.collect::<Vec<_>>() {
            let Composed { text, places } = self.evaluate(node, 0);
            let own = all(node).filter(|node| node.kind() == "string_literal").map(|node| node.start_byte());
            // What has its `jdbc:` in a literal of its own is read from there.
            if !text.contains("jdbc:") || own.collect::<BTreeSet<_>>().iter().any(|at| self.literal_is_url(*at)) {
                continue;
            }
            for found in urls_in(&text) {
                self.found.push(self.code.connection_by(found.driver, node, &found.parsed));
                self.taken.extend(places.iter().copied());
            }
        }
    }

    fn literal_is_url(&self, at: usize) -> bool {
        self.code.text.get(at..).is_some_and(|rest| rest.trim_start_matches('"').starts_with("jdbc:"))
    }

    /// A data source of pgjdbc's, which takes its settings by calls alone.
    fn data_sources(&mut self, root: Node<'_>) {
        let is_one = ["PGSimpleDataSource", "PGPoolingDataSource", "PGConnectionPoolDataSource", "PGXADataSource"];
        if !self.found.is_empty() || !is_one.iter().any(|class| self.code.text.contains(class)) {
            return;
        }
        let mut made: Option<Connection> = None;
        for node in all(root).filter(|node| node.kind() == "method_invocation") {
            let name = self.code.field(node, "name");
            if name == "setSslMode" {
                let connection = made.get_or_insert_with(|| self.code.connection(&PGJDBC, node));
                connection.host.get_or_insert(Value::unknown("it is said elsewhere"));
            }
        }
        self.found.extend(made);
    }

    fn strings(&mut self, root: Node<'_>) {
        let literals: Vec<_> = all(root).filter(|node| node.kind() == "string_literal").collect();
        for node in literals {
            let here = self.code.of(node);
            if !here.contains("jdbc:") && !here.contains(NOT_VALIDATING) || self.taken.contains(&node.start_byte()) {
                continue;
            }
            if !self.code.fuel.spend(self.code.text.len()) {
                return;
            }
            let whole = around(node)
                .take_while(|outer| matches!(outer.kind(), "binary_expression" | "parenthesized_expression"))
                .last()
                .unwrap_or(node);
            let Composed { text, places } = self.evaluate(whole, 0);
            let found = urls_in(&text);
            for found in &found {
                self.found.push(self.code.connection_by(found.driver, node, &found.parsed));
            }
            if !found.is_empty() {
                self.taken.extend(places);
            } else if text.contains(NOT_VALIDATING) {
                let mut connection = self.code.connection(&PGJDBC, node);
                let span = connection.span;
                connection.host = Some(Value::unknown("it is said elsewhere"));
                connection.set("ssl", Value::Bool(true), Origin::Configuration, span);
                connection.set("sslfactory", Value::text(NOT_VALIDATING), Origin::Configuration, span);
                self.found.push(connection);
            }
        }
    }

    /// `properties.setProperty("sslmode", "require")` and its like: they go with the file's URLs, where it has one alone.
    fn properties(&mut self, root: Node<'_>) {
        let mut given = Vec::new();
        let mut more = false;
        for node in all(root).filter(|node| node.kind() == "method_invocation") {
            let name = self.code.field(node, "name");
            let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
            let span = span(node);
            match (name, arguments.as_slice()) {
                ("setProperty" | "put" | "addDataSourceProperty", [key, value]) => {
                    let (key, value) = (self.evaluate(*key, 0).text, self.evaluate(*value, 0).text);
                    if key.starts_with("ssl") || key.contains("SSL") || key.contains("ServerCert") {
                        given.push((key, value, span));
                    }
                }
                ("setSslMode", [value]) => given.push(("sslmode".to_owned(), self.evaluate(*value, 0).text, span)),
                ("setSslRootCert", [value]) => {
                    given.push(("sslrootcert".to_owned(), self.evaluate(*value, 0).text, span))
                }
                ("getConnection", [_, _]) => more = true,
                _ => {}
            }
        }
        // With several URLs it can't be told whose they are.
        let only = self.found.len() == 1;
        for connection in &mut self.found {
            if only {
                for (key, value, span) in &given {
                    let value =
                        if value.contains(HOLE) { Value::unknown("it is computed") } else { Value::text(value) };
                    connection.set(key.clone(), value, Origin::Argument, *span);
                }
            } else if !given.is_empty() {
                connection.unseen = Some("properties beside the URL may say more".to_owned());
            }
            if more && given.is_empty() {
                connection.unseen = Some("the properties beside the URL are put together elsewhere".to_owned());
            }
        }
    }

    /// What an expression comes to.
    fn evaluate(&self, node: Node<'_>, depth: usize) -> Composed {
        if depth > MAX_DEPTH || !self.code.fuel.spend(1) {
            return Composed::hole();
        }
        match node.kind() {
            "string_literal" => Composed::literal(node, self.code.of(node).trim_matches('"').replace("\\\"", "\"")),
            "true" | "false" | "decimal_integer_literal" => Composed::literal(node, self.code.of(node)),
            "parenthesized_expression" => {
                children(node).first().map_or_else(Composed::hole, |inner| self.evaluate(*inner, depth + 1))
            }
            "binary_expression" => Composed::sum(node, |side| self.evaluate(side, depth + 1)),
            "identifier" => match self.declarations.get(self.code.of(node)).map(Vec::as_slice) {
                Some([one]) => self.evaluate(*one, depth + 1),
                _ => Composed::hole(),
            },
            _ => Composed::hole(),
        }
    }
}
