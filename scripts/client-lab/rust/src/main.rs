//! Tries settings of Rust clients against the laboratory's servers: jobs as JSON from stdin, outcomes as JSON to stdout.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use sqlx::{Connection as _, Row as _};

const POSTGRES: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
const MYSQL: &str = "show status like 'Ssl_cipher'";
const SECONDS: u64 = 15;

#[derive(serde::Deserialize)]
struct Order {
    host: String,
    ca: String,
    ports: BTreeMap<String, BTreeMap<String, u16>>,
    jobs: Vec<Job>,
}

#[derive(serde::Deserialize)]
struct Job {
    id: String,
    client: String,
    code: String,
    server: String,
}

type Outcome = Result<bool, Box<dyn Error>>;

async fn sqlx_postgres(order: &Order, query: &str, port: u16) -> Outcome {
    let url = format!("postgres://u@{}:{port}/postgres{query}", order.host);
    let mut connection = sqlx::PgConnection::connect(&url).await?;
    Ok(sqlx::query(POSTGRES).fetch_one(&mut connection).await?.try_get(0)?)
}

async fn sqlx_mysql(order: &Order, query: &str, port: u16) -> Outcome {
    let url = format!("mysql://u@{}:{port}/test{query}", order.host);
    let mut connection = sqlx::MySqlConnection::connect(&url).await?;
    let cipher: String = sqlx::query(MYSQL).fetch_one(&mut connection).await?.try_get(1)?;
    Ok(!cipher.is_empty())
}

async fn tokio_postgres(order: &Order, words: &str, port: u16) -> Outcome {
    let (connector, mode) = words.split_once(' ').ok_or("two words")?;
    let dsn = format!("host={} port={port} user=u dbname=postgres sslmode={mode}", order.host);
    let mut builder = native_tls::TlsConnector::builder();
    match connector {
        "none" => return ask(tokio_postgres::connect(&dsn, tokio_postgres::NoTls).await?).await,
        "ca" => {
            builder.add_root_certificate(native_tls::Certificate::from_pem(&std::fs::read(&order.ca)?)?);
        }
        "danger" => {
            builder.danger_accept_invalid_certs(true);
        }
        _ => {}
    }
    let connector = postgres_native_tls::MakeTlsConnector::new(builder.build()?);
    ask(tokio_postgres::connect(&dsn, connector).await?).await
}

async fn ask<S, T>((client, connection): (tokio_postgres::Client, tokio_postgres::Connection<S, T>)) -> Outcome
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(connection);
    Ok(client.query_one(POSTGRES, &[]).await?.get(0))
}

async fn attempt(order: &Order, job: &Job, port: u16) -> Outcome {
    let code = job.code.replace("=CA", &format!("={}", order.ca));
    match job.client.as_str() {
        "sqlx-pg" => sqlx_postgres(order, &code, port).await,
        "sqlx-mysql" => sqlx_mysql(order, &code, port).await,
        _ => tokio_postgres(order, &code, port).await,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let order: Order = serde_json::from_reader(std::io::stdin())?;
    for job in &order.jobs {
        let mut outcomes = BTreeMap::new();
        for server in ["good", "plain", "evil", "wrong"] {
            let port = order.ports.get(&job.server).and_then(|ports| ports.get(server)).ok_or("a port")?;
            let said = match tokio::time::timeout(Duration::from_secs(SECONDS), attempt(&order, job, *port)).await {
                Ok(Ok(true)) => "tls".to_owned(),
                Ok(Ok(false)) => "plain".to_owned(),
                Ok(Err(error)) => format!("refuses {error}"),
                Err(_) => "refuses: no answer in time".to_owned(),
            };
            outcomes.insert(server, said);
        }
        println!("{}", serde_json::json!({ "id": job.id, "outcomes": outcomes }));
    }
    Ok(())
}
