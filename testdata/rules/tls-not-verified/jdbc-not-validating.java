// expect: error tls-not-verified 4
// row: pgjdbc ?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory
class Database {
    static final String URL = "jdbc:postgresql://app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/app" + "?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory";
}
