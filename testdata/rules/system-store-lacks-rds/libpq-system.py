# expect: error system-store-lacks-rds 4
import psycopg

psycopg.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", sslrootcert="system")
# row: psycopg3 sslrootcert=system
