"""The settings of the clients that Debian packages: Go, Java, Ruby and PHP.

A setting is `(id, client, options, environment)`; what the options mean is said beside each. `CA` and `MISSING` stand for a path.
"""

PACKAGES = {
    "go": ["golang-go", "golang-github-lib-pq-dev", "golang-github-jackc-pgx-v4-dev", "golang-github-go-sql-driver-mysql-dev"],
    "java": ["default-jdk-headless", "libpostgresql-jdbc-java", "libmariadb-java"],
    "ruby": ["ruby", "ruby-pg"],
    "php": ["php-cli", "php-pgsql", "php-mysql"],
}

# Which Debian package a client of the truth table comes from; its version is the row's.
CLIENTS = {
    "lib/pq": "golang-github-lib-pq-dev", "pgx": "golang-github-jackc-pgx-v4-dev", "go-sql-driver/mysql": "golang-github-go-sql-driver-mysql-dev",
    "pgjdbc": "libpostgresql-jdbc-java", "mariadb-jdbc": "libmariadb-java", "ruby-pg": "ruby-pg", "PDO pgsql": "php8.2-pgsql", "PDO mysql": "php8.2-mysql",
    "mysqli": "php8.2-mysql",
}


def go():
    """Words added to a keyword DSN (lib/pq, pgx), and the query of a go-sql-driver DSN with `rds` and `rds-skip` registered."""
    for words in ("", "sslmode=disable", "sslmode=allow", "sslmode=prefer", "sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "sslmode=require sslrootcert=CA",
                  "sslmode=verify-ca sslrootcert=CA", "sslmode=verify-full sslrootcert=CA", "sslmode=prefer sslrootcert=CA", "sslrootcert=CA", "sslmode=require sslrootcert=MISSING"):
        yield f"lib/pq {words or '(no sslmode)'}", "lib/pq", words, {}
        yield f"pgx {words or '(no sslmode)'}", "pgx", words, {}
    yield "pgx PGSSLMODE=require", "pgx", "", {"PGSSLMODE": "require"}
    yield "lib/pq PGSSLMODE=verify-full PGSSLROOTCERT=CA", "lib/pq", "", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    yield "pgx PGSSLMODE=verify-full PGSSLROOTCERT=CA", "pgx", "", {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{CA}"}
    yield "pgx TLSConfig={RootCAs,ServerName}", "pgx", "config:verify", {}
    yield "pgx TLSConfig={InsecureSkipVerify}", "pgx", "config:skip", {}
    for query in ("", "?tls=true", "?tls=skip-verify", "?tls=preferred", "?tls=false", "?tls=rds", "?tls=rds-skip"):
        yield f"go-sql-driver/mysql {query or '(none)'}", "go-sql-driver/mysql", query, {}


def java():
    """The query of a JDBC URL."""
    for query in ("", "?ssl=true", "?ssl=false", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=verify-full",
                  "?ssl=true&sslmode=require", "?ssl=true&sslmode=verify-ca", "?sslmode=require&sslrootcert=CA", "?sslmode=verify-ca&sslrootcert=CA",
                  "?sslmode=verify-full&sslrootcert=CA", "?ssl=true&sslrootcert=CA", "?ssl=true&sslmode=verify-full&sslrootcert=CA", "?sslrootcert=CA",
                  "?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "?sslmode=verify-full&sslfactory=org.postgresql.ssl.NonValidatingFactory",
                  "?sslmode=require&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory", "?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
                  "?sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory", "?sslmode=verify-full&sslrootcert=MISSING", "?sslmode=require&sslrootcert=MISSING"):
        yield f"pgjdbc {query or '(no query)'}", "pgjdbc", query, {}
    yield "pgjdbc PGSSLMODE=verify-full", "pgjdbc", "", {"PGSSLMODE": "verify-full"}
    for query in ("", "?useSsl=true", "?useSSL=true", "?useSsl=true&trustServerCertificate=true", "?useSsl=true&serverSslCert=CA",
                  "?useSsl=true&disableSslHostnameVerification=true&serverSslCert=CA", "?sslMode=trust", "?sslMode=verify-full",
                  "?useSSL=true&requireSSL=true&verifyServerCertificate=false", "?useSSL=false"):
        yield f"mariadb-jdbc {query or '(no query)'}", "mariadb-jdbc", query, {}


def ruby():
    """Options of `PG.connect`, as a Ruby hash."""
    for options in ("", "sslmode:require", "sslmode:require sslrootcert:CA", "sslmode:verify-ca sslrootcert:CA", "sslmode:verify-full sslrootcert:CA", "sslrootcert:CA",
                    "sslmode:verify-full sslrootcert:MISSING", "sslmode:require sslrootcert:MISSING"):
        yield f"ruby-pg {options or '(no sslmode)'}", "ruby-pg", options, {}


def php():
    """Words of a PDO DSN, or a PHP array of attributes."""
    for words in ("", "sslmode=require", "sslmode=require;sslrootcert=CA", "sslmode=verify-full;sslrootcert=CA", "sslrootcert=CA"):
        yield f"PDO pgsql {words or '(no sslmode)'}", "PDO pgsql", words, {}
    for said, options in (("(none)", ""), ("SSL_CA", "ca"), ("SSL_CA,VERIFY=false", "ca,verify=false"), ("VERIFY=false only", "verify=false"), ("VERIFY=true only", "verify=true"),
                          ("SSL_CA=missing", "missing"), ("SSL_CA=missing,VERIFY=false", "missing,verify=false")):
        yield f"PDO mysql {said}", "PDO mysql", options, {}
    for said, options in (("none", ""), ("ssl_set(CA)", "ca"), ("CLIENT_SSL no ca", "ssl"), ("DONT_VERIFY", "ssl,dont-verify")):
        yield f"mysqli {said}", "mysqli", options, {}
