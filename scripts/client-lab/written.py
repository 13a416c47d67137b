"""How somebody would write a setting in a program or a file: the text that the readers of `src/client` are tried on."""

import re

import servers

CA = "/lab/ca.pem"
MISSING = "/nonexistent/ca.pem"
HOST = servers.HOST

# The source of each kind of Python context.
CONTEXTS = {
    "default": "ctx = ssl.create_default_context()",
    "default-cafile": "ctx = ssl.create_default_context(cafile=CA)",
    "cafile-missing": "ctx = ssl.create_default_context(cafile=MISSING)",
    "cert-none": "ctx = ssl.create_default_context()\nctx.check_hostname = False\nctx.verify_mode = ssl.CERT_NONE",
    "cafile+cert-none": "ctx = ssl.create_default_context(cafile=CA)\nctx.check_hostname = False\nctx.verify_mode = ssl.CERT_NONE",
    "cafile+nohost": "ctx = ssl.create_default_context(cafile=CA)\nctx.check_hostname = False",
    "cafile+cert-optional": "ctx = ssl.create_default_context(cafile=CA)\nctx.check_hostname = False\nctx.verify_mode = ssl.CERT_OPTIONAL",
    "unverified": "ctx = ssl._create_unverified_context()",
    "unverified+cafile": "ctx = ssl._create_unverified_context(cafile=CA)",
    "SSLContext()": "ctx = ssl.SSLContext()",
    "SSLContext()+load": "ctx = ssl.SSLContext()\nctx.load_verify_locations(CA)",
    "PROTOCOL_TLS": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLS)",
    "PROTOCOL_TLSv1_2+load": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)\nctx.load_verify_locations(CA)",
    "PROTOCOL_TLSv1_2+REQUIRED": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)\nctx.load_verify_locations(CA)\nctx.verify_mode = ssl.CERT_REQUIRED",
    "TLS_CLIENT+load": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\nctx.load_verify_locations(CA)",
    "TLS_CLIENT": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
    "CLIENT_AUTH": "ctx = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)",
    "CLIENT_AUTH+cafile": "ctx = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=CA)",
}

# How each function of `probe.py` is written; `{}` is where the options go.
PYTHON = {
    "psycopg2": ("import psycopg2", f"psycopg2.connect(host='{HOST}', {{}})"),
    "psycopg3": ("import psycopg", f"psycopg.connect(host='{HOST}', {{}})"),
    "psycopg3_async": ("import psycopg", f"await psycopg.AsyncConnection.connect(host='{HOST}', {{}})"),
    "peewee": ("import peewee", f"peewee.PostgresqlDatabase('postgres', host='{HOST}', {{}})"),
    "pg8000": ("import pg8000", f"pg8000.connect(user='u', host='{HOST}', {{}})"),
    "pg8000_native": ("import pg8000.native", f"pg8000.native.Connection('u', host='{HOST}', {{}})"),
    "asyncpg": ("import asyncpg", f"await asyncpg.connect(host='{HOST}', {{}})"),
    "databases": ("import databases", f"databases.Database('postgresql://u@{HOST}/postgres', {{}})"),
    "dj_database_url": ("import dj_database_url", f"DATABASES = {{'default': dj_database_url.parse('postgres://u@{HOST}/postgres', {{}})}}"),
    "pymysql": ("import pymysql", f"pymysql.connect(host='{HOST}', {{}})"),
    "mysqlclient": ("import MySQLdb", f"MySQLdb.connect(host='{HOST}', {{}})"),
    "mysql_connector": ("import mysql.connector", f"mysql.connector.connect(host='{HOST}', {{}})"),
    "aiomysql": ("import aiomysql", f"await aiomysql.connect(host='{HOST}', {{}})"),
}

