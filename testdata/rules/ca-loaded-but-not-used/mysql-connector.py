# expect: error ca-loaded-but-not-used 6
import mysql.connector

mysql.connector.connect(
    host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    ssl_ca="/etc/ssl/certs/rds-ca.pem",
)
mysql.connector.connect(
    host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    ssl_ca="/etc/ssl/certs/rds-ca.pem",
    ssl_verify_cert=True,
    ssl_verify_identity=True,
)
# row: mysql-connector(default) ssl_ca=CA
