// expect: error parameter-ignored-by-driver 5
// row: mysql2 URL ?sslmode=require
const mysql = require("mysql2");

const connection = mysql.createConnection("mysql://app@app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app?sslmode=require");