# Names of packages by the beginning of an id, longest first.
CLIENTS = [
    ("SQLAlchemy+psycopg2", "psycopg2", "psycopg2-binary"), ("SQLAlchemy+psycopg ", "psycopg", "psycopg"), ("SQLAlchemy+pg8000", "pg8000", "pg8000"),
    ("SQLAlchemy+asyncpg", "asyncpg", "asyncpg"), ("SQLAlchemy+pymysql", "PyMySQL", "pymysql"), ("SQLAlchemy+mysqldb", "mysqlclient", "mysqlclient"),
    ("SQLAlchemy+mysqlconnector", "mysql-connector-python", "mysql-connector-python"), ("Django pg", "psycopg2", "psycopg2-binary"),
    ("Django mysql", "mysqlclient", "mysqlclient"), ("dj_database_url", "psycopg2", "psycopg2-binary"), ("databases", "asyncpg", "asyncpg"),
    ("tortoise", "asyncpg", "asyncpg"), ("peewee", "psycopg2", "psycopg2-binary"), ("aiopg", "psycopg2", "psycopg2-binary"), ("psycopg2", "psycopg2", "psycopg2-binary"),
    ("psycopg3", "psycopg", "psycopg"), ("pg8000", "pg8000", "pg8000"), ("asyncpg", "asyncpg", "asyncpg"), ("PyMySQL", "PyMySQL", "pymysql"),
    ("pymysql", "PyMySQL", "pymysql"), ("mysqlclient", "mysqlclient", "mysqlclient"), ("mysql-connector", "mysql-connector-python", "mysql-connector-python"),
    ("aiomysql", "aiomysql", "aiomysql"), ("postgres.js", "postgres.js", "postgres"), ("Sequelize pg", "pg", "sequelize"), ("Sequelize mysql", "mysql2", "sequelize"),
    ("Knex pg", "pg", "knex"), ("Knex mysql2", "mysql2", "knex"), ("TypeORM pg", "pg", "typeorm"), ("TypeORM mysql", "mysql2", "typeorm"), ("pgjdbc", "pgjdbc", ""),
    ("pgx", "pgx", ""), ("pg", "pg", "pg"), ("mysql2", "mysql2", "mysql2"), ("mysqli", "mysqli", ""), ("mysql", "mysql", "mysql"), ("mariadb-jdbc", "mariadb-jdbc", ""),
    ("mariadb", "mariadb", "mariadb"), ("lib/pq", "lib/pq", ""), ("go-sql-driver/mysql", "go-sql-driver/mysql", ""), ("ruby-pg", "ruby-pg", ""),
    ("PDO pgsql", "PDO pgsql", ""), ("sqlx", "sqlx", ""), ("tokio-postgres", "tokio-postgres", ""), ("PDO mysql", "PDO mysql", ""),
]


def client(id):
    for beginning, driver, package in CLIENTS:
        if id.startswith(beginning):
            return driver, package
    raise SystemExit(f"no client is known for the setting {id!r}")


def driver(id):
    """The driver that decides what the setting means."""
    return client(id)[0]


def package(id):
    """The package whose version the row has."""
    return client(id)[1]


def paths(text):
    """`CA` and `MISSING` as paths, in quotes where they stand for a value."""
    text = text.replace("{CA}", CA).replace("{MISSING}", MISSING)
    return re.sub(r"\bMISSING\b", f"'{MISSING}'", re.sub(r"(?<![/.\w'])CA\b(?!')", f"'{CA}'", text))


def code(job):
    """The name of a file and what would stand in it; nothing where there is no reader for it."""
    text = job["code"]
    if job["client"] is None:
        return "setting.py", python(text)
    made = OTHERS.get(job["client"])
    return made(text) if made else ("", None)


