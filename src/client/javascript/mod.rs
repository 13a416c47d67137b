//! JavaScript and TypeScript: what is handed to the drivers of Node.js, followed through names, functions and conditions of the file.

mod calls;
mod evaluate;
mod objects;
mod scope;
mod syntax;

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::nodes::Code;
use super::strings::urls_in;
use super::{Connection, Language, Origin, Text, Value};
use crate::client::dialect::{NODE_ENVIRONMENT, POSTGRES_IN_NODE, POSTGRES_URL};

use scope::Scope;

/// JavaScript and TypeScript.
pub static LANGUAGE: Language = Language { name: "JavaScript", matches, mentions: &[MENTIONS], read };

/// One of these stands in every file that connects to something.
const MENTIONS: &[&str] = &[
    "postgres",
    "'pg'",
    "\"pg\"",
    "pg-pool",
    "mysql",
    "mariadb",
    "sequelize",
    "Sequelize",
    "knex",
    "typeorm",
    "adapter-pg",
    "jdbc:",
    "rejectUnauthorized",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "dialect",
    "global-bundle",
    "rds-ca",
    "rds-combined",
    "rds.amazonaws.com",
];

const EXTENSIONS: &[&str] = &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];

/// The most connections that are kept of one file: a file with more is data, and no program.
const MAX_CONNECTIONS: usize = 1_000;

fn matches(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let written_by_programs = name.ends_with(".min.js") || name.ends_with(".d.ts") || path.contains("node_modules/");
    !written_by_programs && name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    let Some(tree) = syntax::parse(text.path, text.text) else { return Vec::new() };
    let scope = Scope::of(tree.root_node(), text.text);
    let file = File {
        code: Code::new(text.text),
        root: tree.root_node(),
        scope,
        found: RefCell::default(),
        taken: RefCell::default(),
    };
    let root = tree.root_node();
    calls::read(&file, root);
    objects::read(&file, root);
    file.strings(root);
    file.environment(root);
    file.found.into_inner()
}

/// A file with what is found in it.
struct File<'t> {
    code: Code<'t>,
    root: tree_sitter::Node<'t>,
    scope: Scope<'t>,
    found: RefCell<Vec<Connection>>,
    /// Where nodes begin that went into a connection, and where they end.
    taken: RefCell<BTreeMap<usize, usize>>,
}

impl File<'_> {
    fn keep(&self, connection: Connection) {
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_CONNECTIONS {
            found.push(connection);
        }
    }

    /// Says that a node went into a connection, so that it makes none of its own. What is kept overlaps nowhere.
    fn take(&self, node: tree_sitter::Node<'_>) {
        if !self.is_taken(node) {
            let mut taken = self.taken.borrow_mut();
            let inside: Vec<_> = taken.range(node.start_byte()..node.end_byte()).map(|(start, _)| *start).collect();
            for start in inside {
                taken.remove(&start);
            }
            taken.insert(node.start_byte(), node.end_byte());
        }
    }

    /// Whether a node, or one around it, went into a connection.
    fn is_taken(&self, node: tree_sitter::Node<'_>) -> bool {
        let taken = self.taken.borrow();
        taken.range(..=node.start_byte()).next_back().is_some_and(|(_, end)| node.end_byte() <= *end)
    }

    /// Connection strings that went into no call.
    fn strings(&self, root: tree_sitter::Node<'_>) {
        for node in syntax::all(root).filter(|node| matches!(node.kind(), "string" | "template_string")) {
            if self.is_taken(node) {
                continue;
            }
            for found in urls_in(self.code.of(node)) {
                let driver = if found.driver == &POSTGRES_URL { &POSTGRES_IN_NODE } else { found.driver };
                self.keep(self.code.connection_by(driver, node, &found.parsed));
            }
        }
    }

    /// `process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"`.
    fn environment(&self, root: tree_sitter::Node<'_>) {
        for node in syntax::all(root).filter(|node| node.kind() == "assignment_expression") {
            let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
            else {
                continue;
            };
            let left = self.code.of(left);
            let zero = self.code.of(right).trim_matches(['"', '\'', '`']) == "0";
            if zero && left.starts_with("process.env") && left.contains("NODE_TLS_REJECT_UNAUTHORIZED") {
                let mut connection = self.code.connection(&NODE_ENVIRONMENT, node);
                let span = connection.span;
                connection.set("NODE_TLS_REJECT_UNAUTHORIZED", Value::text("0"), Origin::Environment, span);
                connection.host = Some(Value::unknown("it is for all connections"));
                self.keep(connection);
            }
        }
    }
}
