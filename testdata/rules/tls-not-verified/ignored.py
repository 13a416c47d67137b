# expect: nothing
import psycopg2

host = "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com"
# rdsca: ignore[tls-not-verified] -- inside the tunnel
psycopg2.connect(
    host=host,
    sslmode="require",
)
psycopg2.connect(host=host, sslmode="require")  # rdsca: ignore[tls-not-verified] -- inside the tunnel
# row: psycopg2 sslmode=require
