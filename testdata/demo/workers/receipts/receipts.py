import os

import psycopg2


def handler(event, context):
    with psycopg2.connect(
        host="orders.c9akciq32rgz.eu-west-1.rds.amazonaws.com",
        user="receipts",
        password=os.environ["PASSWORD"],
        sslmode="require",
    ) as connection:
        connection.cursor().execute("insert into receipts (id) values (%s)", (event["id"],))
