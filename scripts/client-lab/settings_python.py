"""The settings of Python clients that the laboratory tries: what is installed, and how each client is called.

A setting is `(id, expression, environment)`. The expression calls a function of `probe.py`; `CA` and `MISSING` stand for a
file with authority A and for a file that is not there.
"""

# The clients of one virtual environment each; the first has everything in its newest version.
CURRENT = [
    "pg8000==1.31.6", "psycopg2-binary==2.9.13", "psycopg[binary]==3.3.9", "asyncpg==0.32.0", "aiopg==1.4.0", "peewee==4.5.3",
    "SQLAlchemy[asyncio]==2.1.9", "databases==0.9.0", "tortoise-orm==1.1.9", "Django==5.2.19", "dj-database-url==3.1.2",
    "PyMySQL==1.2.4", "mysqlclient==2.3.2", "mysql-connector-python==26.10.0", "aiomysql==0.3.2",
]
PRELOAD = ["pg8000", "psycopg2", "psycopg", "asyncpg", "aiopg", "peewee", "sqlalchemy", "databases", "tortoise", "django", "dj_database_url",
           "pymysql", "MySQLdb", "mysql.connector", "aiomysql"]

ROOT_IN_HOME = {"HOME": "{HOME_WITH_ROOT}"}


def libpq(client):
    """What every client over libpq is asked."""
    for mode in ("allow", "prefer", "require", "verify-ca", "verify-full", None):
        word, argument = (f"sslmode={mode}", f"sslmode={mode!r}") if mode else ("(no sslmode)", "")
        yield f"{client} {word}", f"{client}({argument})", {}
        yield f"{client} {word} sslrootcert=CA", f"{client}({argument}{',' if mode else ''}sslrootcert=CA)", {}
        yield f"{client} {word} +~/.postgresql/root.crt", f"{client}({argument})", ROOT_IN_HOME
        if mode:
            yield f"{client} {word} sslrootcert=missing", f"{client}({argument},sslrootcert=MISSING)", {}
    yield f"{client} sslmode=disable", f"{client}(sslmode='disable')", {}
    yield f"{client} (no sslmode) sslrootcert=missing", f"{client}(sslrootcert=MISSING)", {}
    yield f"{client} sslrootcert=system", f"{client}(sslrootcert='system')", {}
    for mode in ("require", "verify-ca", "verify-full"):
        yield f"{client} sslrootcert=system,sslmode='{mode}'", f"{client}(sslrootcert='system',sslmode='{mode}')", {}
    yield f"{client} PGSSLMODE=require", f"{client}()", {"PGSSLMODE": "require"}
    yield f"{client} PGSSLMODE=prefer", f"{client}()", {"PGSSLMODE": "prefer"}
    yield f"{client} PGSSLMODE=verify-full PGSSLROOTCERT=CA", f"{client}()", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    yield f"{client} PGSSLMODE=require PGSSLROOTCERT=CA", f"{client}()", {"PGSSLMODE": "require", "PGSSLROOTCERT": "{CA}"}
    yield f"{client} PGSSLROOTCERT=CA only", f"{client}()", {"PGSSLROOTCERT": "{CA}"}
    yield f"{client} PGSSLROOTCERT=missing, sslmode=require", f"{client}(sslmode='require')", {"PGSSLROOTCERT": "{MISSING}"}
    yield f"{client} PGSSLROOTCERT=missing, sslmode=verify-full", f"{client}(sslmode='verify-full')", {"PGSSLROOTCERT": "{MISSING}"}
    yield f"{client} PGSSLMODE=verify-full but code sslmode=require", f"{client}(sslmode='require')", {"PGSSLMODE": "verify-full"}
    yield f"{client} PGREQUIRESSL=1", f"{client}()", {"PGREQUIRESSL": "1"}
    yield f"{client} sslmode=verify-full sslrootcert=CA host=IP", f"{client}(host='127.0.0.1',sslmode='verify-full',sslrootcert=CA)", {}
    for query in ("", "?sslmode=require", "?sslmode=verify-full&sslrootcert={CA}", "?sslmode=verify-ca&sslrootcert={CA}", "?ssl=true", "?sslmode=no-verify",
                  "?sslrootcert={CA}"):
        yield f"{client} URL {query or '(no query)'}", f"{client}(url('postgresql', f'{query}'))", {}


