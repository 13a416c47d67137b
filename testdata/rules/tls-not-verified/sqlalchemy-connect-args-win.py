# expect: error tls-not-verified 6
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=verify-full&sslrootcert=/rds.pem",
    connect_args={"sslmode": "prefer", "sslrootcert": None},
)
# row: SQLAlchemy+psycopg2 ?sslmode=verify-full&sslrootcert={CA} connect_args={'sslmode':'require'}
# row: psycopg2 sslmode=prefer
