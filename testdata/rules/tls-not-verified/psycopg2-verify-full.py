# expect: nothing
import psycopg2

connection = psycopg2.connect(
    host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    dbname="app",
    sslmode="verify-full",
    sslrootcert="/etc/ssl/certs/rds-ca.pem",
)
# row: psycopg2 sslmode=verify-full sslrootcert=CA
