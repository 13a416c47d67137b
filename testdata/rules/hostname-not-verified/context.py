# expect: error hostname-not-verified 8
import ssl

import pg8000

context = ssl.create_default_context(cafile="/etc/ssl/certs/rds-ca.pem")
context.check_hostname = False
pg8000.connect("app", host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl_context=context)
# row: pg8000.dbapi ctx[cafile+nohost]
