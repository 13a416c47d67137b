# expect: error tls-not-verified 9
# says: since version 1.31.0
import pg8000

connection = pg8000.connect(
    user="app",
    host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
    database="app",
    ssl_context=True,
)
# row: pg8000.dbapi ssl_context=True
