# expect: warning tls-not-verified 13
import ssl

import asyncpg


class Database:
    def __init__(self, host):
        self.host = host
        self.tls = ssl._create_unverified_context()

    async def connect(self):
        return await asyncpg.connect(host=self.host, ssl=self.tls)
# row: asyncpg ssl=ctx[unverified]
