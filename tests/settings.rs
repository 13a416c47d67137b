//! Connection strings, settings and code of other languages than Python, in the files that they stand in.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::PathBuf;

use rdsca::client::dialect::judge;
use rdsca::client::{self, Answer, Surroundings};

fn answers(path: &str, text: &str) -> Vec<Answer> {
    client::read(path, text.as_bytes()).iter().map(|found| judge(found, &Surroundings::default()).answer()).collect()
}

/// One answer for a text: somebody does not verify, or all do; none where nothing connects.
fn answer(path: &str, text: &str) -> Option<Answer> {
    let all = answers(path, text);
    let any = |answer| all.contains(&answer);
    match () {
        () if any(Answer::NotVerified) => Some(Answer::NotVerified),
        () if any(Answer::Undetermined) => Some(Answer::Undetermined),
        () => all.first().copied(),
    }
}

/// A file of that language.
fn path(language: &str) -> &'static str {
    match language.split(' ').next().unwrap() {
        "javascript" => "app.js",
        "typescript" => "app.ts",
        "java" => "App.java",
        "go" => "main.go",
        "rust" => "main.rs",
        "php" => "app.php",
        "csharp" => "App.cs",
        "fsharp" => "App.fs",
        "dotenv" => ".env",
        "yaml" => "values.yaml",
        "properties" => "application.properties",
        "dockerfile" => "Dockerfile",
        "shell" => "run.sh",
        "sql" => "query.sql",
        "ini" => "app.service",
        "bicep" => "main.bicep",
        _ => "README.md",
    }
}

#[test]
fn real_snippets_get_the_answers_they_are_labelled_with() {
    let folder = std::env::var_os("RDSCA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("clients/snippets.jsonl")) else {
        eprintln!("skipped: the snippets are not here");
        return;
    };
    let (mut right, mut decidable, mut wrong) = (0, 0, Vec::new());
    for line in text.lines() {
        let snippet: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| snippet[name].as_str().unwrap_or_default();
        let wanted = match word("label") {
            "verifies" => Answer::Verifies,
            "does-not-verify" => Answer::NotVerified,
            _ => continue,
        };
        // DocumentDB is no RDS.
        if word("language").contains("python") || word("driver").starts_with("mongodb") {
            continue;
        }
        decidable += 1;
        let got = answer(path(word("language")), word("text"));
        if got == Some(wanted) {
            right += 1;
        } else {
            println!("{} {} {}: {got:?}, labelled {wanted:?}", word("id"), word("language"), word("driver"));
        }
        if got == Some(Answer::NotVerified) && wanted == Answer::Verifies {
            wrong.push(word("id").to_owned());
        }
    }
    println!("{right} of {decidable} decidable snippets are right");
    assert!(wrong.is_empty(), "called unverified: {wrong:?}");
    assert!(right * 100 >= decidable * 95, "{right} of {decidable}");
}

#[test]
fn programs_in_other_texts_are_read_where_they_stand() {
    let python = "import psycopg2\npsycopg2.connect(host='db.example.com', sslmode='require')\n";
    let set_in: String = python.lines().map(|line| format!("    {line}\n")).collect();
    let js = "const { Pool } = require('pg');\nnew Pool({ host: 'db.example.com', ssl: true });\n";
    for (path, text, line, expected) in [
        ("README.md", format!("# Words\n\n```python\n{python}```\n"), 5, Answer::NotVerified),
        ("README.md", format!("1. Words\n\n    ```py title=\"db.py\"\n{set_in}    ```\n"), 5, Answer::NotVerified),
        ("README.md", format!("```js\n{js}```\n"), 3, Answer::Verifies),
        ("run.sh", format!("set -e\npython3 - <<'EOF'\n{python}EOF\necho done\n"), 4, Answer::NotVerified),
        ("run.sh", format!("cat > app/db.py <<EOF\n{python}EOF\n"), 3, Answer::NotVerified),
        ("run.sh", format!("docker exec web python -c \"{python}\"\n"), 2, Answer::NotVerified),
        ("run.sh", format!("node -e \"{}\"\n", js.replace('\n', " ")), 1, Answer::Verifies),
        ("Dockerfile", format!("FROM a\nCOPY <<EOF /app/db.py\n{python}EOF\n"), 4, Answer::NotVerified),
        ("job.yaml", format!("script: |\n  python <<EOF\n{set_in}  EOF\n"), 4, Answer::NotVerified),
    ] {
        let found = client::read(path, text.as_bytes());
        let [connection] = found.as_slice() else { panic!("{path}: {found:?}: {text}") };
        assert_eq!(judge(connection, &Surroundings::default()).answer(), expected, "{text}");
        assert_eq!(connection.line, line, "{text}");
        let written = &text[connection.span.range()];
        assert!(written.contains("connect(") || written.contains("Pool("), "{written}");
    }
    let python = "import psycopg2\npsycopg2.connect(host='db.example.com')\n";
    // Neither what nobody hands to an interpreter, nor what is no program.
    for (path, text) in [("run.sh", python.to_owned()), ("README.md", format!("```\n{python}```\n"))] {
        assert_eq!(client::read(path, text.as_bytes()), [], "{path}");
    }
}

