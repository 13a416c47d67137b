# expect: error tls-not-verified 4
import pymysql

pymysql.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl={"ssl": True})
# row: PyMySQL ssl={'ssl':True}
