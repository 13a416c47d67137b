// Tries settings of Go clients against the laboratory's servers: jobs as JSON from stdin, outcomes as JSON to stdout.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	mysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v4"
	_ "github.com/lib/pq"
)

const seconds = 15
const askPostgres = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
const askMySQL = "show status like 'Ssl_cipher'"

type job struct {
	ID, Client, Code, Server string
}

type order struct {
	Host, CA string
	Ports    map[string]map[string]int
	Jobs     []job
}

func roots(path string) *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(path)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		panic("the laboratory's authority cannot be read")
	}
	return pool
}

func attempt(o order, j job, port int) (bool, error) {
	words := strings.ReplaceAll(strings.ReplaceAll(j.Code, "=CA", "="+o.CA), "=MISSING", "=/nonexistent/ca.pem")
	dsn := fmt.Sprintf("host=%s port=%d user=u dbname=postgres connect_timeout=10 ", o.Host, port)
	switch j.Client {
	case "lib/pq":
		db, err := sql.Open("postgres", dsn+words)
		if err != nil {
			return false, err
		}
		defer db.Close()
		var encrypted bool
		err = db.QueryRow(askPostgres).Scan(&encrypted)
		return encrypted, err
	case "pgx":
		ctx, stop := context.WithTimeout(context.Background(), seconds*time.Second)
		defer stop()
		own := strings.HasPrefix(words, "config:")
		if own {
			dsn += "sslmode=disable"
		} else {
			dsn += words
		}
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return false, err
		}
		if own {
			config.TLSConfig = &tls.Config{RootCAs: roots(o.CA), ServerName: o.Host, InsecureSkipVerify: words == "config:skip"}
		}
		connection, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return false, err
		}
		defer connection.Close(ctx)
		var encrypted bool
		err = connection.QueryRow(ctx, askPostgres).Scan(&encrypted)
		return encrypted, err
	default:
		db, err := sql.Open("mysql", fmt.Sprintf("u@tcp(%s:%d)/test%s", o.Host, port, words))
		if err != nil {
			return false, err
		}
		defer db.Close()
		var name, cipher string
		err = db.QueryRow(askMySQL).Scan(&name, &cipher)
		return cipher != "", err
	}
}

func outcome(o order, j job, port int) string {
	encrypted, err := attempt(o, j, port)
	if err != nil {
		return "refuses " + err.Error()
	}
	if encrypted {
		return "tls"
	}
	return "plain"
}

func main() {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		panic(err)
	}
	mysql.RegisterTLSConfig("rds", &tls.Config{RootCAs: roots(o.CA)})
	mysql.RegisterTLSConfig("rds-skip", &tls.Config{RootCAs: roots(o.CA), InsecureSkipVerify: true})
	for _, j := range o.Jobs {
		outcomes := map[string]string{}
		for _, server := range []string{"good", "plain", "evil", "wrong"} {
			outcomes[server] = outcome(o, j, o.Ports[j.Server][server])
		}
		json.NewEncoder(os.Stdout).Encode(map[string]any{"id": j.ID, "outcomes": outcomes})
	}
}
