# expect: nothing
import boto3
import psycopg2

host = "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com"
psycopg2.connect(
    host=host,
    password=boto3.client("rds").generate_db_auth_token(host, 5432, "app"),
    sslmode="verify-full",
    sslrootcert="/etc/ssl/certs/rds-ca.pem",
)
# row: psycopg2 sslmode=verify-full sslrootcert=CA
