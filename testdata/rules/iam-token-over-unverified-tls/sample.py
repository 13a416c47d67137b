# The sample that is copied most: a root file that is not there, and no mode that asks for it.
# expect: error iam-token-over-unverified-tls 10
# expect: error root-certificate-without-mode 11
import boto3
import psycopg2

host = "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com"
token = boto3.client("rds").generate_db_auth_token(DBHostname=host, Port=5432, DBUsername="app", Region="eu-west-1")

connection = psycopg2.connect(host=host, user="app", password=token,
                              sslrootcert="SSLCERTIFICATE")
# row: psycopg2 (no sslmode) sslrootcert=missing
