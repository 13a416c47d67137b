# expect: warning proxy-needs-amazon-roots 4
import psycopg2

psycopg2.connect(
    host="app.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    sslmode="verify-full",
    sslrootcert="/etc/ssl/certs/rds-ca.pem",
)
psycopg2.connect(
    host="app.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    sslmode="verify-full",
    sslrootcert="/etc/pki/tls/certs/ca-bundle.crt",
)
# row: psycopg2 sslmode=verify-full sslrootcert=CA
