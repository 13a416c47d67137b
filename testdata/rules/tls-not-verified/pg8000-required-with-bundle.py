# expect: nothing
import ssl

import pg8000

context = ssl.create_default_context(cafile="/etc/ssl/certs/rds-ca.pem")
context.check_hostname = True
context.verify_mode = ssl.CERT_REQUIRED

connection = pg8000.connect(
    user="app", host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", database="app", ssl_context=context
)
# row: pg8000.dbapi ctx[TLS_CLIENT+load]
