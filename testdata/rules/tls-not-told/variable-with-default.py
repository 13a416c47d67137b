# expect: warning tls-not-told 6
import os

import psycopg2

psycopg2.connect(host=os.environ["DB_HOST"], sslmode=os.getenv("DB_SSLMODE", "prefer"))
psycopg2.connect(host=os.environ["DB_HOST"], sslmode=os.getenv("DB_SSLMODE", "verify-full"), sslrootcert="/rds.pem")
psycopg2.connect(host=os.environ["DB_HOST"], sslmode=os.environ["DB_SSLMODE"])
# row: psycopg2 sslmode=prefer
