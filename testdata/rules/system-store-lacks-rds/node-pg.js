// expect: error system-store-lacks-rds 5
// row: pg ssl:true
const { Client } = require("pg");

const client = new Client({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: true });
