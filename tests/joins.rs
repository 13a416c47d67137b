//! Source files beside the Dockerfile of their image: where they look for authorities, and what the image has there.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use fixture::program;
use serde_json::Value;

/// Level (or `open`), rule and message of all that `rdsca check` finds in a folder with these files about a connection.
fn found(files: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let report = program::checked(files);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| text(&finding["location"]["path"]).ends_with(".py"))
        .map(|finding| {
            let level = if finding["kind"] == "open" { "open".to_owned() } else { text(&finding["level"]) };
            (level, text(&finding["rule"]), text(&finding["message"]))
        })
        .collect()
}

/// An image with the bundle at `/opt/certs/rds.pem`; more instructions come behind.
fn image(more: &str) -> String {
    format!(
        "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\nADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certs/rds.pem\nWORKDIR /app\nCOPY . .\n{more}\n"
    )
}

const HOST: &str = "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com";

fn connects(settings: &str) -> String {
    format!("import psycopg2\npsycopg2.connect(host=\"{HOST}\", {settings})\n")
}

/// What is said of one connection beside one Dockerfile: levels and rules, and all messages.
fn said(dockerfile: &str, settings: &str) -> (Vec<String>, String) {
    let found = found(&[("Dockerfile", dockerfile), ("db.py", &connects(settings))]);
    let mut rules: Vec<_> = found.iter().map(|(level, rule, _)| format!("{level} {rule}")).collect();
    rules.sort();
    let messages: Vec<_> = found.into_iter().map(|(.., message)| message).collect();
    (rules, messages.join("\n"))
}

#[test]
fn a_file_that_the_image_does_not_have_is_named_with_the_bundle() {
    let full = "sslmode=\"verify-full\", sslrootcert=\"/app/certs/rds.pem\"";
    let (rules, message) = said(&image(""), full);
    assert_eq!(rules, ["error ca-file-missing"]);
    assert!(
        message.contains("/app/certs/rds.pem, where there is no file; the bundle is at /opt/certs/rds.pem"),
        "{message}"
    );
    // Where it is, nothing is said; a path that is relative is seen from the working directory.
    assert_eq!(said(&image(""), "sslmode=\"verify-full\", sslrootcert=\"/opt/certs/rds.pem\"").0, [""; 0]);
    assert_eq!(said(&image("WORKDIR /opt"), "sslmode=\"verify-full\", sslrootcert=\"certs/rds.pem\"").0, [""; 0]);
    // With require nothing is checked then, and nothing is said by libpq.
    let (rules, _) = said(&image(""), "sslmode=\"require\", sslrootcert=\"/app/certs/rds.pem\"");
    assert_eq!(rules, ["error falls-open-without-bundle", "error tls-not-verified"]);
}

#[test]
fn what_may_be_mounted_or_made_is_not_missing() {
    let (rules, message) = said(&image(""), "sslmode=\"verify-full\", sslrootcert=\"/run/secrets/rds.pem\"");
    assert_eq!(rules, ["open ca-file-missing"]);
    assert!(message.contains("perhaps it is mounted at /run/secrets"), "{message}");
    let (rules, _) = said(&image("VOLUME /certs"), "sslmode=\"verify-full\", sslrootcert=\"/certs/rds.pem\"");
    assert_eq!(rules, ["open ca-file-missing"]);
    // A base of somebody's own may have anything, and so may what a script makes.
    let full = "sslmode=\"verify-full\", sslrootcert=\"/app/certs/rds.pem\"";
    assert_eq!(said("FROM registry.example.com/base:1\nCOPY . /app\n", full).0, [""; 0]);
    assert_eq!(said(&image("RUN ./fetch-certificates.sh"), full).0, [""; 0]);
}

#[test]
fn a_file_that_the_user_cannot_read_is_told_with_what_keeps_him_out() {
    let (rules, message) = said(
        &image(
            "RUN mkdir -p /app/certs && cp /opt/certs/rds.pem /app/certs/rds.pem && chmod 600 /app/certs/rds.pem\nUSER 1000",
        ),
        "sslmode=\"verify-full\", sslrootcert=\"/app/certs/rds.pem\"",
    );
    assert_eq!(rules, ["error ca-file-unreadable"]);
    assert!(message.contains("user 1000 can't read: /app/certs/rds.pem has mode 0600 and belongs to 0:0"), "{message}");
    let (rules, message) =
        said(&image("RUN chmod 600 /opt/certs/rds.pem\nUSER 1000"), "sslrootcert=\"/opt/certs/rds.pem\"");
    assert_eq!(rules, ["error ca-file-unreadable", "error root-certificate-without-mode"]);
    assert!(message.contains("plain text to the genuine server"), "{message}");
}