CONTEXTS = ("default", "default-cafile", "cert-none", "cafile+cert-none", "cafile+nohost", "cafile+cert-optional", "unverified", "unverified+cafile",
            "SSLContext()", "SSLContext()+load", "PROTOCOL_TLS", "PROTOCOL_TLSv1_2+load", "PROTOCOL_TLSv1_2+REQUIRED", "TLS_CLIENT+load", "TLS_CLIENT",
            "CLIENT_AUTH", "CLIENT_AUTH+cafile", "cafile-missing")


def postgres():
    for value in ("None", "True", "False"):
        yield f"pg8000.dbapi ssl_context={value}", f"pg8000(ssl_context={value})", {}
    yield "pg8000.dbapi ssl_context=(absent)", "pg8000()", {}
    yield "pg8000.native ssl_context=(absent)", "pg8000_native()", {}
    for value in ("True", "False"):
        yield f"pg8000.native ssl_context={value}", f"pg8000_native(ssl_context={value})", {}
    for kind in CONTEXTS:
        yield f"pg8000.dbapi ctx[{kind}]", f"pg8000(ssl_context=context({kind!r}))", {}
    yield "pg8000.dbapi ssl_context=True PGSSLMODE=verify-full", "pg8000(ssl_context=True)", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    yield "pg8000.dbapi PGSSLMODE=require", "pg8000()", {"PGSSLMODE": "require"}
    yield from libpq("psycopg2")
    yield from libpq("psycopg3")
    yield "psycopg3 async sslmode=require", "psycopg3_async(sslmode='require')", {}
    yield "aiopg (no sslmode)", "aiopg('')", {}
    yield "aiopg sslmode=require", "aiopg('sslmode=require')", {}
    yield "aiopg sslmode=verify-full sslrootcert=CA", "aiopg(f'sslmode=verify-full sslrootcert={CA}')", {}
    yield "peewee PostgresqlDatabase (no sslmode)", "peewee()", {}
    yield "peewee PostgresqlDatabase sslmode='require'", "peewee(sslmode='require')", {}
    yield "peewee PostgresqlDatabase sslmode='verify-full',sslrootcert=CA", "peewee(sslmode='verify-full',sslrootcert=CA)", {}
    yield "asyncpg (absent)", "asyncpg()", {}
    for value in ("None", "True", "False", "'prefer'", "'allow'", "'require'", "'verify-ca'", "'verify-full'"):
        yield f"asyncpg ssl={value}", f"asyncpg(ssl={value})", {}
    for mode in ("require", "verify-ca", "verify-full"):
        yield f"asyncpg ssl='{mode}' +~/.postgresql/root.crt", f"asyncpg(ssl='{mode}')", ROOT_IN_HOME
    for kind in CONTEXTS:
        yield f"asyncpg ssl=ctx[{kind}]", f"asyncpg(ssl=context({kind!r}))", {}
    for query in ("", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-full&sslrootcert={CA}", "?sslmode=verify-ca&sslrootcert={CA}", "?ssl=require", "?ssl=true",
                  "?sslmode=require&sslrootcert={CA}", "?sslrootcert={CA}"):
        yield f"asyncpg URL {query or '(no query)'}", f"asyncpg(url('postgresql', f'{query}'))", {}
    yield "asyncpg PGSSLMODE=require", "asyncpg()", {"PGSSLMODE": "require"}
    yield "asyncpg PGSSLMODE=verify-full PGSSLROOTCERT=CA", "asyncpg()", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    yield "asyncpg PGSSLMODE=require PGSSLROOTCERT=CA", "asyncpg()", {"PGSSLMODE": "require", "PGSSLROOTCERT": "{CA}"}
    for driver in ("psycopg2", "psycopg"):
        for query, arguments in (
            ("", ""), ("?sslmode=require", ""), ("?sslmode=verify-full&sslrootcert={CA}", ""), ("", "'sslmode':'require'"),
            ("", "'sslmode':'verify-full','sslrootcert':CA"), ("", "'sslmode':'require','sslrootcert':CA"),
            ("?sslmode=verify-full&sslrootcert={CA}", "'sslmode':'require'"), ("?ssl=true", ""), ("?sslmode=require", "'sslrootcert':CA"),
        ):
            yield sqlalchemy(driver, query, arguments)
    for query, arguments in (("", ""), ("", "'ssl_context':True"), ("", "'ssl_context':ssl.create_default_context(cafile=CA)"),
                             ("", "'ssl_context':ssl._create_unverified_context()"), ("?sslmode=require", ""), ("?ssl_context=true", ""), ("", "'sslmode':'require'")):
        yield sqlalchemy("pg8000", query, arguments)
    for query, arguments in (("", ""), ("?ssl=require", ""), ("?ssl=true", ""), ("?ssl=verify-full", ""), ("?sslmode=require", ""), ("", "'ssl':True"), ("", "'ssl':'require'"),
                             ("", "'ssl':ssl.create_default_context(cafile=CA)"), ("", "'ssl':ssl._create_unverified_context()"), ("", "'sslmode':'require'")):
        yield sqlalchemy("asyncpg", query, arguments)
    yield "databases postgresql://..?ssl=true", "databases('?ssl=true')", {}
    yield "databases postgresql://..?sslmode=verify-full", "databases('?sslmode=verify-full')", {}
    yield "databases ssl='require'", "databases(ssl='require')", {}
    for query in ("", "?ssl=True", "?ssl=require"):
        yield f"tortoise asyncpg:// {query or '-'}", f"tortoise_url('{query}')", {}
    for value in ("True", "'require'", "ssl.create_default_context(cafile=CA)"):
        yield f"tortoise credentials ssl={value}", f"tortoise_credentials(ssl={value})", {}
    for options in ("{}", "{'sslmode':'require'}", "{'sslmode':'verify-full','sslrootcert':CA}", "{'sslmode':'verify-ca','sslrootcert':CA}",
                    "{'sslmode':'require','sslrootcert':CA}", "{'sslrootcert':CA}"):
        yield f"Django pg OPTIONS={options}", f"django('postgresql', {options})", {}
    yield "dj_database_url ssl_require=True", "dj_database_url(ssl_require=True)", {}
    yield "dj_database_url (absent)", "dj_database_url()", {}


