//! Drivers of MySQL and MariaDB: PyMySQL, aiomysql, mysqlclient, mysql-connector-python.

use super::arguments::Arguments;
use super::library::Call;
use super::machine::Machine;
use super::object::Object;
use super::shape::Shape;
use crate::client::Driver;
use crate::client::dialect::{AIOMYSQL, MYSQL_CONNECTOR, MYSQLCLIENT, PYMYSQL};

/// Every call that connects.
pub static CALLS: &[(&str, Call)] = &[
    ("pymysql.connect", pymysql),
    ("pymysql.Connect", pymysql),
    ("pymysql.Connection", pymysql),
    ("pymysql.connections.Connection", pymysql),
    ("aiomysql.connect", aiomysql),
    ("aiomysql.create_pool", aiomysql),
    ("aiomysql.sa.create_engine", aiomysql),
    ("MySQLdb.connect", mysqlclient),
    ("MySQLdb.Connect", mysqlclient),
    ("MySQLdb.Connection", mysqlclient),
    ("MySQLdb.connections.Connection", mysqlclient),
    ("mysql.connector.connect", mysql_connector),
    ("mysql.connector.Connect", mysql_connector),
    ("mysql.connector.MySQLConnection", mysql_connector),
    ("mysql.connector.connection.MySQLConnection", mysql_connector),
    ("mysql.connector.pooling.MySQLConnectionPool", mysql_connector),
    ("mysql.connector.aio.connect", mysql_connector),
];

/// What concerns TLS, of any of them.
pub const NAMES: &[&str] = &[
    "ssl",
    "ssl_mode",
    "ssl_ca",
    "ssl_cert",
    "ssl_key",
    "ssl_verify_cert",
    "ssl_verify_identity",
    "ssl_disabled",
    "ssl_check_hostname",
    "use_pure",
    "unix_socket",
];

fn connect<'a>(machine: &mut Machine<'a>, driver: &'static Driver, arguments: &Arguments<'a>) -> Object<'a> {
    let mut arguments = arguments.clone();
    // What an option file says is not seen.
    if ["read_default_file", "option_files"].iter().any(|name| arguments.by_name(name).is_some()) {
        arguments.unseen = Some("an option file has settings".to_owned());
    }
    Shape { driver, via: None, string: None, host: ("host", Some(0)), names: NAMES }.connect(machine, &arguments);
    Object::unknown("it is a connection")
}

fn pymysql<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    connect(machine, &PYMYSQL, arguments)
}

fn aiomysql<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    connect(machine, &AIOMYSQL, arguments)
}

fn mysqlclient<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    connect(machine, &MYSQLCLIENT, arguments)
}

fn mysql_connector<'a>(machine: &mut Machine<'a>, _: &str, arguments: &Arguments<'a>) -> Object<'a> {
    connect(machine, &MYSQL_CONNECTOR, arguments)
}
