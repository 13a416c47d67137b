# expect: error root-certificate-without-mode 3
# row: psycopg2 sslmode=prefer sslrootcert=CA
psql "host=app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com dbname=app sslmode=prefer sslrootcert=/etc/ssl/certs/rds-ca.pem"
psql "host=app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com dbname=app sslmode=verify-full sslrootcert=/etc/ssl/certs/rds-ca.pem"
