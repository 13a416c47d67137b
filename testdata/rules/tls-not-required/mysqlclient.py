# expect: warning tls-not-required 6
# expect: error hostname-not-verified 6
import MySQLdb

host = "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com"
MySQLdb.connect(host=host, ssl={"ca": "/etc/ssl/certs/rds-ca.pem"})
MySQLdb.connect(host=host, ssl_mode="VERIFY_IDENTITY", ssl={"ca": "/etc/ssl/certs/rds-ca.pem"})
# row: mysqlclient(libmariadb) ssl={'ca':CA}
