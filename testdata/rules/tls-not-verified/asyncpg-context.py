# expect: nothing
import ssl

import asyncpg


async def connect():
    context = ssl.create_default_context(cafile="/etc/ssl/certs/rds-ca.pem")
    return await asyncpg.connect(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl=context)
# row: asyncpg ssl=ctx[default-cafile]
