//! Base images by name: which are Amazon Linux, of which generation, and what they bring.
//!
//! Tags move, so the day of the build decides some. The rows were made from the Dockerfiles and tag lists that the images' own
//! publishers keep (docker-library/official-images, aws/aws-lambda-base-images, corretto/corretto-docker, aws/aws-cli, …).

use globset::GlobMatcher;
use jiff::civil::Date;

use crate::shell::matches;

use super::facts::Os;

mod table;

use table::{MIRRORS, OFFICIAL, OTHER, OTHERS, ROWS, Row, UNKNOWN_GENERATION};

/// What is known of an image by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its operating system.
    pub os: Os,
    /// Whether it is known that it holds no RDS certificates: a published image does not, a company's own may.
    pub published: bool,
    /// What kind of image it is, where that brings more than files.
    pub kind: Kind,
}

/// Images that bring an environment of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing that matters.
    Plain,
    /// An AWS Lambda base image: `/var/task`, `LAMBDA_TASK_ROOT`, and a user of Lambda's own.
    Lambda,
    /// Amazon Corretto: `JAVA_HOME`.
    Corretto,
    /// The AWS command line: works in `/aws`.
    AwsCli,
    /// Windows: scripts are for cmd.
    Windows,
    /// An image of Bitnami's: runs as user 1001.
    Bitnami,
}

/// What the owner of base images says of them.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Which images: a pattern of references.
    pub image: GlobMatcher,
    /// Their operating system; none where that is not said.
    pub os: Option<Os>,
    /// Whether they bring the bundle; none where that is not said.
    pub bundle: Option<bool>,
}

/// A reference in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'r> {
    /// Registry and repository.
    pub name: &'r str,
    /// The tag, where there is one.
    pub tag: Option<&'r str>,
    /// The digest, where there is one.
    pub digest: Option<&'r str>,
}

impl<'r> Reference<'r> {
    /// Takes a reference apart.
    pub fn new(reference: &'r str) -> Self {
        let (rest, digest) = reference.split_once('@').map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
        let (name, tag) = match rest.rsplit_once(':') {
            // A `/` behind the colon: it was a port.
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        Self { name, tag, digest }
    }

    /// The tag that decides: none named is `latest`, unless a digest is.
    fn effective_tag(&self) -> Option<&'r str> {
        self.tag.or(if self.digest.is_some() { None } else { Some("latest") })
    }
}

