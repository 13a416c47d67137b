# expect: warning tls-not-verified 17
import os
import ssl

import asyncpg


def prepared(dsn):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return dsn.split("?")[0], context


async def pool():
    dsn, context = prepared(os.environ["DATABASE_URL"])
    return await asyncpg.create_pool(dsn, ssl=context)
# row: asyncpg ssl=ctx[cert-none]
