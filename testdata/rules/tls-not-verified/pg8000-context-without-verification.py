# expect: error tls-not-verified 12
import ssl

import pg8000.native

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

connection = pg8000.native.Connection(
    "app", host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", database="app",
    ssl_context=context,
)
# row: pg8000.dbapi ctx[cert-none]
