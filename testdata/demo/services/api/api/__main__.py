import psycopg

with psycopg.connect("") as connection:
    print(connection.execute("select version()").fetchone())
