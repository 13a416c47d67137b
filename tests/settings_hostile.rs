//! No reader of connections panics, points outside its text, or takes for ever, whatever a file says.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use fixture::effort::grows_with_its_input;
use proptest::prelude::*;
use rdsca::client::dialect::judge;
use rdsca::client::{self, Surroundings};

/// Texts that connect, in every kind of file that is read.
const SEEDS: &[(&str, &str)] = &[
    (
        "app.ts",
        "import { Pool } from 'pg';\nconst ssl = a ? { ca: fs.readFileSync(path.join(__dirname, 'é.pem')) } : undefined;\nexport const pool = new Pool({ ...b, connectionString: `postgres://u@${h}/d?sslmode=require`, ssl });\n",
    ),
    (
        "app.js",
        "const { Sequelize } = require('sequelize'); const o = { dialect: 'postgres' }; o.dialectOptions = { ssl: { rejectUnauthorized: false } }; new Sequelize(process.env.A, o)",
    ),
    (
        "App.java",
        "class A { String a = \"jdbc:postgresql://\" + h + \"/d?ssl=true\"; void f() { p.setProperty(\"sslmode\", \"require\"); } }",
    ),
    (
        "main.go",
        "package main\nimport _ \"github.com/lib/pq\"\nfunc f() { mysql.RegisterTLSConfig(\"x\", &tls.Config{InsecureSkipVerify: true}); sql.Open(\"mysql\", fmt.Sprintf(\"%s@tcp(%s)/d?tls=x\", u, h)) }",
    ),
    (
        ".env",
        "A=\"postgres://ü:${P:-x}@<host>:5432/d?sslmode=require&sslrootcert=/a\" # b\nPGSSLMODE=require\nB=Host=h.example.com;Username=u;SSL Mode=Require\n",
    ),
    (
        "values.yaml",
        "db:\n  host: h.example.com\n  sslMode: require\nenv:\n  - name: PGSSLMODE\n    value: \"{{ x }}\"\n",
    ),
    ("run.sh", "psql \"host=$H dbname='d' sslmode=prefer sslrootcert=é\" PG:\"dbname=a host=b\"; x=u:p@tcp(h)/d"),
    (
        "main.rs",
        "sqlx::PgPool::connect(\"postgres://u@h/d\"); tokio_postgres::connect(\"host=h user=u\", NoTls); o.ssl_mode(PgSslMode::Require).ssl_root_cert(\"/é\");",
    ),
    ("app.php", "<?php $a = new PDO('pgsql:host=h;dbname=d;sslmode=require'); // x\n/* y"),
];

fn check(path: &str, text: &str) {
    let lines = text.lines().count();
    for connection in client::read(path, text.as_bytes()) {
        let _ = judge(&connection, &Surroundings::default());
        let spans = connection.parameters.iter().map(|parameter| parameter.span).chain([connection.span]);
        for span in spans {
            assert!(text.get(span.range()).is_some(), "{path}: {span:?} of {text:?}");
        }
        assert!((1..=lines + 1).contains(&connection.line), "{path}: line {}", connection.line);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_texts_are_read_without_panic(
        seed in 0..SEEDS.len(), at in any::<prop::sample::Index>(), length in 0_usize..12, put in "[ -~é\n\t\"'`{}$<>/*#:;=&?%@()\\[\\]]{0,12}", times in 1_usize..4,
    ) {
        let (path, text) = SEEDS[seed];
        let mut characters: Vec<char> = text.chars().collect();
        for time in 0..times {
            let at = (at.index(characters.len() + 1) + time * 37) % (characters.len() + 1);
            let end = (at + length).min(characters.len());
            characters.splice(at..end, put.chars());
        }
        check(path, &characters.into_iter().collect::<String>());
    }
}

/// A text that is made to take long, of about so many pieces.
type Hostile = fn(usize) -> String;

const HOSTILE: &[(&str, usize, Hostile)] = &[
    ("b.js", 100_000, |n| format!("const pg = require('pg'); new pg.Pool({}1{})", "(".repeat(n), ")".repeat(n))),
    ("c.js", 20_000, |n| format!("require('pg'); x = {}", "'postgres://h/d' + ".repeat(n))),
    ("d.js", 8_000, |n| "require('pg'); ".to_owned() + &"f({ host: 'h', ssl: 'x', user: 'u', port: 5432 });".repeat(n)),
    ("a.go", 8_000, |n| format!("package a\nfunc f() {{ {} }}", "sql.Open(\"postgres\", a+b+c);".repeat(n))),
    (".env", 100_000, |n| "A=postgres://${".repeat(n)),
    ("a.env", 200_000, |n| "@tcp(".repeat(n)),
    ("b.env", 60_000, |n| "sslmode=require host=".repeat(n)),
    ("a.yaml", 60_000, |n| "sslmode: require\n".repeat(n)),
    ("a.php", 100_000, |n| "pgsql:host=".repeat(n)),
    ("a.rs", 60_000, |n| ".ssl_mode(PgSslMode::Require".repeat(n)),
    ("a.cs", 500_000, |n| "/*".repeat(n) + "postgres"),
];

#[test]
fn texts_that_are_made_to_take_long_do_not() {
    for (path, pieces, text) in HOSTILE {
        grows_with_its_input(path, *pieces, |pieces| check(path, &text(pieces)));
    }
}

/// Names that stand for twice as much as the next one: followed to the end these would be 2^14 and 3^200 values.
#[test]
fn names_that_multiply_are_not_followed_for_ever() {
    let names: String = (0..14)
        .map(|at| format!("const a{at} = {{ {} }};\n", format!("x: a{}, y: a{}, ", at + 1, at + 1).repeat(20)))
        .collect();
    let java: String = (0..200).map(|at| format!("String a{at} = a{n} + a{n} + a{n};", n = at + 1)).collect();
    check("a.js", &format!("const {{ Pool }} = require('pg'); {names} new Pool(a0)"));
    check("A.java", &format!("class A {{ {java} String u = \"jdbc:postgresql://h/\" + a0; }}"));
}
