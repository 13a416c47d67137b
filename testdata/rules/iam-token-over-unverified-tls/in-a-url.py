# expect: error iam-token-over-unverified-tls 9
# expect: warning tls-not-verified 9
import os
from urllib.parse import quote_plus
import boto3
from sqlalchemy import create_engine

token = quote_plus(boto3.client("rds").generate_db_auth_token(os.environ["HOST"], 5432, "app"))
engine = create_engine(f"postgresql+psycopg2://app:{token}@{os.environ['HOST']}/app?sslmode=require")
# row: SQLAlchemy+psycopg2 ?sslmode=require -