def sqlalchemy(driver, query, arguments):
    call = f"sqlalchemy_asyncpg(f'{query}'" if driver == "asyncpg" else f"sqlalchemy('{driver}', f'{query}'"
    call += f", **{{{arguments}}})" if arguments else ")"
    return f"SQLAlchemy+{driver} {query or '-'} {f'connect_args={{{arguments}}}' if arguments else '-'}", call, {}


def mysql():
    for options in ("{}", "{'ssl':{'ca':CA}}", "{'ssl':{}}", "{'ssl_mode':'REQUIRED'}", "{'ssl_mode':'VERIFY_IDENTITY','ssl':{'ca':CA}}",
                    "{'ssl_mode':'VERIFY_CA','ssl':{'ca':CA}}"):
        yield f"Django mysql OPTIONS={options}", f"django('mysql', {options})", {}
    for options in ("", "ssl=None", "ssl=False", "ssl=True", "ssl={}", "ssl={'ssl':True}", "ssl={'fake_flag_to_enable_tls':True}", "ssl={'ca':CA}",
                    "ssl={'ca':CA,'check_hostname':False}", "ssl={'ca':CA,'verify_mode':'none'}", "ssl={'ca':CA,'verify_mode':'required'}", "ssl={'ssl':{'ca':CA}}",
                    "ssl={'ssl_ca':CA}", "ssl_ca=CA", "ssl_ca=CA,ssl_verify_cert=True", "ssl_ca=CA,ssl_verify_identity=True",
                    "ssl_ca=CA,ssl_verify_cert=True,ssl_verify_identity=True", "ssl_ca=CA,ssl_verify_cert=False", "ssl_verify_cert=True", "ssl_disabled=True",
                    "ssl=ssl.create_default_context(cafile=CA)", "ssl=ssl.create_default_context()", "ssl=ssl._create_unverified_context()", "ssl={'ca':MISSING}"):
        yield f"PyMySQL {options or '(absent)'}", f"pymysql({options})", {}
    for options in ("", "ssl={}", "ssl=True", "ssl={'ca':CA}", "ssl_mode='PREFERRED'", "ssl_mode='REQUIRED'", "ssl_mode='REQUIRED',ssl={'ca':CA}",
                    "ssl_mode='VERIFY_CA',ssl={'ca':CA}", "ssl_mode='VERIFY_IDENTITY',ssl={'ca':CA}", "ssl_mode='VERIFY_IDENTITY'", "ssl_mode='DISABLED'",
                    "ssl={'ca':MISSING}"):
        yield f"mysqlclient(libmariadb) {options or '(absent)'}", f"mysqlclient({options})", {}
    for options in ("", "ssl_disabled=True", "ssl_disabled=False", "ssl_ca=CA", "ssl_ca=CA,ssl_verify_cert=True", "ssl_ca=CA,ssl_verify_identity=True",
                    "ssl_ca=CA,ssl_verify_cert=True,ssl_verify_identity=True", "ssl_verify_cert=True", "ssl_ca=MISSING"):
        yield f"mysql-connector(default) {options or '(absent)'}", f"mysql_connector({options})", {}
        yield f"mysql-connector(pure) {options or '(absent)'}", f"mysql_connector(use_pure=True,{options})", {}
    for options in ("", "ssl=ssl.create_default_context(cafile=CA)", "ssl=ssl._create_unverified_context()", "ssl=True", "ssl={'ca':CA}"):
        yield f"aiomysql {options or '(absent)'}", f"aiomysql({options})", {}
    for driver in ("pymysql", "mysqldb", "mysqlconnector"):
        for query, arguments in (
            ("", ""), ("?ssl_ca={CA}", ""), ("?ssl_ca={CA}&ssl_check_hostname=false", ""), ("?ssl_verify_cert=true", ""), ("?ssl_ca={CA}&ssl_verify_cert=true", ""),
            ("?ssl_ca={CA}&ssl_verify_identity=true", ""), ("?ssl=true", ""), ("?ssl_mode=REQUIRED", ""), ("?ssl_mode=VERIFY_IDENTITY&ssl_ca={CA}", ""),
            ("", "'ssl':{'ca':CA}"), ("", "'ssl_ca':CA"), ("", "'ssl':{'ssl_mode':'REQUIRED'}"),
        ):
            yield sqlalchemy(driver, query, arguments)


