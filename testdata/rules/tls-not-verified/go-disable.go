// expect: error tls-not-verified 12
// row: lib/pq sslmode=disable
package main

import (
	"database/sql"
	"fmt"
	_ "github.com/lib/pq"
)

func open(user string) (*sql.DB, error) {
	return sql.Open("postgres", fmt.Sprintf("host=%s user=%s sslmode=disable", "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", user))
}