def python(text):
    if text.startswith("aiopg("):
        return f"import aiopg\nawait aiopg.connect(f\"host={HOST} {paths(text[len('aiopg('):-1]).strip('f').strip(chr(39))}\")\n".replace('f"', '"')
    if match := re.match(r"(psycopg2|psycopg3|asyncpg)\(url\('postgresql', f'(.*)'\)\)$", text):
        name = {"psycopg3": "psycopg"}.get(match[1], match[1])
        return f"import {name}\n{'await ' if name == 'asyncpg' else ''}{name}.connect('postgresql://u@{HOST}/postgres{paths(match[2])}')\n"
    if match := re.match(r"sqlalchemy\('(\w+)', f'([^']*)'(?:, \*\*(.*))?\)$", text):
        scheme = "postgresql" if match[1] in ("psycopg2", "psycopg", "pg8000") else "mysql"
        arguments = f", connect_args={paths(match[3])}" if match[3] else ""
        return f"import ssl\nfrom sqlalchemy import create_engine\ncreate_engine('{scheme}+{match[1]}://u@{HOST}/db{paths(match[2])}'{arguments})\n"
    if match := re.match(r"sqlalchemy_asyncpg\(f'([^']*)'(?:, \*\*(.*))?\)$", text):
        arguments = f", connect_args={paths(match[2])}" if match[2] else ""
        return f"import ssl\nfrom sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine('postgresql+asyncpg://u@{HOST}/db{paths(match[1])}'{arguments})\n"
    if match := re.match(r"django\('(\w+)', (.*)\)$", text):
        return f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{match[1]}', 'HOST': '{HOST}', 'OPTIONS': {paths(match[2])}}}}}\n"
    if match := re.match(r"tortoise_url\('(.*)'\)$", text):
        return f"from tortoise import Tortoise\nawait Tortoise.init(db_url='asyncpg://u:x@{HOST}/postgres{match[1]}', modules={{'m': ['m']}})\n"
    if match := re.match(r"tortoise_credentials\((.*)\)$", text):
        name, value = match[1].split("=", 1)
        credentials = f"{{'host': '{HOST}', 'database': 'postgres', '{name}': {paths(value)}}}"
        return (f"import ssl\nfrom tortoise import Tortoise\nawait Tortoise.init(config={{'connections': {{'default': {{'engine': 'tortoise.backends.asyncpg', "
                f"'credentials': {credentials}}}}}, 'apps': {{}}}})\n")
    if match := re.match(r"databases\('(\?.*)'\)$", text):
        return f"import databases\ndatabases.Database('postgresql://u@{HOST}/postgres{match[1]}')\n"
    name, options = text.split("(", 1)
    options = options.removesuffix(")")
    imported, call = PYTHON[name]
    before = ""
    if match := re.search(r"context\('([^']+)'\)", options):
        before = "import ssl\n" + paths(CONTEXTS[match[1]]) + "\n"
        options = options.replace(match[0], "ctx")
    elif "ssl." in options:
        before = "import ssl\n"
    if options.startswith("host="):
        call = call.replace(f"host='{HOST}', ", "")
    return f"{imported}\n{before}{call.replace('{}', paths(options), 1) if name != 'dj_database_url' else dj(options)}\n".replace(", )", ")")


def dj(options):
    return f"DATABASES = {{'default': dj_database_url.parse('postgres://u@{HOST}/postgres', {options})}}"


def javascript(before, call, scheme):
    """JavaScript of a client that takes an object, or a URL and an object."""

    def made(text):
        body = re.sub(r"\bCA\b(?!F)", f"fs.readFileSync('{CA}').toString()", text).replace("${CAFILE}", CA)
        url = re.match(r"\{url:URL\+'/(\w+)'\+`([^`]*)`,?(.*)\}$", body)
        if url:
            return "setting.js", f"const fs = require('fs')\n{before}\n{call(f'{scheme}://u@{HOST}/{url[1]}{url[2]}', url[3])}\n"
        return "setting.js", f"const fs = require('fs')\n{before}\n{call(None, body[1:-1])}\n"

    return made


def object_of(*parts):
    return "{" + ", ".join(part for part in parts if part) + "}"


