# expect: error root-certificate-without-mode 4
import psycopg

psycopg.connect("postgresql://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=prefer&sslrootcert=/rds.pem")
# row: psycopg3 sslmode=prefer sslrootcert=CA
