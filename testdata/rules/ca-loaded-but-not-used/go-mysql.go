// expect: warning ca-loaded-but-not-used 10
// row: go-sql-driver/mysql ?tls=rds-skip
package main

import "crypto/tls"
import "crypto/x509"
import "github.com/go-sql-driver/mysql"

func register(pool *x509.CertPool) error {
	return mysql.RegisterTLSConfig("rds", &tls.Config{RootCAs: pool, InsecureSkipVerify: true})
}
