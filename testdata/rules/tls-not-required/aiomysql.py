# expect: warning tls-not-required 7
import ssl

import aiomysql

context = ssl.create_default_context(cafile="/etc/ssl/certs/rds-ca.pem")
aiomysql.create_pool(host="app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl=context)
# row: aiomysql ssl=ssl.create_default_context(cafile=CA)
