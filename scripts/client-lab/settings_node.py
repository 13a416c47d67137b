"""The settings of Node.js clients that the laboratory tries.

A setting is `(id, client, options, environment)`. The options are a JavaScript expression in which `CA` is the text of
authority A's certificate, and `CAFILE` its path; `probe.cjs` says how each client is called with them.
"""

CURRENT = {
    "pg": "8.23.1", "mysql2": "3.24.6", "mysql": "2.18.1", "mariadb": "3.5.4", "postgres": "3.4.9", "sequelize": "6.37.8", "typeorm": "1.1.1",
    "reflect-metadata": "0.2.2", "knex": "3.3.0",
}
OLDER = {"pg": "8.7.3", "mysql2": "2.3.3"}

UNVERIFIED = "{rejectUnauthorized:false}"


def url(client, database, query, more=""):
    return f"{{url:URL+'/{database}'+`{query}`{more}}}"


def settings():
    yield "pg ssl:(absent)", "pg", "{}", {}
    for value, said in (("false",) * 2, ("true",) * 2, ("{}",) * 2, (UNVERIFIED,) * 2, ("{rejectUnauthorized:true}",) * 2, ("{ca:CA}", "{ca}"),
                        ("{ca:CA,rejectUnauthorized:false}", "{ca,rejectUnauthorized:false}"),
                        ("{ca:CA,checkServerIdentity:()=>undefined}", "{ca,checkServerIdentity:()=>undefined}"),
                        ("'require'", "'require' (string)"), ("'no-verify'", "'no-verify' (string)"), ("{require:true}",) * 2):
        yield f"pg ssl:{said}", "pg", f"{{ssl:{value}}}", {}
    for query in ("", "?ssl=true", "?ssl=1", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?sslmode=no-verify", "?sslmode=verify-ca", "?sslmode=verify-full",
                  "?sslmode=require&sslrootcert=CA", "?sslmode=verify-ca&sslrootcert=CA", "?sslmode=verify-full&sslrootcert=CA", "?sslrootcert=CA",
                  "?uselibpqcompat=true&sslmode=require", "?uselibpqcompat=true&sslmode=prefer", "?uselibpqcompat=true&sslmode=require&sslrootcert=CA",
                  "?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=CA", "?uselibpqcompat=true&sslmode=verify-full&sslrootcert=CA",
                  "?sslmode=verify-full&sslrootcert=/nonexistent.pem", "?sslrootcert=system&sslmode=verify-full"):
        yield f"pg URL {query or '(no query)'}", "pg", url("pg", "postgres", query.replace("=CA", "=${CAFILE}")), {}
    for query, value, said in (("?sslmode=require", UNVERIFIED, UNVERIFIED), ("", UNVERIFIED, UNVERIFIED), ("?sslmode=require", "{ca:CA}", "{ca}"),
                               ("?sslmode=no-verify", "{ca:CA}", "{ca}")):
        yield f"pg URL {query or '(none)'} + ssl:{said}", "pg", url("pg", "postgres", query, f",ssl:{value}"), {}
    for mode in ("disable", "prefer", "require", "no-verify", "verify-ca", "verify-full"):
        yield f"pg PGSSLMODE={mode}", "pg", "{}", {"PGSSLMODE": mode}
    yield "pg PGSSLMODE=verify-full PGSSLROOTCERT=CA", "pg", "{}", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    for value, said in (("true", "true"), ("{ca:CA}", "{ca}"), ("{ca:CA,rejectUnauthorized:true}", "{ca,rejectUnauthorized:true}")):
        yield f"pg ssl:{said} NODE_TLS_REJECT_UNAUTHORIZED=0", "pg", f"{{ssl:{value}}}", {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}

    for value in ("undefined", "true", "false", '"allow"', '"prefer"', '"require"', '"verify-full"', "{}", '{"rejectUnauthorized":false}', '{"rejectUnauthorized":true}'):
        yield f"postgres.js ssl:{value}", "postgres", f"{{ssl:{value}}}", {}
    yield "postgres.js ssl:{ca}", "postgres", "{ssl:{ca:CA}}", {}
    for query in ("", "?ssl=true", "?ssl=require", "?sslmode=require", "?sslmode=verify-full", "?sslmode=no-verify", "?sslmode=prefer", "?sslmode=disable",
                  "?sslmode=verify-full&sslrootcert=CA"):
        yield f"postgres.js URL {query or '(no query)'}", "postgres", url("postgres", "postgres", query.replace("=CA", "=${CAFILE}")), {}
    yield "postgres.js PGSSLMODE=require", "postgres", "{ssl:undefined}", {"PGSSLMODE": "require"}

    yield "mysql2 (absent)", "mysql2", "{}", {}
    for value, said in (("'Amazon RDS'",) * 2, ("true",) * 2, ("{}",) * 2, (UNVERIFIED,) * 2, ("{rejectUnauthorized:true}",) * 2, ("{ca:CA}", "{ca}"),
                        ("{ca:CA,verifyIdentity:true}", "{ca,verifyIdentity:true}"), ("{ca:CA,rejectUnauthorized:true}", "{ca,rejectUnauthorized:true}"),
                        ("{ca:CA,rejectUnauthorized:false}", "{ca,rejectUnauthorized:false}")):
        yield f"mysql2 ssl:{said}", "mysql2", f"{{ssl:{value}}}", {}
    for query in ("", '?ssl={"rejectUnauthorized":false}', '?ssl={"rejectUnauthorized":true}', "?ssl=true", "?ssl-mode=REQUIRED", "?sslmode=require", "?sslaccept=strict",
                  '?ssl={"rejectUnauthorized":true,"verifyIdentity":true}'):
        yield f"mysql2 URL {query or '(no query)'}", "mysql2", url("mysql2", "test", query), {}
    yield "mysql2 ssl:{ca} NODE_TLS_REJECT_UNAUTHORIZED=0", "mysql2", "{ssl:{ca:CA}}", {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}

    yield "mysql (absent)", "mysql", "{}", {}
    for value, said in (("'Amazon RDS'",) * 2, ("{}",) * 2, ("true",) * 2, (UNVERIFIED,) * 2, ("{ca:CA}", "{ca}")):
        yield f"mysql ssl:{said}", "mysql", f"{{ssl:{value}}}", {}
    yield "mariadb (absent)", "mariadb", "{}", {}
    for value, said in (("true",) * 2, (UNVERIFIED,) * 2, ("{ca:CA}", "{ca}"), ("{ca:CA,checkServerIdentity:()=>undefined}", "{ca,checkServerIdentity:()=>undefined}")):
        yield f"mariadb ssl:{said}", "mariadb", f"{{ssl:{value}}}", {}

    yield "Sequelize pg (none)", "sequelize-pg", "{}", {}
    yield "Sequelize pg ssl:true (top level)", "sequelize-pg", "{ssl:true}", {}
    for value, said in (("true",) * 2, ("{require:true,rejectUnauthorized:false}",) * 2, ("{require:true}",) * 2, ("{ca:CA}", "{ca}")):
        yield f"Sequelize pg dialectOptions.ssl:{said}", "sequelize-pg", f"{{dialectOptions:{{ssl:{value}}}}}", {}
    for query in ("?sslmode=require", "?ssl=true", "?sslmode=no-verify", "?sslmode=verify-full"):
        yield f"Sequelize pg URL {query}", "sequelize-pg", url("sequelize", "postgres", query), {}
    yield "Sequelize pg URL ?sslmode=require + dialectOptions.ssl:{rejectUnauthorized:false}", "sequelize-pg", url("sequelize", "postgres", "?sslmode=require", f",dialectOptions:{{ssl:{UNVERIFIED}}}"), {}
    for value, said in (("'Amazon RDS'",) * 2, ("{ca:CA}", "{ca}"), (UNVERIFIED,) * 2):
        yield f"Sequelize mysql dialectOptions.ssl:{said}", "sequelize-mysql", f"{{dialectOptions:{{ssl:{value}}}}}", {}

    for value, said in (("true",) * 2, (UNVERIFIED,) * 2, ("{ca:CA}", "{ca}")):
        yield f"Knex pg ssl:{said}", "knex-pg", f"{{ssl:{value}}}", {}
    yield "Knex pg URL ?sslmode=require", "knex-pg", url("knex", "postgres", "?sslmode=require"), {}
    yield "Knex mysql2 ssl:'Amazon RDS'", "knex-mysql2", "{ssl:'Amazon RDS'}", {}
    yield "Knex mysql2 ssl:{ca}", "knex-mysql2", "{ssl:{ca:CA}}", {}

    yield "TypeORM pg (none)", "typeorm-pg", "{}", {}
    for options, said in (("ssl:true",) * 2, (f"ssl:{UNVERIFIED}",) * 2, (f"extra:{{ssl:{UNVERIFIED}}}", f"extra.ssl:{UNVERIFIED}"),
                          (f"ssl:true,extra:{{ssl:{UNVERIFIED}}}", f"ssl:true + extra.ssl:{UNVERIFIED}"), ("ssl:{ca:CA}", "ssl:{ca}")):
        yield f"TypeORM pg {said}", "typeorm-pg", f"{{{options}}}", {}
    for query in ("", "?ssl=true", "?sslmode=require"):
        yield f"TypeORM pg url {query or '(no query)'}", "typeorm-pg", url("typeorm", "postgres", query), {}
    for options, said in (("", "(none)"), (f"ssl:{UNVERIFIED}",) * 2, ("ssl:{ca:CA}", "ssl:{ca}")):
        yield f"TypeORM mysql {said}", "typeorm-mysql", f"{{{options}}}", {}


def older():
    for value, said in (("true",) * 2, (UNVERIFIED,) * 2, ("{ca:CA}", "{ca}")):
        yield f"pg@8.7.3 ssl:{said}", "pg", f"{{ssl:{value}}}", {}
    for query in ("", "?ssl=true", "?sslmode=prefer", "?sslmode=require", "?sslmode=no-verify", "?sslmode=verify-full"):
        yield f"pg@8.7.3 URL {query or '(no query)'}", "pg", url("pg", "postgres", query), {}
    yield "mysql2@2.3.3 (absent)", "mysql2", "{}", {}
    for value, said in (("'Amazon RDS'",) * 2, (UNVERIFIED,) * 2, ("{ca:CA}", "{ca}")):
        yield f"mysql2@2.3.3 ssl:{said}", "mysql2", f"{{ssl:{value}}}", {}
