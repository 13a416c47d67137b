# expect: nothing
import os

import psycopg2

os.environ["PGSSLMODE"] = "verify-full"
os.environ["PGSSLROOTCERT"] = "/etc/ssl/certs/rds-ca.pem"
psycopg2.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com")
# row: psycopg2 PGSSLMODE=verify-full PGSSLROOTCERT=CA
