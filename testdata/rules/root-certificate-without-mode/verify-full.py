# expect: nothing
import psycopg

psycopg.connect("postgresql://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=verify-full&sslrootcert=/rds.pem")
# row: psycopg3 URL ?sslmode=verify-full&sslrootcert={CA}