/// What is known of an image, on a day.
pub fn image(reference: &str, at: Date) -> Image {
    let reference = Reference::new(reference);
    let name = reference.name.to_ascii_lowercase();
    let name = name.strip_prefix("docker.io/").or(name.strip_prefix("index.docker.io/")).unwrap_or(&name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let (name, tag) = canonical(name, reference.effective_tag());
    let ends = ends(&name);
    let names_it = |row: &&Row| {
        let slashes = row.name.bytes().filter(|byte| *byte == b'/').count();
        ends.get(slashes).is_some_and(|end| matches(row.name, end))
    };
    let matching: Vec<&Row> = ROWS.iter().filter(names_it).collect();
    if !matching.is_empty() {
        let published = is_published(&name);
        let fits = |row: &&&Row| {
            tag.as_deref().is_some_and(|tag| matches(row.tag, tag)) && row.since.is_none_or(|since| since <= at)
        };
        let row = matching.iter().find(fits);
        if let Some(row) = row {
            let os = match row.os {
                OTHER => Os::Other,
                UNKNOWN_GENERATION => Os::Amazon { version: None },
                version => Os::Amazon { version: Some(version.to_owned()) },
            };
            return Image { os, published, kind: row.kind };
        }
        // A digest alone: what all rows of the name agree on.
        if tag.is_none()
            && matching.iter().all(|row| row.os != OTHER)
            && !matches!(name.as_str(), "swift" | "nvidia/cuda")
        {
            let kind = matching.first().map_or(Kind::Plain, |row| row.kind);
            return Image { os: Os::Amazon { version: None }, published, kind };
        }
    }
    let windows = name.starts_with("mcr.microsoft.com/windows") || name.starts_with("mcr.microsoft.com/powershell");
    let bitnami = name.starts_with("bitnami/") || name.starts_with("public.ecr.aws/bitnami/");
    let kind = if windows {
        Kind::Windows
    } else if bitnami {
        Kind::Bitnami
    } else {
        Kind::Plain
    };
    let official = !name.contains('/') || mirrored(&name).is_some_and(|official| OFFICIAL.contains(&official));
    if official || OTHERS.iter().any(|pattern| matches(pattern, &name)) {
        return Image { os: Os::Other, published: true, kind };
    }
    Image { os: Os::Unknown, published: false, kind: Kind::Plain }
}

/// `sam/build-python3.12` as `lambda/python` with tag `3.12`, `amazon/aws-lambda-python` as `lambda/python`.
fn canonical(name: &str, tag: Option<&str>) -> (String, Option<String>) {
    let (directory, last) = name.rsplit_once('/').map_or(("", name), |(directory, last)| (directory, last));
    if let Some(runtime) = last.strip_prefix("build-").filter(|_| directory.ends_with("sam")) {
        let at =
            runtime.find(|character: char| character.is_ascii_digit() || character == '.').unwrap_or(runtime.len());
        let (runtime, version) = runtime.split_at(at);
        return (format!("public.ecr.aws/lambda/{runtime}"), Some(version.trim_start_matches('.').to_owned()));
    }
    let tag = tag.map(str::to_owned);
    match last.strip_prefix("aws-lambda-").filter(|_| directory.ends_with("amazon")) {
        Some(runtime) => (format!("public.ecr.aws/lambda/{runtime}"), tag),
        None => (name.to_owned(), tag),
    }
}

/// The last component of a name, the last two, and so on up to all of it: what a row's name may stand for.
fn ends(name: &str) -> Vec<&str> {
    let slashes = name.rmatch_indices('/').map(|(at, _)| &name[at + 1..]);
    slashes.chain([name]).collect()
}

/// The last component of a name that stands below a mirror's namespace.
fn mirrored(name: &str) -> Option<&str> {
    let (directory, last) = name.rsplit_once('/')?;
    directory.rsplit('/').next().filter(|namespace| MIRRORS.contains(namespace)).map(|_| last)
}

/// Whether an image of Amazon's has it by its publisher, straight or through a mirror, and is not a company's own of that name.
fn is_published(name: &str) -> bool {
    let Some((directory, last)) = name.rsplit_once('/') else { return true };
    let namespace = directory.rsplit('/').next().unwrap_or(directory);
    let publishers = [
        "amazonlinux",
        "amazoncorretto",
        "amazon",
        "aws-cli",
        "lambda",
        "aws",
        "codebuild",
        "nvidia",
        "deep-learning-containers",
        "eks-distro-build-tooling",
        "aws-observability",
        "xray",
        "spark",
    ];
    MIRRORS.contains(&namespace)
        || publishers.contains(&namespace)
            && (last != namespace || namespace.starts_with("amazon") || namespace == "aws-cli")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn os(reference: &str) -> String {
        describe(&image(reference, date(2026, 11, 24)))
    }

    fn describe(image: &Image) -> String {
        let os = match &image.os {
            Os::Amazon { version } => version.clone().unwrap_or("?".to_owned()),
            Os::Other => "other".to_owned(),
            Os::Unknown => "unknown".to_owned(),
        };
        if image.published { os } else { format!("{os} own") }
    }

    #[test]
    fn names_and_tags_tell_the_system() {
        for (reference, expected) in [
            ("amazonlinux", "2023"),
            ("amazonlinux:2", "2"),
            ("amazonlinux:2.0.20240529.0", "2"),
            ("amazonlinux:2018.03", "2018.03"),
            ("docker.io/library/amazonlinux:2023", "2023"),
            ("public.ecr.aws/amazonlinux/amazonlinux:2023-minimal", "2023"),
            ("public.ecr.aws/docker/library/amazonlinux:2", "2"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/library/amazonlinux:2023", "2023"),
            ("harbor.example.com/docker.io/amazonlinux:2", "2"),
            ("registry.example.com:5000/team/amazonlinux:2", "2 own"),
            ("public.ecr.aws/lambda/python:3.6", "2018.03"),
            ("public.ecr.aws/lambda/python:3.11", "2"),
            ("public.ecr.aws/lambda/python:3.12-arm64", "2023"),
            ("amazon/aws-lambda-python:3.9", "2"),
            ("public.ecr.aws/lambda/java:11.al2023-x86_64", "2023"),
            ("public.ecr.aws/lambda/java:8.al2", "2"),
            ("public.ecr.aws/lambda/java:8", "2018.03"),
            ("public.ecr.aws/lambda/provided:al2", "2"),
            ("public.ecr.aws/lambda/nodejs@sha256:00", "?"),
            ("public.ecr.aws/sam/build-python3.12:latest", "2023"),
            ("amazoncorretto:25-alpine3.23", "other"),
            ("amazoncorretto:17", "2023"),
            ("amazoncorretto:17-al2-jdk", "2"),
            ("amazoncorretto:21-headless", "2023"),
            ("swift:6.0-amazonlinux2", "2"),
            ("swift:6.0", "other"),
            ("amazon/aws-cli", "2023"),
            ("nvidia/cuda:12.9.1-base-amzn2023", "2023"),
            ("nvidia/cuda:12.9.1-base-ubuntu22.04", "other"),
            ("public.ecr.aws/docker/library/rust:1.97.1", "other"),
            ("public.ecr.aws/lts/ubuntu:22.04_stable", "other"),
            ("harbor.example.com/docker.io/debian:stable", "other"),
            ("gcr.io/distroless/cc", "other"),
            ("node", "other"),
            ("logindotgov/base", "unknown own"),
            ("registry.example.com/team/base:1", "unknown own"),
        ] {
            assert_eq!(os(reference), expected, "{reference}");
        }
    }

    #[test]
    fn tags_that_moved_are_told_by_the_day() {
        for (reference, day, expected) in [
            ("amazonlinux:latest", date(2023, 3, 14), "2"),
            ("amazonlinux:latest", date(2023, 3, 15), "2023"),
            ("amazoncorretto:11", date(2026, 7, 22), "2"),
            ("amazoncorretto:11", date(2026, 7, 23), "2023"),
            ("amazon/aws-cli:latest", date(2025, 7, 13), "2"),
            ("public.ecr.aws/aws-cli/aws-cli:latest", date(2025, 7, 14), "2023"),
        ] {
            assert_eq!(describe(&image(reference, day)), expected, "{reference} on {day}");
        }
    }

    #[test]
    fn references_are_taken_apart() {
        let reference = Reference::new("h:5000/a/b:1@sha256:00");
        assert_eq!((reference.name, reference.tag, reference.digest), ("h:5000/a/b", Some("1"), Some("sha256:00")));
        assert_eq!(Reference::new("h:5000/a").tag, None);
    }
}
