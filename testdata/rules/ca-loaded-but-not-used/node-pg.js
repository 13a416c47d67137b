// expect: error ca-loaded-but-not-used 6
// row: pg ssl:{ca,rejectUnauthorized:false}
const fs = require("fs");
const { Client } = require("pg");

const client = new Client({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: { ca: fs.readFileSync("rds.pem"), rejectUnauthorized: false } });
