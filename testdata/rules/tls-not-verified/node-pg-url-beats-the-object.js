// expect: nothing
// row: pg URL ?sslmode=require + ssl:{rejectUnauthorized:false}
const { Pool } = require("pg");

new Pool({
  connectionString: "postgres://app@db.example.com/app?sslmode=require",
  ssl: { rejectUnauthorized: false },
});
