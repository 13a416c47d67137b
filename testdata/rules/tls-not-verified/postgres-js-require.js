// expect: error tls-not-verified 5
// row: postgres.js URL ?sslmode=require
import postgres from "postgres";

const sql = postgres("postgres://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=require");
