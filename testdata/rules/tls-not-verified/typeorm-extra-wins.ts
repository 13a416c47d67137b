// expect: error tls-not-verified 5
// row: TypeORM pg ssl:true + extra.ssl:{rejectUnauthorized:false}
import { DataSource } from "typeorm";

export default new DataSource({
  type: "postgres",
  host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
  ssl: true,
  extra: { ssl: { rejectUnauthorized: false } },
});
