# expect: open tls-not-told 5
from settings import SSLMODE
import psycopg2

psycopg2.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", sslmode=SSLMODE)
# row: psycopg2 sslmode=require
