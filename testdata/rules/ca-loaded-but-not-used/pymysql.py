# expect: error ca-loaded-but-not-used 4
import pymysql

pymysql.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl_ca="/etc/ssl/certs/rds-ca.pem")
# row: PyMySQL ssl_ca=CA
