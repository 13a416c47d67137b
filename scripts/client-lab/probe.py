"""Tries settings of Python clients against the laboratory's servers.

Reads jobs as JSON from stdin, writes outcomes as JSON to stdout. Each attempt is a process of its own (a fork), so that the
environment of one setting never reaches another. A setting is an expression over the functions of this file, each of which
connects in one client's way and says whether the server saw TLS.
"""

import asyncio
import importlib
import json
import os
import re
import select
import signal
import ssl
import sys
import types

SECONDS = 20
POSTGRES = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
MYSQL = "show status like 'Ssl_cipher'"

# Filled for each attempt.
HOST, PORT, CA, MISSING = "", 0, "", "/nonexistent/ca.pem"


def ask_postgres(connection):
    cursor = connection.cursor()
    cursor.execute(POSTGRES)
    return bool(cursor.fetchone()[0])


def ask_mysql(connection):
    cursor = connection.cursor()
    cursor.execute(MYSQL)
    return bool(cursor.fetchone()[1])


def to_postgres(**more):
    return {"host": HOST, "port": PORT, "user": "u", **more}


def to_mysql(**more):
    return {"host": HOST, "port": PORT, "user": "u", **more}


def url(scheme, query, database="postgres"):
    return f"{scheme}://u@{HOST}:{PORT}/{database}{query}"


def psycopg2(*dsn, **options):
    import psycopg2

    return ask_postgres(psycopg2.connect(*dsn) if dsn else psycopg2.connect(**to_postgres(dbname="postgres", **options)))


def psycopg3(*dsn, **options):
    import psycopg

    return ask_postgres(psycopg.connect(*dsn) if dsn else psycopg.connect(**to_postgres(dbname="postgres", **options)))


def psycopg3_async(**options):
    import psycopg

    async def run():
        connection = await psycopg.AsyncConnection.connect(**to_postgres(dbname="postgres", **options))
        cursor = await connection.execute(POSTGRES)
        return (await cursor.fetchone())[0]

    return asyncio.run(run())


def aiopg(words):
    import aiopg

    async def run():
        connection = await aiopg.connect(f"host={HOST} port={PORT} user=u dbname=postgres {words}")
        cursor = await connection.cursor()
        await cursor.execute(POSTGRES)
        return (await cursor.fetchone())[0]

    return asyncio.run(run())


def peewee(**options):
    import peewee

    database = peewee.PostgresqlDatabase("postgres", **to_postgres(**options))
    database.connect()
    return database.execute_sql(POSTGRES).fetchone()[0]


def pg8000(**options):
    import pg8000

    return ask_postgres(pg8000.connect(**to_postgres(database="postgres", **options)))


def pg8000_native(**options):
    import pg8000.native

    return bool(pg8000.native.Connection(**to_postgres(database="postgres", **options)).run(POSTGRES)[0][0])


def asyncpg(*dsn, **options):
    import asyncpg

    async def run():
        connection = await (asyncpg.connect(*dsn) if dsn else asyncpg.connect(**to_postgres(database="postgres", **options)))
        return await connection.fetchval(POSTGRES)

    return asyncio.run(run())


def databases(query="", **options):
    import databases

    async def run():
        database = databases.Database(url("postgresql", query), **options)
        await database.connect()
        return await database.fetch_val(POSTGRES)

    return asyncio.run(run())


def tortoise(connection):
    from tortoise import Tortoise, connections

    sys.modules.setdefault("models_of_the_laboratory", types.ModuleType("models_of_the_laboratory"))
    apps = {"m": {"models": ["models_of_the_laboratory"], "default_connection": "default"}}

    async def run():
        await Tortoise.init(config={"connections": {"default": connection}, "apps": apps})
        rows = await connections.get("default").execute_query_dict(POSTGRES)
        return rows[0]["ssl"]

    return asyncio.run(run())


def tortoise_url(query):
    return tortoise(f"asyncpg://u:x@{HOST}:{PORT}/postgres{query}")


def tortoise_credentials(**options):
    return tortoise(
        {"engine": "tortoise.backends.asyncpg", "credentials": to_postgres(password="x", database="postgres", **options)}
    )


def sqlalchemy(driver, query="", **arguments):
    from sqlalchemy import create_engine, text

    if driver in ("psycopg2", "psycopg", "pg8000"):
        with create_engine(url(f"postgresql+{driver}", query), connect_args=arguments).connect() as connection:
            return bool(connection.execute(text(POSTGRES)).scalar())
    with create_engine(url(f"mysql+{driver}", query, "test"), connect_args=arguments).connect() as connection:
        return bool(connection.execute(text(MYSQL)).fetchone()[1])


