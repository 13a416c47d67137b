# expect: nothing
# Neither this machine nor a service of the same composition, nor what a comment says:
# psycopg2.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", sslmode="disable")
import pg8000
import psycopg2

psycopg2.connect(host="localhost", dbname="app")
psycopg2.connect("postgresql://app@127.0.0.1/app?sslmode=disable")
psycopg2.connect(host="/var/run/postgresql")
psycopg2.connect(host="db", sslmode="disable")
pg8000.connect("app", unix_sock="/var/run/postgresql/.s.PGSQL.5432")
# row: psycopg2 sslmode=disable
