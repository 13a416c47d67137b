//! Where something else may lie over an image's files when it runs: what the image has there says nothing.

use crate::tree::TreePath;

/// Where container runtimes and orchestrators mount secrets: Docker and Podman, Kubernetes' CSI driver for secrets (in its manual's
/// examples), and HashiCorp Vault's injector (its default).
const SECRETS: &[&str] = &["/run/secrets", "/var/run/secrets", "/mnt/secrets-store", "/vault/secrets"];

/// Where AWS Lambda unpacks the layers of a function, and what tells that an image is made for it.
const LAMBDA_LAYERS: &str = "/opt";
const LAMBDA_VARIABLE: &str = "LAMBDA_TASK_ROOT";

/// The place over which something may be mounted that a path lies in; none where there is none. `volumes` are the image's own, `variables` the
/// names in its environment.
pub fn mount<'v>(
    path: &TreePath,
    volumes: impl IntoIterator<Item = TreePath>,
    mut variables: impl Iterator<Item = &'v str>,
) -> Option<TreePath> {
    let layers = variables.any(|name| name == LAMBDA_VARIABLE).then(|| TreePath::new(LAMBDA_LAYERS));
    let all = SECRETS.iter().map(TreePath::new).chain(layers).chain(volumes);
    all.into_iter().find(|mount| !mount.is_root() && path.starts_with(mount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_secrets_and_layers_may_be_mounted_over() {
        let over = |path: &str, variables: &[&str]| {
            let volumes = [TreePath::new("/data/"), TreePath::new("/")];
            mount(&TreePath::new(path), volumes, variables.iter().copied()).map(|mount| mount.to_string())
        };
        assert_eq!(over("/run/secrets/ca.pem", &[]).as_deref(), Some("/run/secrets"));
        assert_eq!(over("/mnt/secrets-store/ca.pem", &[]).as_deref(), Some("/mnt/secrets-store"));
        assert_eq!(over("/data/ca.pem", &[]).as_deref(), Some("/data"));
        assert_eq!(over("/database/ca.pem", &[]), None);
        assert_eq!(over("/opt/rds.pem", &["PATH"]), None);
        assert_eq!(over("/opt/rds.pem", &["PATH", "LAMBDA_TASK_ROOT"]).as_deref(), Some("/opt"));
    }
}
