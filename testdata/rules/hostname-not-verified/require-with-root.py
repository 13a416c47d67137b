# expect: error hostname-not-verified 7
# expect: warning falls-open-without-bundle 8
import psycopg2

psycopg2.connect(
    host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    sslmode="require",
    sslrootcert="/etc/ssl/certs/rds-ca.pem",
)
# row: psycopg2 sslmode=require sslrootcert=CA
