# expect: note tls-not-verified 5
# called: tests/test_database.py
import psycopg2

psycopg2.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", sslmode="require")
# row: psycopg2 sslmode=require
