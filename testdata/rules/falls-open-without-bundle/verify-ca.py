# Without its file verify-ca refuses.
# expect: error hostname-not-verified 5
import psycopg2

psycopg2.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", sslmode="verify-ca", sslrootcert="/rds.pem")
# row: psycopg2 sslmode=verify-ca sslrootcert=missing
