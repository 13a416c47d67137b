# expect: error tls-not-verified 6
# says: psycopg2 through SQLAlchemy
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg2://app:secret@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=require"
)
# row: SQLAlchemy+psycopg2 ?sslmode=require -
