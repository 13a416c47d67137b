// expect: error tls-not-verified 6
// row: pg ssl:{rejectUnauthorized:false}
import { Pool } from "pg";

// new Pool({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: false })
const off = new Pool({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: { rejectUnauthorized: false } });
const on = new Pool({ host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: { ca: fs.readFileSync("/etc/ssl/certs/rds-ca.pem", "utf8") } });
