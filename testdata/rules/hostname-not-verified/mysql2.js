// expect: error hostname-not-verified 5
// row: mysql2 ssl:{ca}
const mysql = require("mysql2/promise");

const pool = mysql.createPool({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: { ca: fs.readFileSync("/etc/ssl/certs/rds-ca.pem") } });
const named = mysql.createPool({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: { ca: fs.readFileSync("/etc/ssl/certs/rds-ca.pem"), verifyIdentity: true } });
