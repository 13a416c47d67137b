//! The variables by which programs are told where authorities are, and the paths that an image's environment gives them.

use crate::client;
use crate::oci::manifest::Config;
use crate::tree::TreePath;

use super::facts::Wanted;

/// How the value of a variable is read.
#[derive(Clone, Copy)]
enum Form {
    /// One path.
    Path(Wanted),
    /// As in libpq: one path, or `system` for the system's own authorities.
    PathOrSystem,
    /// Directories with colons between them; those that are not there are passed over.
    Directories,
    /// Options of a Java virtual machine.
    JavaOptions,
}

/// A variable, who reads it, and how.
type Variable = (&'static str, &'static str, Form);

/// All that are looked at, each from the documentation of whoever reads it.
const VARIABLES: &[Variable] = &[
    ("PGSSLROOTCERT", "libpq", Form::PathOrSystem),
    ("SSL_CERT_FILE", "OpenSSL and Go", Form::Path(Wanted::File)),
    ("SSL_CERT_DIR", "OpenSSL and Go", Form::Directories),
    ("NODE_EXTRA_CA_CERTS", "Node.js", Form::Path(Wanted::File)),
    ("AWS_CA_BUNDLE", "the AWS CLI and SDKs", Form::Path(Wanted::File)),
    ("REQUESTS_CA_BUNDLE", "Python's requests", Form::Path(Wanted::Either)),
    ("CURL_CA_BUNDLE", "curl and Python's requests", Form::Path(Wanted::Either)),
    ("MYSQL_ATTR_SSL_CA", "Laravel", Form::Path(Wanted::File)),
    ("MYSQL_SSL_CA", "MySQL clients", Form::Path(Wanted::File)),
    ("JAVA_TOOL_OPTIONS", "Java", Form::JavaOptions),
    ("JDK_JAVA_OPTIONS", "Java", Form::JavaOptions),
    ("JAVA_OPTS", "Java", Form::JavaOptions),
];

/// Whether a variable is one of those that say where authorities are, so that its value is needed to judge an image. Those of others may be secrets.
pub fn is_ca_variable(name: &str) -> bool {
    VARIABLES.iter().any(|(known, ..)| *known == name)
}

/// The property that names the trust store of a Java virtual machine.
const TRUST_STORE: &str = "-Djavax.net.ssl.trustStore=";

/// A variable that an image sets.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Who reads it.
    pub read_by: &'static str,
    /// What it has to lead to.
    pub wanted: Wanted,
    /// What it says, as written.
    pub value: String,
    /// The paths it names; none where it can't be told what it means.
    pub paths: Vec<TreePath>,
}

/// The variables of an image's environment that name certificates, in the order of the table. Of a variable that is set twice
/// the last counts; one that is empty is not set.
pub fn settings(config: &Config) -> Vec<Setting> {
    let working_directory = TreePath::new(&config.working_directory);
    let mut found = Vec::new();
    for (name, read_by, form) in VARIABLES {
        let mut pairs = config.env.iter().filter_map(|pair| pair.split_once('='));
        let Some((_, value)) = pairs.rfind(|(set, _)| set == name) else { continue };
        let (value, wanted) = match form {
            Form::Path(wanted) => (value, *wanted),
            Form::PathOrSystem if value == "system" => continue,
            Form::PathOrSystem => (value, Wanted::File),
            Form::Directories => (value, Wanted::Directory),
            Form::JavaOptions => match trust_store(value) {
                Some(path) => (path, Wanted::File),
                None => continue,
            },
        };
        if value.is_empty() {
            continue;
        }
        let parts: Vec<_> = match form {
            Form::Directories => value.split(':').filter(|part| !part.is_empty()).collect(),
            _ => vec![value],
        };
        // A shell, or the program itself, may put something in its place that is not known here.
        let told = !parts.iter().any(|part| part.contains('$'));
        let paths = parts.into_iter().filter(|_| told).map(|part| working_directory.resolve(part)).collect();
        found.push(Setting { name, read_by, wanted, value: value.to_owned(), paths });
    }
    found
}

/// All paths that the environment of an image names as certificates: they are worth watching from the start.
pub fn ca_paths(config: &Config) -> impl Iterator<Item = TreePath> {
    settings(config).into_iter().flat_map(|setting| setting.paths)
}

/// Where something else may be mounted over a path when the image runs.
pub fn mount(path: &TreePath, config: &Config) -> Option<TreePath> {
    let variables = config.env.iter().filter_map(|pair| Some(pair.split_once('=')?.0));
    client::mount(path, config.volumes.iter().map(TreePath::new), variables)
}

/// The trust store that options of a virtual machine name; the last of them counts. `NONE` stands for a store that is no file.
fn trust_store(options: &str) -> Option<&str> {
    let options = options.split_whitespace().map(|option| option.trim_matches(['"', '\'']));
    let path = options.filter_map(|option| option.strip_prefix(TRUST_STORE)).next_back()?;
    Some(path.trim_matches(['"', '\''])).filter(|path| *path != "NONE")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(pair: &str) -> Vec<String> {
        let config = Config { env: vec![pair.to_owned()], working_directory: "/srv".to_owned(), ..Config::default() };
        ca_paths(&config).map(|path| path.to_string()).collect()
    }

    #[test]
    fn each_form_of_a_value_is_read() {
        for (pair, expected) in [
            ("PGSSLROOTCERT=/opt/rds.pem", &["/opt/rds.pem"][..]),
            ("PGSSLROOTCERT=rds.pem", &["/srv/rds.pem"]),
            ("PGSSLROOTCERT=system", &[]),
            ("SSL_CERT_FILE=", &[]),
            ("SSL_CERT_FILE=system", &["/srv/system"]),
            ("SSL_CERT_DIR=/a::/b", &["/a", "/b"]),
            ("AWS_CA_BUNDLE=$HOME/ca.pem", &[]),
            ("JAVA_TOOL_OPTIONS=-Xmx1g \"-Djavax.net.ssl.trustStore=/opt/ts\" -x", &["/opt/ts"]),
            ("JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore='/opt/ts'", &["/opt/ts"]),
            ("JAVA_OPTS=-Djavax.net.ssl.trustStore=NONE", &[]),
            ("JAVA_OPTS=-Djavax.net.ssl.trustStorePassword=changeit", &[]),
            ("HOME=/root", &[]),
        ] {
            assert_eq!(paths(pair), expected, "{pair}");
        }
    }
}
