//! Go: what is handed to database/sql, pgx and go-sql-driver, followed through names, concatenation and `fmt.Sprintf`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use super::composed::Composed;
use super::dialect::{GO_MYSQL, LIB_PQ, PGX, POSTGRES_KEYWORDS, POSTGRES_URL};
use super::nodes::{Code, all, around, children, parse, span};
use super::strings::{go_mysql, take, urls_in};
use super::url::{ConnectionString, HOLE};
use super::{Authorities, Checked, Connection, Context, Driver, Language, Origin, Text, Value};

/// Go.
pub static LANGUAGE: Language = Language { name: "Go", matches, mentions: &[MENTIONS], read };

/// One of these stands in every file that connects to something.
const MENTIONS: &[&str] = &[
    "sql.Open",
    "pgx",
    "lib/pq",
    "go-sql-driver",
    "postgres",
    "mysql",
    "gorm",
    "sslmode",
    "RegisterTLSConfig",
    "sqlx.",
];

/// How far names are followed into each other.
const MAX_DEPTH: usize = 8;

fn matches(path: &str) -> bool {
    path.ends_with(".go") && !path.contains("/vendor/")
}

fn read(text: &Text<'_>) -> Vec<Connection> {
    let Some(tree) = parse(text.text, tree_sitter_go::LANGUAGE) else { return Vec::new() };
    let root = tree.root_node();
    let mut file = File {
        code: Code::new(text.text),
        declarations: BTreeMap::new(),
        functions: Vec::new(),
        found: Vec::new(),
        taken: BTreeSet::new(),
    };
    file.declare(root);
    let registered = file.registered(root);
    file.calls(root, &registered);
    file.strings(root);
    file.unused(registered);
    file.found
}

/// A TLS configuration that has a name, and a connection that stands where it is registered.
struct Registered {
    context: Context,
    connection: Connection,
}

struct File<'t> {
    code: Code<'t>,
    /// Of each name the values that it is declared with or set to.
    declarations: BTreeMap<&'t str, Vec<Node<'t>>>,
    /// Where functions are.
    functions: Vec<Range<usize>>,
    found: Vec<Connection>,
    /// Where string literals begin that went into a connection.
    taken: BTreeSet<usize>,
}

impl<'t> File<'t> {
    /// Notes what names are declared with, and where functions are.
    fn declare(&mut self, root: Node<'t>) {
        for node in all(root) {
            let (left, right) = match node.kind() {
                "short_var_declaration" | "assignment_statement" => ("left", "right"),
                "var_spec" | "const_spec" => ("name", "value"),
                "function_declaration" | "method_declaration" => {
                    self.functions.push(node.byte_range());
                    continue;
                }
                _ => continue,
            };
            let (Some(left), Some(right)) = (node.child_by_field_name(left), node.child_by_field_name(right)) else {
                continue;
            };
            let name = self.code.of(left).split(',').next().unwrap_or_default().trim();
            if let Some(value) = children(right).first() {
                self.declarations.entry(name).or_default().push(*value);
            }
        }
    }

    /// TLS configurations that are registered with go-sql-driver, by name.
    fn registered(&self, root: Node<'_>) -> BTreeMap<String, Registered> {
        let mut found = BTreeMap::new();
        for (node, arguments) in self.called(root, "RegisterTLSConfig") {
            let [name, config] = arguments.as_slice() else { continue };
            let Some(context) = self.config(*config, 0) else { continue };
            let connection = self.code.connection(&GO_MYSQL, node);
            found.insert(self.evaluate(*name, 0).text, Registered { context, connection });
        }
        found
    }

    /// What is registered without verifying, and named by no connection string of this file: another's names it.
    fn unused(&mut self, registered: BTreeMap<String, Registered>) {
        for Registered { context, mut connection } in registered.into_values() {
            let context = Value::Context(Box::new(context));
            let is_used = self.found.iter().any(|found| found.parameter("tls").is_some_and(|tls| tls.value == context));
            if is_used || matches!(&context, Value::Context(context) if context.authority != Checked::No) {
                continue;
            }
            let span = connection.span;
            connection.host = Some(Value::unknown("it is said elsewhere"));
            connection.set("tls", context, Origin::Argument, span);
            self.found.push(connection);
        }
    }