#[test]
fn a_file_that_is_no_bundle_is_told_with_what_it_is() {
    let dockerfile =
        "FROM public.ecr.aws/amazonlinux/amazonlinux:2023\nCOPY <<EOF /app/rds.pem\n<html>Not found</html>\nEOF\n";
    let (rules, _) = said(dockerfile, "sslmode=\"verify-full\", sslrootcert=\"/app/rds.pem\"");
    assert_eq!(rules, ["error ca-file-cannot-verify"]);
}

#[test]
fn the_home_decides_with_libpq() {
    let full = "sslmode=\"verify-full\", sslrootcert=\"/opt/certs/rds.pem\"";
    let (rules, _) = said(&image("ENV HOME=/root\nUSER 1000"), full);
    assert_eq!(rules, ["error home-unreadable"]);
    assert_eq!(said(&image("ENV HOME=/root"), full).0, [""; 0]);
    assert_eq!(said(&image("ENV HOME=/app\nUSER 1000"), full).0, [""; 0]);
    // ~/.postgresql/root.crt makes verify-ca of require.
    let (rules, _) = said(
        &image("RUN mkdir -p /root/.postgresql && cp /opt/certs/rds.pem /root/.postgresql/root.crt"),
        "sslmode=\"require\"",
    );
    assert_eq!(rules, ["error hostname-not-verified"]);
}

#[test]
fn images_of_the_same_files_that_differ_say_nothing() {
    let full = connects("sslmode=\"verify-full\", sslrootcert=\"/app/certs/rds.pem\"");
    let other = image("RUN mkdir -p certs && cp /opt/certs/rds.pem certs/rds.pem");
    let files = [("Dockerfile", image("")), ("Dockerfile.worker", other), ("db.py", full)];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(found(&files), []);
}

#[test]
fn what_connects_in_a_dockerfile_is_held_against_its_image_too() {
    let [of_environment, of_heredoc] = ["/app/certs/rds.pem", "/app/other/rds.pem"];
    let url = |path: &str| format!("postgresql://app@{HOST}/app?sslmode=verify-full&sslrootcert={path}");
    let program = connects(&format!("sslmode=\"verify-full\", sslrootcert=\"{of_heredoc}\""));
    let dockerfile = image(&format!(
        "ENV DATABASE_URL={}\nENV REPLICA_URL={}\nCOPY <<EOF /app/db.py\n{program}EOF",
        url(of_environment),
        url("/opt/certs/rds.pem")
    ));
    let report = program::checked(&[("Dockerfile", &dockerfile), ("README.md", "")]);
    let findings = report["findings"].as_array().unwrap().iter();
    let told: Vec<_> =
        findings.map(|finding| (finding["rule"].as_str().unwrap(), finding["message"].to_string())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for ((rule, message), path) in told.iter().zip([of_environment, of_heredoc]) {
        assert_eq!(*rule, "ca-file-missing");
        assert!(message.contains(&format!("{path}, where there is no file")), "{message}");
    }
}

#[test]
fn what_connects_while_an_image_is_built_is_not_held_against_it() {
    let program = connects("sslmode=\"verify-full\", sslrootcert=\"/srv/rds.pem\"");
    // Whether or not a file says how it is built.
    let told = |instruction: &str| {
        let count = |beside: (&str, &str)| {
            let report = program::checked(&[("Dockerfile", &image(instruction)), beside]);
            report["findings"].as_array().unwrap().len()
        };
        let counts = [("README.md", ""), ("compose.yaml", "services: {app: {build: .}}\n")].map(count);
        assert_eq!(counts[0], counts[1], "{instruction}");
        counts[0]
    };
    let run = format!("RUN cp /opt/certs/rds.pem /srv/rds.pem\nRUN python3 <<EOF\n{program}EOF\nRUN rm /srv/rds.pem");
    assert_eq!(told(&run), 0);
    // The same by a program that is in the image.
    assert_eq!(told(&format!("COPY <<EOF /app/db.py\n{program}EOF")), 1);
}
