//! Finds the credentials a user has for a registry: in the files of docker and of podman, and through their helpers.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential};

use crate::text;

/// A configuration file is far smaller; more than this is not one.
const LARGEST_FILE: u64 = 4 << 20;

/// The files that docker, podman and skopeo read, in the order in which they are asked here: `REGISTRY_AUTH_FILE`, then
/// `DOCKER_CONFIG` or `~/.docker`, then the `auth.json` of the containers tools.
pub fn credential_files() -> Vec<PathBuf> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = env::home_dir();
    let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    [
        variable("REGISTRY_AUTH_FILE"),
        variable("DOCKER_CONFIG").or_else(|| below_home(".docker")).map(|folder| folder.join("config.json")),
        variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        variable("XDG_CONFIG_HOME").or_else(|| below_home(".config")).map(|folder| folder.join("containers/auth.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a user proves to be somebody with.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    /// A name and a password or access token.
    Password { user: String, password: String },
    /// A refresh token, which a token service takes in place of a password.
    Identity(String),
}

/// A secret and the file it comes from.
#[derive(Clone)]
pub(super) struct Credential {
    pub(super) secret: Secret,
    pub(super) from: PathBuf,
}

/// What came of the search.
#[derive(Default)]
pub(super) struct Search {
    pub(super) found: Option<Credential>,
    looked_in: Vec<PathBuf>,
    problems: Vec<String>,
}

impl Search {
    /// Looks for credentials for a repository of a registry. Starts a credential helper where one is configured, and so
    /// may wait for it.
    pub(super) fn run(files: &[PathBuf], host: &str, repository: &str) -> Self {
        let mut search = Self::default();
        for file in files {
            search.looked_in.push(file.clone());
            match look(file, host, repository) {
                Ok(None) => {}
                Ok(Some(secret)) => {
                    search.found = Some(Credential { secret, from: file.clone() });
                    break;
                }
                Err(problem) => search.problems.push(format!("{}: {problem}", file.display())),
            }
        }
        search
    }

    /// A search that could not be made.
    pub(super) fn failed(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()], ..Self::default() }
    }

    /// Where was looked, and what went wrong there, for the message of a refusal.
    pub(super) fn account(&self) -> String {
        let files: Vec<_> = self.looked_in.iter().map(|file| file.display().to_string()).collect();
        let place = if files.is_empty() { "nowhere to look".to_owned() } else { files.join(", ") };
        match self.problems.as_slice() {
            [] => place,
            problems => format!("{place} ({})", problems.join("; ")),
        }
    }
}

fn look(file: &Path, host: &str, repository: &str) -> Result<Option<Secret>, String> {
    let mut text = String::new();
    match File::open(file).and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let config: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("not JSON ({error})"))?;
    for key in keys(&config, host, repository) {
        match docker_credential::get_credential_from_reader(text.as_bytes(), &key) {
            Ok(DockerCredential::UsernamePassword(user, password)) => {
                return Ok(Some(Secret::Password { user, password }));
            }
            Ok(DockerCredential::IdentityToken(token)) => return Ok(Some(Secret::Identity(token))),
            Err(CredentialRetrievalError::NoCredentialConfigured) => {}
            // Every helper of docker says so when it simply has none (docker-credential-helpers, "credentials.go").
            Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => {
            }
            Err(CredentialRetrievalError::HelperFailure { helper, stdout, stderr }) => {
                let said = if stderr.trim().is_empty() { stdout } else { stderr };
                let line: String = said.trim().lines().next().unwrap_or_default().chars().take(200).collect();
                return Err(format!("{} failed: {}", text::escape(&helper), text::escape(&line)));
            }
            Err(CredentialRetrievalError::HelperCommunicationError) => {
                return Err("its credential helper cannot be started; is it installed and in PATH?".to_owned());
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(None)
}

/// The keys under which a registry may stand in a file, the most exact one first. Docker Hub is known by the address of its
/// first version; the containers tools also keep credentials for a part of a registry (`containers-auth.json(5)`).
fn keys(config: &serde_json::Value, host: &str, repository: &str) -> Vec<String> {
    let full = format!("{host}/{repository}");
    let mut keys: Vec<String> = Vec::new();
    let mut part = full.as_str();
    while part != host {
        if config.get("auths").and_then(|auths| auths.get(part)).is_some() {
            keys.push(part.to_owned());
        }
        part = part.rsplit_once('/').map_or(host, |(shorter, _)| shorter);
    }
    if host == "docker.io" {
        keys.push("https://index.docker.io/v1/".to_owned());
    }
    keys.push(host.to_owned());
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn found(config: &str, host: &str, repository: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, config).unwrap();
        let search = Search::run(&[folder.path().join("absent.json"), file], host, repository);
        assert!(search.problems.is_empty(), "{:?}", search.problems);
        search.found.map(|credential| match credential.secret {
            Secret::Password { user, password } => format!("{user}:{password}"),
            Secret::Identity(token) => token,
        })
    }

    #[test]
    fn credentials_belong_to_one_host_and_port() {
        let auth = base64::engine::general_purpose::STANDARD.encode("me:secret");
        let config = format!(
            r#"{{"auths": {{"registry.example.com": {{"auth": "{auth}"}}, "https://a.example:5000/v1/": {{"auth": "{auth}"}}}}}}"#
        );
        assert_eq!(found(&config, "registry.example.com", "a").as_deref(), Some("me:secret"));
        assert_eq!(found(&config, "a.example:5000", "a").as_deref(), Some("me:secret"));
        assert_eq!(found(&config, "registry.example.com:5000", "a"), None);
        assert_eq!(found(&config, "a.example", "a"), None);
        assert_eq!(found(&config, "example.com", "a"), None);
        assert_eq!(found(&config, "registry.example.com.evil.example", "a"), None);
    }

    #[test]
    fn docker_hub_is_known_by_its_old_address() {
        let config = r#"{"auths": {"https://index.docker.io/v1/": {"identitytoken": "token"}}}"#;
        assert_eq!(found(config, "docker.io", "library/a").as_deref(), Some("token"));
        let config = r#"{"auths": {"docker.io": {"username": "me", "password": "p"}}}"#;
        assert_eq!(found(config, "docker.io", "library/a").as_deref(), Some("me:p"));
    }

    #[test]
    fn the_most_exact_entry_wins() {
        let config =
            r#"{"auths": {"q.example/team": {"identitytoken": "team"}, "q.example": {"identitytoken": "all"}}}"#;
        assert_eq!(found(config, "q.example", "team/app").as_deref(), Some("team"));
        assert_eq!(found(config, "q.example", "teams/app").as_deref(), Some("all"));
    }

    #[test]
    fn a_file_as_large_as_none_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        for (padding, is_read) in [(3 << 20, true), (4 << 20, false)] {
            let config = r#"{"auths": {"a.example": {"identitytoken": "token"}}}"#;
            std::fs::write(&file, format!("{}{config}", " ".repeat(padding))).unwrap();
            let search = Search::run(std::slice::from_ref(&file), "a.example", "b");
            assert_eq!(search.found.is_some(), is_read, "{padding}: {}", search.account());
        }
    }

    #[test]
    fn what_goes_wrong_is_accounted_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, r#"{"credHelpers": {"a.example": "is-not-installed-anywhere"}}"#).unwrap();
        let search = Search::run(std::slice::from_ref(&file), "a.example", "b");
        assert!(search.found.is_none());
        assert!(search.account().contains("credential helper cannot be started"), "{}", search.account());
        std::fs::write(&file, "{").unwrap();
        assert!(Search::run(&[file], "a.example", "b").account().contains("not JSON"));
    }
}