def sqlalchemy_asyncpg(query="", **arguments):
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def run():
        engine = create_async_engine(url("postgresql+asyncpg", query), connect_args=arguments)
        async with engine.connect() as connection:
            return bool((await connection.execute(text(POSTGRES))).scalar())

    return asyncio.run(run())


def django(engine, options):
    database = {"USER": "u", "HOST": HOST, "PORT": PORT, "OPTIONS": options}
    database |= {"ENGINE": f"django.db.backends.{engine}", "NAME": "postgres" if engine == "postgresql" else "test"}
    return django_connect(database)


def django_connect(database):
    from django.conf import settings

    settings.configure()
    from django.db.utils import ConnectionHandler

    mysql = "mysql" in database["ENGINE"]
    with ConnectionHandler({"default": database})["default"].cursor() as cursor:
        cursor.execute(MYSQL if mysql else POSTGRES)
        return bool(cursor.fetchone()[1 if mysql else 0])


def dj_database_url(**options):
    import dj_database_url

    return django_connect(dj_database_url.parse(url("postgres", ""), **options))


def pymysql(**options):
    import pymysql

    return ask_mysql(pymysql.connect(**to_mysql(**options)))


def mysqlclient(**options):
    import MySQLdb

    return ask_mysql(MySQLdb.connect(**to_mysql(**options)))


def mysql_connector(**options):
    import mysql.connector

    return ask_mysql(mysql.connector.connect(**to_mysql(**options)))


def aiomysql(**options):
    import aiomysql

    async def run():
        connection = await aiomysql.connect(**to_mysql(**options))
        cursor = await connection.cursor()
        await cursor.execute(MYSQL)
        return bool((await cursor.fetchone())[1])

    return asyncio.run(run())


def context(kind):
    """One of the ways in which people make a context."""
    if kind == "default":
        return ssl.create_default_context()
    if kind == "default-cafile":
        return ssl.create_default_context(cafile=CA)
    if kind == "cafile-missing":
        return ssl.create_default_context(cafile=MISSING)
    if kind in ("cert-none", "cafile+cert-none"):
        made = ssl.create_default_context(cafile=CA if "cafile" in kind else None)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    if kind in ("cafile+nohost", "cafile+cert-optional"):
        made = ssl.create_default_context(cafile=CA)
        made.check_hostname = False
        if kind.endswith("optional"):
            made.verify_mode = ssl.CERT_OPTIONAL
        return made
    if kind == "unverified":
        return ssl._create_unverified_context()
    if kind == "unverified+cafile":
        return ssl._create_unverified_context(cafile=CA)
    if kind.startswith("CLIENT_AUTH"):
        return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=CA if "cafile" in kind else None)
    made = {
        "SSLContext()": ssl.SSLContext,
        "PROTOCOL_TLS": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS),
        "PROTOCOL_TLSv1_2": lambda: ssl.SSLContext(ssl.PROTOCOL_TLSv1_2),
        "TLS_CLIENT": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    }[kind.split("+")[0]]()
    if "+" in kind:
        made.load_verify_locations(CA)
    if kind.endswith("REQUIRED"):
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def attempt(job, server, ports, environment):
    """The outcome of one setting against one server: `tls`, `plain` or `refuses`, with the client's own words."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.environ.update(environment)
        os.environ.update(job["environment"])
        globals().update(PORT=ports[job["server"]][server])
        sys.stdout = sys.stderr = open(os.devnull, "w")
        os.dup2(sys.stderr.fileno(), 2)
        try:
            said = "tls" if eval(job["code"]) else "plain"
        except BaseException as error:
            said = f"refuses {type(error).__name__}: {error}"
        os.write(write, said.encode()[:300])
        os._exit(0)
    os.close(write)
    ready, _, _ = select.select([read], [], [], SECONDS)
    said = os.read(read, 1000).decode(errors="replace") if ready else "refuses: no answer in time"
    os.close(read)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said or "refuses: the process ended"


def main():
    order = json.load(sys.stdin)
    globals().update(HOST=order["host"], CA=order["ca"])
    for name in order["preload"]:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    for job in order["jobs"]:
        outcomes = {
            server: attempt(job, server, order["ports"], order["environment"]) for server in ("good", "plain", "evil", "wrong")
        }
        print(json.dumps({"id": job["id"], "outcomes": {k: re.sub(r"\s+", " ", v) for k, v in outcomes.items()}}), flush=True)


main()