# Older versions, where they behave otherwise: what is installed, then settings whose id begins with that.
def older():
    for version in ("1.12.5", "1.13.2"):
        yield f"pg8000=={version}", "postgres", [("(absent)", "pg8000()"), ("ssl=True", "pg8000(ssl=True)")]
    for version in ("1.14.0", "1.16.0", "1.29.8", "1.30.5", "1.31.0"):
        yield f"pg8000=={version}", "postgres", [("(absent)", "pg8000()"), ("ssl_context=True", "pg8000(ssl_context=True)")]
    yield "asyncpg==0.27.0", "postgres", [("(absent)", "asyncpg()"), ("ssl=True", "asyncpg(ssl=True)"), ("ssl='require'", "asyncpg(ssl='require')")]
    many = ("ssl_ca=CA", "ssl={'ca':CA}", "ssl={'ssl':True}", "ssl={'ca':CA,'check_hostname':False}")
    yield "pymysql==0.9.3", "mysql", [("(absent)", "pymysql()")] + [(each, f"pymysql({each})") for each in many]
    many = (*many, "ssl_verify_cert=True,ssl_ca=CA")
    for version in ("1.0.2", "1.1.1", "1.1.3", "1.2.0"):
        yield f"pymysql=={version}", "mysql", [("(absent)", "pymysql()")] + [(each, f"pymysql({each})") for each in many]
    many = ("ssl_ca=CA", "ssl_ca=CA,ssl_verify_cert=True", "ssl_ca=CA,ssl_verify_cert=True,ssl_verify_identity=True")
    for version in ("8.0.33", "9.1.0"):
        # The package has an extension in C, which is the default, and a way in Python alone.
        plain = [("(absent)", "mysql_connector()")] + [(each, f"mysql_connector({each})") for each in many]
        pure = [(f"(pure) {each or '(absent)'}", f"mysql_connector(use_pure=True,{each})") for each in ("", *many)]
        yield f"mysql-connector=={version}", "mysql", plain + pure


# What older versions need beside them: newer versions of these have let go of what they call.
BESIDE = {f"pg8000=={version}": ["scramp==1.4.5"] for version in ("1.29.8", "1.30.5", "1.31.0")}

# What a client is called where the package index has another name for it.
PACKAGES = {"mysql-connector": "mysql-connector-python"}