OTHERS = {
    "pg": javascript("const { Client } = require('pg')",
                     lambda url, more: f"const client = new Client({object_of(f'connectionString: {url!r}' if url else f'host: {HOST!r}', more)})", "postgres"),
    "postgres": javascript("const postgres = require('postgres')",
                           lambda url, more: f"const sql = postgres({url!r})" if url else f"const sql = postgres({object_of(f'host: {HOST!r}', more)})", "postgres"),
    "mysql2": javascript("const mysql = require('mysql2')",
                         lambda url, more: f"const connection = mysql.createConnection({url!r})" if url else f"const connection = mysql.createConnection({object_of(f'host: {HOST!r}', more)})", "mysql"),
    "mysql": javascript("const mysql = require('mysql')", lambda url, more: f"const connection = mysql.createConnection({object_of(f'host: {HOST!r}', more)})", "mysql"),
    "mariadb": javascript("const mariadb = require('mariadb')", lambda url, more: f"const connection = await mariadb.createConnection({object_of(f'host: {HOST!r}', more)})", "mariadb"),
    "sequelize-pg": javascript("const { Sequelize } = require('sequelize')",
                               lambda url, more: f"new Sequelize({url!r}, {object_of(more)})" if url else f"new Sequelize('db', 'u', '', {object_of(f'host: {HOST!r}', 'dialect: ' + repr('postgres'), more)})", "postgres"),
    "sequelize-mysql": javascript("const { Sequelize } = require('sequelize')",
                                  lambda url, more: f"new Sequelize('db', 'u', '', {object_of(f'host: {HOST!r}', 'dialect: ' + repr('mysql'), more)})", "mysql"),
    "knex-pg": javascript("const knex = require('knex')",
                          lambda url, more: f"knex({{client: 'pg', connection: {object_of(f'connectionString: {url!r}' if url else f'host: {HOST!r}', more)}}})", "postgres"),
    "knex-mysql2": javascript("const knex = require('knex')", lambda url, more: f"knex({{client: 'mysql2', connection: {object_of(f'host: {HOST!r}', more)}}})", "mysql"),
    "typeorm-pg": javascript("const { DataSource } = require('typeorm')", lambda url, more: f"new DataSource({object_of('type: ' + repr('postgres'), f'url: {url!r}' if url else f'host: {HOST!r}', more)})", "postgres"),
    "typeorm-mysql": javascript("const { DataSource } = require('typeorm')", lambda url, more: f"new DataSource({object_of('type: ' + repr('mysql'), f'host: {HOST!r}', more)})", "mysql"),
    "pgjdbc": lambda query: ("setting.properties", f"url=jdbc:postgresql://{HOST}:5432/postgres{query.replace('=CA', '=' + CA).replace('=MISSING', '=' + MISSING)}\n"),
    "mariadb-jdbc": lambda query: ("setting.properties", f"url=jdbc:mariadb://{HOST}:3306/test{query.replace('=CA', '=' + CA)}\n"),
    "sqlx-pg": lambda query: ("setting.rs", f'fn main() {{\n    let pool = sqlx::PgPool::connect("postgres://u@{HOST}/postgres{query.replace("=CA", "=" + CA)}").await;\n}}\n'),
    "sqlx-mysql": lambda query: ("setting.rs", f'fn main() {{\n    let pool = sqlx::MySqlPool::connect("mysql://u@{HOST}/test{query.replace("=CA", "=" + CA)}").await;\n}}\n'),
    "tokio-postgres": lambda words: ("setting.rs", tokio_postgres(*words.split(" "))),
    "lib/pq": lambda words: ("setting.go", go('_ "github.com/lib/pq"', f'db, err := sql.Open("postgres", "host={HOST} {go_words(words)}")')),
    "pgx": lambda words: ("setting.go", pgx(words)),
    "go-sql-driver/mysql": lambda query: ("setting.go", go_mysql(query)),
}


def tokio_postgres(connector, mode):
    made = {"none": "tokio_postgres::NoTls", "default": "postgres_native_tls::MakeTlsConnector::new(native_tls::TlsConnector::new()?)",
            "ca": "postgres_native_tls::MakeTlsConnector::new(native_tls::TlsConnector::builder().add_root_certificate(ca).build()?)",
            "danger": "postgres_native_tls::MakeTlsConnector::new(native_tls::TlsConnector::builder().danger_accept_invalid_certs(true).build()?)"}
    return f'fn main() {{\n    let (client, connection) = tokio_postgres::connect("host={HOST} user=u sslmode={mode}", {made[connector]}).await?;\n}}\n'


def go_words(words):
    return words.replace("=CA", "=" + CA).replace("=MISSING", "=" + MISSING)


def go(imported, call):
    return f'package main\n\nimport (\n\t"crypto/tls"\n\t"database/sql"\n\t{imported}\n)\n\nfunc main() {{\n\t{call}\n}}\n'


def pgx(words):
    if not words.startswith("config:"):
        return go('"github.com/jackc/pgx/v4"', f'connection, err := pgx.Connect(ctx, "host={HOST} {go_words(words)}")')
    skip = ", InsecureSkipVerify: true" if words == "config:skip" else ""
    return go('"github.com/jackc/pgx/v4"', f'config, err := pgx.ParseConfig("host={HOST} sslmode=disable")\n\tconfig.TLSConfig = &tls.Config{{RootCAs: roots, ServerName: "{HOST}"{skip}}}\n\t'
                                            "connection, err := pgx.ConnectConfig(ctx, config)")


def go_mysql(query):
    before = ""
    if "=rds" in query:
        skip = ", InsecureSkipVerify: true" if query.endswith("skip") else ""
        before = f'mysql.RegisterTLSConfig("{query.split("=")[1]}", &tls.Config{{RootCAs: roots{skip}}})\n\t'
    return go('"github.com/go-sql-driver/mysql"', f'{before}db, err := sql.Open("mysql", "u@tcp({HOST}:3306)/test{query}")')
