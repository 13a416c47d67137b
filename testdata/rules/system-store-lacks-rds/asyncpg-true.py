# expect: error system-store-lacks-rds 4
import asyncpg

asyncpg.create_pool(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl=True)
# The certificate of a proxy is of Amazon Trust Services, which the system knows.
asyncpg.create_pool(host="app.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl=True)
# Who that is, nobody knows.
asyncpg.create_pool(host="db.example.com", ssl=True)
# row: asyncpg ssl=True
