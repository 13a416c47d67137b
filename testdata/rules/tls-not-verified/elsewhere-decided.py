# expect: nothing
import os

import psycopg2


def connect(host, **settings):
    return psycopg2.connect(host=host, **settings)


psycopg2.connect(os.environ["DATABASE_URL"])
# row: psycopg2 (no sslmode)
