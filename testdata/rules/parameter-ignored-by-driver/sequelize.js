// expect: error parameter-ignored-by-driver 5
// row: Sequelize pg ssl:true (top level)
const { Sequelize } = require("sequelize");

const database = new Sequelize("app", "app", "secret", { dialect: "postgres", host: "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", ssl: true });
