# expect: error parameter-ignored-by-driver 4
import databases

database = databases.Database("postgresql://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=verify-full")
# row: databases postgresql://..?sslmode=verify-full