#[test]
fn words_mean_what_their_driver_makes_of_them() {
    use Answer::{NotVerified, Undetermined, Verifies};
    for (path, text, expected) in [
        // A URL alone: libpq, pgx and others do not verify with `require`, and node-postgres does.
        (".env", "DATABASE_URL=postgres://u:p@db.example.com/d?sslmode=require", Some(Undetermined)),
        // None of RDS's authorities is among Node.js's own.
        (".env", "DATABASE_URL=postgres://u:p@db.c1.eu-west-1.rds.amazonaws.com/d?sslmode=require", Some(NotVerified)),
        (".env", "DATABASE_URL=postgres://u:p@db.example.com/d", Some(NotVerified)),
        (".env", "DATABASE_URL=postgres://u:p@db.example.com/d?sslmode=verify-full&sslrootcert=/a.pem", Some(Verifies)),
        (".env", "DATABASE_URL=postgres://u:p@db.example.com/d?sslmode=no-verify", Some(NotVerified)),
        (".env", "# DATABASE_URL=postgres://u:p@db.example.com/d", None),
        (".env", "A=postgresql+asyncpg://u:p@db.example.com/d?ssl=require", Some(NotVerified)),
        (".env", "A=mysql://u:p@db.example.com/d", Some(NotVerified)),
        (".env", "A=mysql://u:p@db.example.com/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=/a.pem", Some(Undetermined)),
        (
            "app.js",
            "const { Pool } = require('pg'); new Pool({ connectionString: 'postgres://u@db.example.com/d?sslmode=require' })",
            Some(Verifies),
        ),
        (
            "app.js",
            "const { Pool } = require('pg'); new Pool({ host: 'db.example.com', ssl: { rejectUnauthorized: false } })",
            Some(NotVerified),
        ),
        (
            "app.js",
            "const { Pool } = require('pg'); new Pool({ connectionString: process.env.A, ssl: { rejectUnauthorized: false } })",
            Some(Undetermined),
        ),
        ("app.js", "// new Pool({ host: 'db.example.com' })\n/* postgres://u@db.example.com/d */", None),
        (
            "app.ts",
            "import postgres from 'postgres'; const sql = postgres('postgres://u@db.example.com/d?sslmode=require')",
            Some(NotVerified),
        ),
        (
            "app.ts",
            "import { DataSource } from 'typeorm'; new DataSource({ type: 'postgres', host: 'db.example.com', ssl: true })",
            Some(Verifies),
        ),
        (
            "app.ts",
            "import { Sequelize } from 'sequelize'; new Sequelize('a', 'b', 'c', { dialect: 'postgres', host: 'db.example.com', ssl: true })",
            Some(NotVerified),
        ),
        (
            "App.java",
            "class A { String a = \"jdbc:postgresql://\" + h + \"/d?sslmode=require&sslrootcert=/a.pem\"; }",
            Some(NotVerified),
        ),
        ("App.java", "class A { /* \"jdbc:postgresql://h.example.com/d\" */ }", None),
        ("a.properties", "url=jdbc:mariadb://db.example.com/d?useSsl=true&serverSslCert=/a.pem", Some(Verifies)),
        ("a.properties", "url=jdbc:mysql://db.example.com/d?sslMode=VERIFY_IDENTITY", Some(Verifies)),
        (
            "main.go",
            "package main\nimport _ \"github.com/lib/pq\"\nfunc f() { sql.Open(\"postgres\", fmt.Sprintf(\"host=%s user=u sslmode=%s\", h, \"verify-full\")) }",
            Some(Verifies),
        ),
        ("Dockerfile", "FROM a\nENV PGSSLMODE=disable", Some(NotVerified)),
        ("Dockerfile", "FROM a\nENV NODE_TLS_REJECT_UNAUTHORIZED=0", Some(NotVerified)),
        (
            "k8s.yaml",
            "env:\n  - name: PGSSLMODE\n    value: verify-full\n  - name: PGSSLROOTCERT\n    value: /a.pem\n",
            Some(Verifies),
        ),
        ("compose.yaml", "environment:\n  PGSSLMODE: ${MODE:-require}\n", Some(Undetermined)),
        ("terraform.tfvars", "db_sslmode = \"require\"\ndb_host = \"db.example.com\"\n", Some(NotVerified)),
        ("app.toml", "[db]\nhost = \"db.example.com\"\nsslmode = \"verify-full\"\n", Some(Verifies)),
        ("App.cs", "var s = \"Host=db.example.com;Username=u;Password=p;SSL Mode=VerifyFull\";", Some(Verifies)),
        ("run.sh", "psql \"host=$HOST dbname=d sslmode=verify-full sslrootcert=/a.pem\"", Some(Verifies)),
        // What a name stands for is said in the same text, once.
        ("run.sh", "TLS='sslmode=verify-full sslrootcert=/a.pem'\npsql \"host=$HOST dbname=d $TLS\"", Some(Verifies)),
        (
            "main.bicep",
            "var params = '?sslmode=verify-full&sslrootcert=/a.pem'\noutput url string = 'postgres://u@${h}/d${params}'",
            Some(Verifies),
        ),
        (
            "main.bicep",
            "var params = '?sslmode=verify-full&sslrootcert=/a.pem'\nparams = ''\noutput url string = 'postgres://u@${h}/d${params}'",
            None,
        ),
        (".env", "MODE=require\nA=postgres://u@db.c1.eu-west-1.rds.amazonaws.com/d?sslmode=${MODE}", Some(NotVerified)),
    ] {
        assert_eq!(answer(path, text), expected, "{path}: {text}");
    }
}