    /// Calls of a function or method of that name, with their arguments.
    fn called<'n>(&self, root: Node<'n>, name: &str) -> Vec<(Node<'n>, Vec<Node<'n>>)> {
        let calls = all(root).filter(|node| node.kind() == "call_expression");
        calls
            .filter_map(|node| {
                let function = self.code.of(node.child_by_field_name("function")?);
                let is_it = function.rsplit('.').next() == Some(name);
                is_it.then(|| node.child_by_field_name("arguments").map(|arguments| (node, children(arguments))))?
            })
            .collect()
    }

    fn calls(&mut self, root: Node<'_>, registered: &BTreeMap<String, Registered>) {
        let imports_pq = self.code.text.contains("github.com/lib/pq");
        let imports_pgx = self.code.text.contains("github.com/jackc/pgx");
        for name in ["Open", "MustOpen", "Connect", "MustConnect", "New", "ParseConfig", "ConnectContext"] {
            for (node, arguments) in self.called(root, name) {
                let package = self.code.field(node, "function").split('.').next().unwrap_or_default();
                let first = arguments.first().map(|first| self.evaluate(*first, 0).text).unwrap_or_default();
                let (driver, dsn): (&'static Driver, _) = match (first.as_str(), package, arguments.as_slice()) {
                    ("postgres", _, [_, dsn, ..]) if imports_pgx && !imports_pq => (&PGX, *dsn),
                    ("postgres" | "cloudsqlpostgres", _, [_, dsn, ..]) => (&LIB_PQ, *dsn),
                    ("pgx" | "pgx/v5", _, [_, dsn, ..]) => (&PGX, *dsn),
                    ("mysql", _, [_, dsn, ..]) => (&GO_MYSQL, *dsn),
                    (_, "pgx" | "pgxpool" | "pgconn" | "stdlib", [.., dsn]) => (&PGX, *dsn),
                    // gorm's drivers: `postgres.Open(dsn)`, under whatever name.
                    (_, "postgres" | "pos" | "pg" | "gormpostgres", [dsn]) if name == "Open" => (&PGX, *dsn),
                    (_, "mysql" | "gormmysql", [dsn]) if name == "Open" => (&GO_MYSQL, *dsn),
                    _ => continue,
                };
                let Composed { text, places } = self.evaluate(dsn, 0);
                if name == "New" && !text.contains(['=', ':']) {
                    continue;
                }
                let mut connection = self.code.connection(driver, node);
                match self.formatted(dsn) {
                    Some(fields) if driver == &GO_MYSQL => self.fields(&mut connection, &fields, registered),
                    _ => self.dsn(&mut connection, &text, registered),
                }
                self.own_config(&mut connection, node);
                self.taken.extend(places);
                self.found.push(connection);
            }
        }
    }

    /// Puts a connection string into a connection.
    fn dsn(&self, connection: &mut Connection, text: &str, registered: &BTreeMap<String, Registered>) {
        let span = connection.span;
        if connection.driver == &GO_MYSQL {
            match text.split_once("@tcp(").and_then(|(_, rest)| rest.split_once(')')) {
                Some((address, tail)) => go_mysql(connection, address, tail),
                None if text.contains("@unix(") => connection.host = Some(Value::text("/")),
                None => connection.unseen = Some("the connection string is put together elsewhere".to_owned()),
            }
            let name = connection.parameter("tls").and_then(|tls| tls.value.as_text().map(ToOwned::to_owned));
            if let Some(Registered { context, .. }) = name.and_then(|name| registered.get(&name)) {
                connection.parameters.clear();
                connection.set("tls", Value::Context(Box::new(context.clone())), Origin::Argument, span);
            }
        } else {
            match ConnectionString::parse(text) {
                Some(parsed) if !text.chars().all(|character| character == HOLE) => take(connection, &parsed, span),
                _ => connection.unseen = Some("the connection string is put together elsewhere".to_owned()),
            }
        }
        if connection.unseen.is_some() && connection.host.is_none() {
            connection.host = Some(Value::unknown("it is said elsewhere"));
        }
    }

    /// The fields of the `mysql.Config` whose `FormatDSN` an expression calls, with their values; none where it does not.
    fn formatted<'n>(&self, node: Node<'n>) -> Option<Vec<(String, Node<'t>)>> {
        let function = node.child_by_field_name("function").filter(|_| node.kind() == "call_expression")?;
        let owner = function.child_by_field_name("operand")?;
        if !self.code.of(function).ends_with(".FormatDSN") {
            return None;
        }
        let mut literal = self.declared(owner)?;
        if literal.kind() == "unary_expression" {
            literal = literal.child_by_field_name("operand")?;
        }
        let body = literal.child_by_field_name("body").filter(|_| literal.kind() == "composite_literal")?;
        let fields = children(body).into_iter().filter_map(|element| match children(element).as_slice() {
            [key, value] => Some((self.code.of(*key).to_owned(), children(*value).first().copied().unwrap_or(*value))),
            _ => None,
        });
        Some(fields.collect())
    }

    /// Puts the fields of a `mysql.Config` into a connection.
    fn fields(
        &self,
        connection: &mut Connection,
        fields: &[(String, Node<'_>)],
        registered: &BTreeMap<String, Registered>,
    ) {
        let span = connection.span;
        let text = |name: &str| {
            let (_, value) = fields.iter().find(|(key, _)| key == name)?;
            Some(self.evaluate(*value, 0).text)
        };
        let address = text("Addr").unwrap_or_default();
        let tls = text("TLSConfig").map(|name| format!("/?tls={name}")).unwrap_or_default();
        go_mysql(connection, &address, &tls);
        let named = text("TLSConfig").and_then(|name| registered.get(&name));
        let own = fields.iter().find(|(key, _)| key == "TLS").map(|(_, value)| self.config(*value, 0));
        let context = named.map(|named| Some(named.context.clone())).or(own);
        if let Some(context) = context {
            let unknown = || Value::unknown("the TLS configuration is made elsewhere");
            let value = context.map_or_else(unknown, |context| Value::Context(Box::new(context)));
            connection.parameters.clear();
            connection.set("tls", value, Origin::Argument, span);
        }
    }

    /// `config.TLSConfig = &tls.Config{…}` in the function of a pgx configuration, which beats the connection string.
    fn own_config(&self, connection: &mut Connection, node: Node<'_>) {
        if connection.driver != &PGX {
            return;
        }
        let Some(function) =
            around(node).find(|outer| outer.kind() == "function_declaration" || outer.kind() == "method_declaration")
        else {
            return;
        };
        for assignment in all(function).filter(|node| node.kind() == "assignment_statement") {
            let (Some(left), Some(right)) =
                (assignment.child_by_field_name("left"), assignment.child_by_field_name("right"))
            else {
                continue;
            };
            if !self.code.of(left).ends_with("TLSConfig") {
                continue;
            }
            let config = children(right).first().and_then(|right| self.config(*right, 0));
            let value = config.map_or_else(
                || Value::unknown("the TLS configuration is made elsewhere"),
                |context| Value::Context(Box::new(context)),
            );
            connection.set("tls", value, Origin::Argument, span(assignment));
        }
    }

    /// What a `tls.Config` checks; none where it is made elsewhere.
    fn config(&self, node: Node<'_>, depth: usize) -> Option<Context> {
        if depth > MAX_DEPTH {
            return None;
        }
        match node.kind() {
            "unary_expression" => self.config(node.child_by_field_name("operand")?, depth + 1),
            "identifier" => self.config(self.declared(node)?, depth + 1),
            "composite_literal" if self.code.of(node.child_by_field_name("type")?).ends_with("tls.Config") => {
                let body = node.child_by_field_name("body")?;
                let mut skips = Checked::Yes;
                let (mut authorities, mut own) = (Authorities::System, false);
                for element in children(body).into_iter().filter(|child| child.kind() == "keyed_element") {
                    let parts = children(element);
                    let [key, value] = parts.as_slice() else { continue };
                    match (self.code.of(*key), self.code.of(*value)) {
                        ("InsecureSkipVerify", "true") => skips = Checked::No,
                        ("InsecureSkipVerify", "false") => {}
                        ("InsecureSkipVerify", _) => {
                            skips = Checked::Unknown("InsecureSkipVerify is computed".to_owned())
                        }
                        ("RootCAs", value) if value != "nil" => authorities = Authorities::Given,
                        ("VerifyConnection" | "VerifyPeerCertificate", _) => own = true,
                        _ => {}
                    }
                }
                let authority = match skips {
                    Checked::No if own => Checked::Unknown("a function of its own verifies".to_owned()),
                    other => other,
                };
                Some(Context { host_name: authority.clone(), authority, authorities, server_side: false })
            }
            _ => None,
        }
    }

    /// The value that a name is declared with, in its function or else anywhere; none where that is nowhere, or more than once.
    fn declared(&self, name: Node<'_>) -> Option<Node<'t>> {
        let all = self.declarations.get(self.code.of(name))?;
        let function = self.functions.iter().rev().find(|range| range.contains(&name.start_byte()));
        let here = all.iter().filter(|value| function.is_some_and(|range| range.contains(&value.start_byte())));
        let here: Vec<_> = here.take(2).collect();
        match (here.as_slice(), all.as_slice()) {
            ([one], _) => Some(**one),
            ([], [one]) => Some(*one),
            _ => None,
        }
    }

    /// What an expression comes to.
    fn evaluate(&self, node: Node<'_>, depth: usize) -> Composed {
        if depth > MAX_DEPTH || !self.code.fuel.spend(1) {
            return Composed::hole();
        }
        match node.kind() {
            "interpreted_string_literal" => {
                let text = self.code.of(node).trim_matches('"').replace("\\\"", "\"").replace("\\n", "\n");
                Composed::literal(node, text)
            }
            "raw_string_literal" => Composed::literal(node, self.code.of(node).trim_matches('`')),
            "parenthesized_expression" => {
                children(node).first().map_or_else(Composed::hole, |inner| self.evaluate(*inner, depth + 1))
            }
            "identifier" => self.declared(node).map_or_else(Composed::hole, |value| self.evaluate(value, depth + 1)),
            "binary_expression" => Composed::sum(node, |side| self.evaluate(side, depth + 1)),
            "call_expression" => {
                let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
                match arguments.split_first() {
                    Some((format, rest)) if self.code.field(node, "function") == "fmt.Sprintf" => {
                        let given = rest.iter().map(|argument| self.evaluate(*argument, depth + 1));
                        sprintf(self.evaluate(*format, depth + 1), given)
                    }
                    _ => Composed::hole(),
                }
            }
            _ => Composed::hole(),
        }
    }

    /// Connection strings that went into no call.
    fn strings(&mut self, root: Node<'_>) {
        let literals: Vec<_> = all(root)
            .filter(|node| matches!(node.kind(), "interpreted_string_literal" | "raw_string_literal"))
            .collect();
        let by_driver = |database: &'static Driver, text: &str| -> &'static Driver {
            match (text.contains("github.com/lib/pq"), text.contains("github.com/jackc/pgx")) {
                (true, false) => &LIB_PQ,
                (false, true) => &PGX,
                _ => database,
            }
        };
        for node in literals {
            let here = self.code.of(node);
            let may_connect = ["://", "host=", "sslmode=", "@tcp("].iter().any(|word| here.contains(word));
            if !may_connect || self.taken.contains(&node.start_byte()) {
                continue;
            }
            if !self.code.fuel.spend(self.code.text.len()) {
                return;
            }
            // What a literal is part of is read with it.
            let whole = around(node).take_while(|outer| outer.kind() == "binary_expression").last().unwrap_or(node);
            let whole = around(whole)
                .take(2)
                .find(|outer| outer.kind() == "call_expression" && self.code.of(*outer).starts_with("fmt.Sprintf"))
                .unwrap_or(whole);
            let Composed { text, places } = self.evaluate(whole, 0);
            if !places.contains(&node.start_byte()) {
                continue;
            }
            let mut made = Vec::new();
            for found in urls_in(&text) {
                let driver =
                    if found.driver == &POSTGRES_URL { by_driver(&POSTGRES_URL, self.code.text) } else { found.driver };
                made.push(self.code.connection_by(driver, node, &found.parsed));
            }
            let is_keywords =
                made.is_empty() && (text.contains("host=") || text.contains("sslmode=")) && text.contains(' ');
            if let Some(parsed) =
                ConnectionString::parse(&text).filter(|parsed| is_keywords && parsed.parameters.len() >= 2)
            {
                let driver = by_driver(&POSTGRES_KEYWORDS, self.code.text);
                let mut connection = self.code.connection_by(driver, node, &parsed);
                if connection.host.is_none() {
                    connection.host = Some(Value::unknown("it is said elsewhere"));
                }
                made.push(connection);
            }
            if let Some((address, tail)) = text.split_once("@tcp(").and_then(|(_, rest)| rest.split_once(')')) {
                let mut connection = self.code.connection(&GO_MYSQL, node);
                go_mysql(&mut connection, address, tail);
                made.push(connection);
            }
            if !made.is_empty() {
                self.taken.extend(places);
            }
            self.found.extend(made);
        }
    }
}

/// What `fmt.Sprintf` makes of a format and of what is given for its verbs.
fn sprintf(format: Composed, mut given: impl Iterator<Item = Composed>) -> Composed {
    let mut parts = format.text.split('%');
    let text = parts.next().unwrap_or_default().to_owned();
    let mut made = Composed { text, places: format.places };
    while let Some(part) = parts.next() {
        if part.is_empty() {
            made.text.push('%');
            made.text.push_str(parts.next().unwrap_or_default());
            continue;
        }
        made.append(given.next().unwrap_or_else(Composed::hole));
        let verb = part.find(|character: char| character.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        made.text.push_str(part.get(verb..).unwrap_or_default());
    }
    made
}
