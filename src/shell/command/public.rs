//! Hosts from which everybody gets other people's software.

/// Hosts that publish other people's software to the public; a company keeps its own certificates elsewhere.
static PUBLIC_HOSTS: &[&str] = &[
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "sourceforge.net",
    "googlesource.com",
    "kernel.org",
    "gnu.org",
    "apache.org",
    "debian.org",
    "ubuntu.com",
    "fedoraproject.org",
    "alpinelinux.org",
    "python.org",
    "pypi.org",
    "pythonhosted.org",
    "nodejs.org",
    "npmjs.org",
    "nodesource.com",
    "yarnpkg.com",
    "rustup.rs",
    "crates.io",
    "rust-lang.org",
    "go.dev",
    "golang.org",
    "rubygems.org",
    "packagist.org",
    "getcomposer.org",
    "maven.org",
    "gradle.org",
    "openjdk.org",
    "adoptium.net",
    "corretto.aws",
    "oracle.com",
    "docker.com",
    "k8s.io",
    "helm.sh",
    "hashicorp.com",
    "awscli.amazonaws.com",
    "amazoncloudwatch-agent.s3.amazonaws.com",
    "lambda-insights.s3.amazonaws.com",
    "storage.googleapis.com",
    "dl.google.com",
    "dl-ssl.google.com",
    "packages.microsoft.com",
    "aka.ms",
    "dot.net",
    "postgresql.org",
    "mysql.com",
    "mongodb.org",
    "mongodb.com",
    "elastic.co",
    "nginx.org",
    "bun.sh",
    "deno.land",
    "astral.sh",
    "python-poetry.org",
    "anaconda.com",
    "conda.io",
    "cmake.org",
    "llvm.org",
    "openssl.org",
    "curl.se",
    "zlib.net",
    "freedesktop.org",
    "ffmpeg.org",
    "datadoghq.com",
    "newrelic.com",
    "git.io",
    "sh.rustup.rs",
    "get.docker.com",
    "pnpm.io",
    "starship.rs",
    "volta.sh",
    "sdkman.io",
    "dl.min.io",
    "launchpad.net",
    "perl.org",
    "cpan.org",
    "php.net",
    "haskell.org",
    "swift.org",
    "nvidia.com",
    "developer.arm.com",
    "savannah.nongnu.org",
    "videolan.org",
    "cloudflare.com",
    "pulumi.com",
    "terraform.io",
];

/// Whether a URL's host publishes software to the public.
pub(super) fn is_public(url: &str) -> bool {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    // `git@github.com:owner/name`
    let url = url.split_once('@').map_or(url, |(_, rest)| rest);
    let host = url.split(['/', ':', '?']).next().unwrap_or_default().trim_end_matches('\\').to_ascii_lowercase();
    PUBLIC_HOSTS.iter().any(|known| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_by_whole_labels() {
        assert!(is_public("https://github.com/a/b"));
        assert!(is_public("git@github.com:a/b.git"));
        assert!(is_public("https://deb.nodesource.com/setup_20.x"));
        assert!(!is_public("https://notgithub.com/a"));
        assert!(!is_public("https://github.com.evil.example/a"));
    }
}
