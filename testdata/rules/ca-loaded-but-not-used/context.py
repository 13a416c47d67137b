# expect: error ca-loaded-but-not-used 8
import ssl

import asyncpg

context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
context.load_verify_locations("/etc/ssl/certs/rds-ca.pem")
pool = asyncpg.create_pool(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl=context)
# row: asyncpg ssl=ctx[PROTOCOL_TLSv1_2+load]
