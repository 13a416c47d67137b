# expect: error tls-not-verified 4
import psycopg2

connection = psycopg2.connect("host=app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com dbname=app user=app")
# row: psycopg2 (no sslmode)
