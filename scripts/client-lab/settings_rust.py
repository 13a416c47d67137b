"""The settings of Rust clients: the query of a URL (sqlx), or a connector and an sslmode (tokio-postgres).

A setting is `(id, client, options)`.
"""


def settings():
    for query in ("", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=verify-full", "?sslmode=require&sslrootcert=CA",
                  "?sslmode=verify-ca&sslrootcert=CA", "?sslmode=verify-full&sslrootcert=CA", "?sslrootcert=CA"):
        yield f"sqlx-pg URL {query or '(no query)'}", "sqlx-pg", query
    for query in ("", "?ssl-mode=DISABLED", "?ssl-mode=REQUIRED", "?ssl-mode=VERIFY_CA&ssl-ca=CA", "?ssl-mode=VERIFY_IDENTITY&ssl-ca=CA", "?ssl-ca=CA"):
        yield f"sqlx-mysql URL {query or '(no query)'}", "sqlx-mysql", query
    yield "tokio-postgres NoTls sslmode=prefer", "tokio-postgres", "none prefer"
    for mode in ("prefer", "require"):
        yield f"tokio-postgres native-tls sslmode={mode}", "tokio-postgres", f"default {mode}"
    yield "tokio-postgres native-tls + CA sslmode=require", "tokio-postgres", "ca require"
    yield "tokio-postgres native-tls danger_accept_invalid_certs sslmode=require", "tokio-postgres", "danger require"
