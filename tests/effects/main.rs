//! What a Dockerfile does to the image: one small Dockerfile for each effect, and what ends in the stage that ships.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod shell;

use std::collections::BTreeMap;

use rdsca::dockerfile::context::{Context, Entry};
use rdsca::dockerfile::facts::{Base, BundleState, Facts, Home, Os, Presence};
use rdsca::dockerfile::{self, Options};
use rdsca::shell::Extent;
use rdsca::text::SourceFile;

const URL: &str = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

/// A context in memory: paths and what is there.
#[derive(Default)]
struct Files(BTreeMap<&'static str, &'static str>);

impl Context for Files {
    fn read(&self, path: &str) -> Entry {
        if let Some(text) = self.0.get(path) {
            return Entry::File { bytes: text.as_bytes().into(), mode: 0o644 };
        }
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = self.0.keys().filter_map(|name| name.strip_prefix(prefix.as_str()));
        let mut names: Vec<String> = below.map(|rest| rest.split('/').next().unwrap().to_owned()).collect();
        names.dedup();
        if names.is_empty() { Entry::Missing } else { Entry::Directory(names) }
    }
}

fn options() -> Options {
    Options::at(jiff::civil::date(2026, 11, 24))
}

fn facts_in(text: &str, files: &[(&'static str, &'static str)], options: &Options) -> Facts {
    let context = Files(files.iter().copied().collect());
    dockerfile::read(SourceFile::new("Dockerfile", text.replace("URL", URL)), &context, options)
}

fn facts(text: &str) -> Facts {
    facts_in(text, &[], &options())
}

/// The state in short: where it is, in what, how much, mode, and `!` where the user cannot read it.
fn state(facts: &Facts) -> String {
    let one = |presence: &Presence| {
        let home = match presence.home {
            Home::File => "",
            Home::Keystore => " keystore",
            Home::SystemStore => " store",
        };
        let extent = match presence.contents.parts.first().map(|part| part.extent) {
            Some(Extent::Whole) | None => "",
            Some(Extent::First) => " first",
            Some(Extent::Rest) => " rest",
            Some(Extent::Some) => " some",
        };
        let readable = match presence.readable {
            Some(true) => "",
            Some(false) => " unreadable",
            None => " perhaps",
        };
        format!("{}{home}{extent}{readable}", presence.path)
    };
    match facts.shipped().unwrap().bundle() {
        BundleState::Present(present) => present.iter().map(one).collect::<Vec<_>>().join(", "),
        BundleState::Removed { path, by } => format!("{path} removed by {}", facts.file.slice(*by)),
        BundleState::Absent => "absent".to_owned(),
        BundleState::Unknown { because } => format!("unknown: {}", because[0].why),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let found = state(&facts(text));
        if found != *expected {
            wrong.push(format!("{text}\n  is      {found}\n  must be {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A RUN on Amazon Linux 2023.
#[track_caller]
fn check_run(cases: &[(&str, &str)]) {
    let texts: Vec<String> =
        cases.iter().map(|(script, _)| format!("FROM amazonlinux:2023\nWORKDIR /w\nRUN {script}\n")).collect();
    check(&texts.iter().zip(cases).map(|(text, (_, expected))| (text.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn downloads_go_where_their_flags_say() {
    check_run(&[
        ("curl -o /c.pem URL", "/c.pem"),
        ("curl -fsSLo /c.pem URL", "/c.pem"),
        ("curl -O URL", "/w/global-bundle.pem"),
        ("curl -fsSLO --output-dir /certs --create-dirs URL", "/certs/global-bundle.pem"),
        ("curl URL > c.pem", "/w/c.pem"),
        ("curl --output=c.pem URL", "/w/c.pem"),
        ("curl -o /dev/null URL", "absent"),
        ("curl -I URL -o /c.pem", "absent"),
        ("curl -o /a URL -o /b https://example.com/x", "/a"),
        ("wget URL", "/w/global-bundle.pem"),
        ("wget -q -O /c.pem URL", "/c.pem"),
        ("wget -qO- URL | tee /c.pem > /dev/null", "/c.pem"),
        ("wget -nv -P /certs URL", "/certs/global-bundle.pem"),
        ("aria2c -d /certs -o c.pem URL", "/certs/c.pem"),
        ("python3 -c \"import urllib.request as r; r.urlretrieve('URL', '/c.pem')\"", "/c.pem"),
        ("aws s3 cp s3://rds-downloads/rds-combined-ca-bundle.pem /c.pem", "/c.pem"),
        ("[\"curl\", \"-o\", \"/c.pem\", \"URL\"]", "/c.pem"),
        ("curl https://example.com/other.pem -o /other.pem", "absent"),
    ]);
}

#[test]
fn a_heredoc_that_is_copied_keeps_its_quotes() {
    check(&[
        (
            "FROM amazonlinux:2023\nENV D=/certs\nCOPY <<X /s.sh\n# it's here\ncurl -o '$D/c d.pem' URL\nX\nRUN sh /s.sh\n",
            "/certs/c d.pem",
        ),
        ("FROM amazonlinux:2023\nRUN cat << X > /s.sh && sh /s.sh\ncurl -o /c.pem URL\nX\n", "/c.pem"),
        // Behind a space it is none where no line ends it.
        ("FROM amazonlinux:2023\nRUN echo $((1 << SHIFT))\nRUN curl -o /c.pem URL\n", "/c.pem"),
    ]);
}

#[test]
fn scripts_are_followed() {
    check_run(&[
        ("D=/certs; F=$D/${N:-c}.pem; mkdir -p \"$D\" && curl -fo \"$F\" URL", "/certs/c.pem"),
        ("cd /tmp && curl -O URL && mv global-bundle.pem /etc/pki/rds.pem", "/etc/pki/rds.pem"),
        ("(cd /tmp; curl -O URL); cp /tmp/*.pem .", "/tmp/global-bundle.pem, /w/global-bundle.pem"),
        ("mkdir -p /opt/a && ln -s /opt/a /srv/b && curl -o /srv/b/c.pem URL", "/opt/a/c.pem"),
        ("mkdir -p /opt/a && ln -s /opt/a /etc/ssl/b && curl -o /opt/a/c.pem URL", "/etc/ssl/b/c.pem"),
        ("set -eux; for n in global-bundle; do curl -o \"/certs/$n.pem\" URL; done", "/certs/global-bundle.pem"),
        ("f() { curl -fsSL \"$1\" -o \"$2\"; }; f URL /c.pem", "/c.pem"),
        ("bash -c 'curl -o /c.pem URL'", "/c.pem"),
        ("sudo sh -c \"curl URL > /c.pem\"", "/c.pem"),
        ("T=$(mktemp) && curl -o $T URL && install -m 0644 $T /c.pem && rm $T", "/c.pem"),
        ("if [ -n \"x\" ]; then curl -o /c.pem URL; else true; fi", "/c.pem"),
        ("if [ -z \"x\" ]; then curl -o /c.pem URL; fi", "absent"),
        ("[ -f /c.pem ] || curl -o /c.pem URL", "/c.pem"),
        (
            "if [ \"$(date +%u)\" = 1 ]; then curl -o /c.pem URL; fi",
            "unknown: whether /c.pem is made depends on a condition that could not be told",
        ),
        ("if grep -q x /etc/y; then curl -o /c.pem URL; else wget -O /c.pem URL; fi", "/c.pem"),
        ("curl -o /c.pem URL || exit 1", "/c.pem"),
        ("false && curl -o /c.pem URL; true", "absent"),
        ("curl -o /c.pem URL && rm -rf /c.pem", "/c.pem removed by rm -rf /c.pem"),
        ("curl -o /d/c.pem URL && rm -r /d", "/d removed by rm -r /d"),
        ("curl -o /a.pem URL && ln -s /a.pem /b.pem && cat /b.pem > /c.pem && rm /a.pem", "/c.pem"),
        ("cat <<X >/s.sh && sh /s.sh\ncurl -o /c.pem URL\nX", "/c.pem"),
        ("curl -o /x.pem URL; find / -name '*.pem' -delete", "/x.pem removed by find / -name '*.pem' -delete"),
        ("echo URL | xargs -n 1 curl -o /c.pem", "/c.pem"),
        ("case \"$(uname -m)\" in x86_64) curl -o /c.pem URL;; *) exit 1;; esac", "/c.pem"),
    ]);
    check(&[("FROM amazonlinux:2\nRUN <<EOF\nset -e\ncurl -o /c.pem URL\nEOF\n", "/c.pem")]);
}

#[test]
fn what_is_not_understood_is_unknown() {
    check_run(&[
        ("make certs", "unknown: `make` runs commands that are not in the Dockerfile"),
        ("./install.sh", "unknown: `./install.sh` is run, and what it does is not in the Dockerfile"),
        (
            "curl https://internal.example.com/setup | sh",
            "unknown: what is piped into the shell is run, and what it does could not be read",
        ),
        ("frobnicate --all", "unknown: what `frobnicate` does is not known"),
        ("if true; then", "unknown: the script cannot be read as sh or bash"),
        ("frobnicate && curl -o /c.pem URL", "/c.pem"),
        ("frobnicate --version", "absent"),
        ("dnf install -y curl && npm ci && useradd -u 7 x", "absent"),
        ("git clone https://github.com/a/b && cd b && ./configure && make install", "absent"),
    ]);
    let unknown = facts("FROM registry.example.com/team/base:1\nRUN true\n");
    assert_eq!(state(&unknown), "unknown: nothing but the base image's name is known");
    assert_eq!(unknown.shipped().unwrap().os, Os::Unknown);
    let open = facts("ARG BASE\nFROM $BASE\n");
    assert!(matches!(open.shipped().unwrap().base, Base::Unresolved { .. }));
}

#[test]
fn certificates_are_followed_into_stores() {
    let split = r#"awk 'split_after == 1 {n++;split_after=0} /-----END CERTIFICATE-----/ {split_after=1}{print > "rds-ca-" n ".pem"}' < b.pem"#;
    let import = "keytool -import -file $C -alias $C -keystore /k.jks -noprompt -storepass x && rm $C";
    check_run(&[
        (&format!("curl -o b.pem URL && {split}; for C in rds-ca-*; do {import}; done; rm b.pem"), "/k.jks keystore"),
        (
            "curl -o b.pem URL && csplit -z -f x- b.pem '/BEGIN/' '{*}' && rm b.pem && for C in x-*; do keytool -importcert -file $C -keystore /k.jks; rm $C; done",
            "/k.jks keystore",
        ),
        ("curl -o b.pem URL && keytool -importcert -file b.pem -keystore /k.jks && rm b.pem", "/k.jks keystore first"),
        ("curl URL | openssl x509 -out /one.pem", "/one.pem first"),
        ("curl URL | openssl pkcs12 -export -nokeys -out /k.p12", "/k.p12 keystore"),
        ("curl URL >> /etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem store"),
        ("curl URL >> /etc/ssl/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem store"),
        (
            "curl URL | tee -a /etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem store",
        ),
        (
            "curl -o /etc/pki/ca-trust/source/anchors/rds.pem URL && update-ca-trust && rm /etc/pki/ca-trust/source/anchors/rds.pem",
            "/etc/pki/ca-trust/extracted/java/cacerts keystore, /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem store",
        ),
    ]);
    check(&[
        (
            "FROM debian\nRUN curl -o /usr/local/share/ca-certificates/rds.crt URL && update-ca-certificates && rm /usr/local/share/ca-certificates/rds.crt",
            "/etc/ssl/certs/ca-certificates.crt store",
        ),
        (
            "FROM debian\nRUN curl -o /usr/local/share/ca-certificates/rds.pem URL && update-ca-certificates && rm /usr/local/share/ca-certificates/rds.pem",
            "/usr/local/share/ca-certificates/rds.pem removed by rm /usr/local/share/ca-certificates/rds.pem",
        ),
    ]);
}

#[test]
fn amazon_linux_links_lead_and_update_ca_trust_clears() {
    for (version, resolved) in
        [("2", "/etc/pki/tls/certs/rds-ca.pem"), ("2023", "/etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem")]
    {
        let facts = facts(&format!("FROM amazonlinux:{version}\nADD --chmod=644 URL /etc/ssl/certs/rds-ca.pem\n"));
        let presence = &facts.shipped().unwrap().materials()[0];
        assert_eq!(
            (presence.path.to_string(), presence.resolved.to_string()),
            ("/etc/ssl/certs/rds-ca.pem".to_owned(), resolved.to_owned())
        );
    }
    let clearing = "ADD URL /etc/ssl/certs/rds-ca.pem\nRUN update-ca-trust\n";
    check(&[
        (&format!("FROM amazonlinux:2\n{clearing}"), "/etc/ssl/certs/rds-ca.pem"),
        (
            &format!("FROM amazonlinux:2023\n{clearing}"),
            "/etc/pki/ca-trust/extracted/pem/directory-hash/rds-ca.pem removed by update-ca-trust",
        ),
    ]);
    let linked = facts("FROM amazonlinux:2023\nADD --link URL /etc/ssl/certs/rds-ca.pem\n");
    let stage = linked.shipped().unwrap();
    assert_eq!(stage.hidden.len(), 1);
    assert_eq!(stage.hidden[0].path.to_string(), "/etc/ssl/certs");
    assert_eq!(stage.materials()[0].resolved.to_string(), "/etc/ssl/certs/rds-ca.pem");
}

#[test]
fn add_and_copy_put_files_as_a_build_does() {
    check(&[
        ("FROM amazonlinux:2\nADD URL /certs/", "/certs/global-bundle.pem"),
        ("FROM amazonlinux:2\nADD URL /certs", "/certs"),
        ("FROM amazonlinux:2\nRUN mkdir /certs\nADD URL /certs", "/certs/global-bundle.pem"),
        ("FROM amazonlinux:2\nWORKDIR /a\nWORKDIR b\nADD URL ./", "/a/b/global-bundle.pem"),
        ("FROM amazonlinux:2\nWORKDIR /a/b\nADD URL ..", "/a/global-bundle.pem"),
        ("FROM amazonlinux:2\nADD URL /a/b/..", "/a"),
        ("FROM amazonlinux:2\nADD URL /a/.", "/a/global-bundle.pem"),
        ("FROM amazonlinux:2\nADD URL /c.pem\nUSER 1000", "/c.pem unreadable"),
        ("FROM amazonlinux:2\nADD --chmod=0644 URL /c.pem\nUSER 1000", "/c.pem"),
        ("FROM amazonlinux:2\nADD --chown=1000 URL /c.pem\nUSER 1000", "/c.pem"),
        ("FROM amazonlinux:2\nADD --chown=app URL /c.pem\nUSER app", "/c.pem"),
        ("FROM amazonlinux:2\nADD URL /c.pem\nRUN chmod a+r /c.pem\nUSER nobody", "/c.pem"),
        ("FROM amazonlinux:2\nRUN mkdir -m 700 /d && curl -o /d/c.pem URL\nUSER 1000", "/d/c.pem unreadable"),
        ("FROM amazonlinux:2\nRUN umask 077 && curl -o /c.pem URL\nUSER 1000", "/c.pem unreadable"),
        (
            "FROM public.ecr.aws/lambda/python:3.12\nADD URL ${LAMBDA_TASK_ROOT}",
            "/var/task/global-bundle.pem unreadable",
        ),
        ("FROM amazonlinux:2\nCOPY global-bundle.pem /c.pem", "/c.pem"),
        ("FROM amazonlinux:2\nCOPY a.txt rds-ca-2019-root.pem /certs/", "/certs/rds-ca-2019-root.pem"),
        ("FROM amazonlinux:2\nCOPY . .", "absent"),
        ("FROM amazonlinux:2\nCOPY certs/ /certs/", "absent"),
        ("FROM amazonlinux:2\nONBUILD ADD URL /c.pem", "absent"),
        ("FROM amazonlinux:2 AS a\nONBUILD ADD URL /c.pem\nFROM a", "/c.pem"),
    ]);
}

#[test]
fn stages_hand_on_what_is_copied() {
    let fetch = "FROM alpine AS b\nWORKDIR /x\nRUN wget URL\n";
    check(&[
        (&format!("{fetch}FROM amazonlinux:2\n"), "absent"),
        (&format!("{fetch}FROM amazonlinux:2\nCOPY --from=b /x/global-bundle.pem /c.pem\n"), "/c.pem"),
        (&format!("{fetch}FROM amazonlinux:2\nCOPY --from=0 /x/*.pem /certs/\n"), "/certs/global-bundle.pem"),
        (&format!("{fetch}FROM amazonlinux:2\nCOPY --from=B /x /certs\n"), "/certs/global-bundle.pem"),
        (&format!("{fetch}FROM b\n"), "/x/global-bundle.pem"),
        (
            &format!("{fetch}FROM amazonlinux:2\nCOPY --from=b --chmod=600 /x/global-bundle.pem /c.pem\nUSER 5\n"),
            "/c.pem unreadable",
        ),
        (
            &format!(
                "{fetch}FROM amazonlinux:2\nRUN --mount=type=bind,from=b,source=/x,target=/m cp /m/*.pem /c.pem\n"
            ),
            "/c.pem",
        ),
        (&format!("{fetch}FROM amazonlinux:2\nRUN --mount=type=bind,from=b,source=/x,target=/m ls /m\n"), "absent"),
        ("FROM amazonlinux:2\nRUN --mount=type=cache,target=/cache curl -o /cache/c.pem URL\n", "absent"),
        ("FROM alpine AS b\nRUN ./x.sh\nFROM amazonlinux:2\nCOPY --from=b /out/app.jar /app.jar\n", "absent"),
        (
            "FROM alpine AS b\nRUN ./x.sh\nFROM amazonlinux:2\nCOPY --from=b /out /out\n",
            "unknown: `./x.sh` is run, and what it does is not in the Dockerfile",
        ),
        ("FROM alpine AS b\nRUN ./x.sh\nFROM amazonlinux:2\nCOPY --from=b /out/rds-ca.pem /out/\n", "/out/rds-ca.pem"),
    ]);
    let left = facts(&format!("{fetch}FROM amazonlinux:2\n"));
    let left: Vec<_> =
        left.left_behind().into_iter().map(|(stage, presence)| (stage, presence.path.to_string())).collect();
    assert_eq!(left, [(0, "/x/global-bundle.pem".to_owned())]);
}

#[test]
fn arguments_choose_base_and_target() {
    let text =
        "ARG V=2\nARG IMAGE=amazonlinux:${V:-1}\nFROM $IMAGE AS one\nARG V\nADD URL /c-$V.pem\nFROM alpine AS two\n";
    let mut options = options();
    options.target = Some("ONE".to_owned());
    assert_eq!(state(&facts_in(text, &[], &options)), "/c-2.pem");
    options.build_args.insert("V".to_owned(), "2023".to_owned());
    let facts = facts_in(text, &[], &options);
    assert_eq!(state(&facts), "/c-2023.pem");
    assert_eq!(facts.shipped().unwrap().os, Os::Amazon { version: Some("2023".to_owned()) });
    options.target = Some("three".to_owned());
    let none = facts_in(text, &[], &options);
    assert_eq!((none.target, none.problems.len()), (None, 1));
}

#[test]
fn scripts_of_the_context_are_read() {
    let files = [(
        "setup.sh",
        "#!/bin/bash\nset -e\ncurl -o \"$1\" https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n",
    )];
    for run in [
        "COPY setup.sh /\nRUN bash /setup.sh /c.pem",
        "COPY . /s\nRUN /s/setup.sh /c.pem",
        "RUN --mount=type=bind,source=setup.sh,target=/s.sh sh /s.sh /c.pem",
    ] {
        assert_eq!(state(&facts_in(&format!("FROM amazonlinux:2\n{run}\n"), &files, &options())), "/c.pem", "{run}");
    }
    let harmless = [("setup.sh", "#!/bin/sh\nmkdir -p /data\n")];
    assert_eq!(
        state(&facts_in("FROM amazonlinux:2\nCOPY . /s\nRUN sh /s/setup.sh\n", &harmless, &options())),
        "absent"
    );
}

#[test]
fn files_of_the_context_are_judged_by_what_they_hold() {
    let bundle: &'static str = std::str::from_utf8(rdsca::bundle::BUILTIN_PEM).unwrap();
    let files = [("trust/anything.txt", bundle), ("trust/readme.md", "no certificate")];
    assert_eq!(state(&facts_in("FROM amazonlinux:2\nCOPY . /app\n", &files, &options())), "/app/trust/anything.txt");
    assert_eq!(state(&facts_in("FROM amazonlinux:2\nCOPY --exclude=**/*.txt . /app\n", &files, &options())), "absent");
    assert_eq!(state(&facts_in("FROM amazonlinux:2\nCOPY trust/*.md /app/\n", &files, &options())), "absent");
    assert_eq!(
        state(&facts_in("FROM amazonlinux:2\nCOPY trust/a*.t?t /app/\n", &files, &options())),
        "/app/anything.txt"
    );
}

#[test]
fn how_a_download_was_verified_is_told() {
    let facts = facts(
        "FROM amazonlinux:2\nRUN curl -k -o /a URL; wget --no-check-certificate -O /b URL || true\nRUN set -e; curl -f -o /c URL; echo \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  /c\" | sha256sum -c -\n",
    );
    let stage = facts.shipped().unwrap();
    let told: Vec<_> = stage
        .fetches
        .iter()
        .map(|fetch| {
            (
                fetch.certificate_checked,
                fetch.fails_on_http_error,
                fetch.failure_ignored,
                facts.file.slice(fetch.span).len() > 10,
            )
        })
        .collect();
    assert_eq!(told, [(false, false, true, true), (false, true, true, true), (true, true, false, true)]);
    let pinned: Vec<_> =
        stage.materials().iter().filter(|presence| presence.pinned).map(|presence| presence.path.to_string()).collect();
    assert_eq!(pinned, ["/c"]);
}

#[test]
fn commands_show_the_generation() {
    for (run, version) in
        [("dnf install -y x", Some("2023")), ("amazon-linux-extras install y", Some("2")), ("yum install -y x", None)]
    {
        let facts = facts(&format!("FROM public.ecr.aws/lambda/python@sha256:00\nRUN {run}\n"));
        assert_eq!(facts.shipped().unwrap().os, Os::Amazon { version: version.map(str::to_owned) }, "{run}");
    }
}

/// `COPY` of files of the context, which are all bundles or all something else, by their names.
#[track_caller]
fn check_copies(cases: &[(&str, &str)]) {
    let bundle: &'static str = std::str::from_utf8(rdsca::bundle::BUILTIN_PEM).unwrap();
    let files = [("a/b/x.txt", bundle), ("a/b/d/y.md", bundle), ("a/b2/x.txt", bundle), ("top.txt", bundle)];
    for (copy, expected) in cases {
        let text = format!("FROM amazonlinux:2\n{copy}\n");
        assert_eq!(state(&facts_in(&text, &files, &options())), *expected, "{copy}");
        // The same from another stage, whose root is the context.
        let text =
            format!("FROM scratch AS s\nCOPY . /\nFROM amazonlinux:2\n{}\n", copy.replace("COPY", "COPY --from=s"));
        assert_eq!(state(&facts_in(&text, &files, &options())), *expected, "{copy} from a stage");
    }
}

#[test]
fn what_is_excluded_is_named_from_the_source() {
    check_copies(&[
        ("COPY a/b /c", "/c/d/y.md, /c/x.txt"),
        ("COPY --exclude=*.txt a/b /c", "/c/d/y.md"),
        ("COPY --exclude=*.md a/b /c", "/c/d/y.md, /c/x.txt"),
        ("COPY --exclude=**/*.md a/b /c", "/c/x.txt"),
        ("COPY --exclude=d a/b /c", "/c/x.txt"),
        ("COPY --exclude=d --exclude=!d/y.md a/b /c", "/c/d/y.md, /c/x.txt"),
        ("COPY --exclude=*.txt --exclude=d a/b /c", "absent"),
        ("COPY --exclude=top.txt top.txt a/b2 /c/", "/c/x.txt"),
        // BuildKit takes a variable for letters here (moby/buildkit#6072).
        ("ARG E=*.txt\nCOPY --exclude=$E a/b2 /c", "/c/x.txt"),
    ]);
}

#[test]
fn parents_are_kept_from_the_pivot_on() {
    check_copies(&[
        ("COPY --parents a/b/x.txt /c", "/c/a/b/x.txt"),
        ("COPY --parents ./a/b/x.txt /c/", "/c/a/b/x.txt"),
        ("COPY --parents a/./b/x.txt /c", "/c/b/x.txt"),
        ("COPY --parents a/./b/./x.txt /c", "/c/b/x.txt"),
        ("COPY --parents a/b /c", "/c/a/b/d/y.md, /c/a/b/x.txt"),
        ("COPY --parents a/b/. /c", "/c/a/b/d/y.md, /c/a/b/x.txt"),
        ("COPY --parents a/*/x.txt /c", "/c/a/b/x.txt, /c/a/b2/x.txt"),
        ("COPY --parents **/y.md /c", "/c/a/b/d/y.md"),
        ("COPY --parents a/b*/./x.txt /c", "/c/x.txt"),
        ("COPY --parents --exclude=a/b a/**/x.txt /c", "/c/a/b2/x.txt"),
        ("COPY --parents=false a/b/x.txt /c/", "/c/x.txt"),
    ]);
}

#[test]
fn a_link_is_replaced_unless_a_mode_is_said() {
    for (flags, hidden, resolved) in [
        ("--link", true, "/etc/ssl/certs/rds-ca.pem"),
        ("--link --chown=1", true, "/etc/ssl/certs/rds-ca.pem"),
        ("--link --chmod=644", false, "/etc/pki/tls/certs/rds-ca.pem"),
    ] {
        let facts = facts(&format!("FROM amazonlinux:2\nADD {flags} URL /etc/ssl/certs/rds-ca.pem\n"));
        let stage = facts.shipped().unwrap();
        assert_eq!(stage.hidden[0].surely, hidden, "{flags}");
        assert_eq!(stage.materials()[0].resolved.to_string(), resolved, "{flags}");
    }
}

#[test]
fn archives_are_unpacked_where_that_is_said() {
    let files = [("rds-ca.tar", "x")];
    for (instruction, expected) in [
        ("ADD rds-ca.tar /c/", "absent"),
        ("ADD --unpack=false rds-ca.tar /c/rds-ca.pem", "/c/rds-ca.pem"),
        ("COPY rds-ca.tar /c/rds-ca.pem", "/c/rds-ca.pem"),
    ] {
        let bundle: &'static str = std::str::from_utf8(rdsca::bundle::BUILTIN_PEM).unwrap();
        let files = files.map(|(name, _)| (name, bundle));
        let text = format!("FROM amazonlinux:2\n{instruction}\n");
        assert_eq!(state(&facts_in(&text, &files, &options())), expected, "{instruction}");
    }
}

#[test]
fn a_user_is_at_home_where_he_was_given_one() {
    check(&[
        ("FROM amazonlinux:2\nRUN useradd -m app\nUSER app\nRUN curl -o ~/c.pem URL", "/home/app/c.pem"),
        ("FROM amazonlinux:2\nRUN useradd -d /app app\nUSER app\nRUN curl -o $HOME/c.pem URL", "/app/c.pem"),
        ("FROM alpine\nRUN adduser -D -h /srv app\nUSER app\nRUN cd && wget URL", "/srv/global-bundle.pem"),
        ("FROM amazonlinux:2\nRUN useradd -u 7 app\nUSER 7\nRUN curl -o ~/c.pem URL", "/home/app/c.pem"),
        ("FROM amazonlinux:2\nUSER 7\nRUN curl -o ~/c.pem URL", "/c.pem"),
        ("FROM amazonlinux:2\nENV HOME=/h\nUSER app\nRUN curl -o ~/c.pem URL", "/h/c.pem"),
        ("FROM amazonlinux:2\nUSER app\nUSER root\nRUN curl -o ~/c.pem URL", "/root/c.pem"),
    ]);
}

#[test]
fn a_script_with_a_first_line_is_read_by_whom_it_names() {
    check(&[
        (
            "FROM amazonlinux:2\nRUN <<E\n#!/usr/bin/env python3\nimport urllib.request as r\nr.urlretrieve('URL', '/c.pem')\nE\n",
            "/c.pem",
        ),
        ("FROM amazonlinux:2\nRUN <<E\n#!/usr/bin/node\nrequire('fs').writeFileSync('/x', 'y')\nE\n", "absent"),
        ("FROM amazonlinux:2\nRUN <<E\n#!/usr/bin/tclsh\nputs x\nE\n", "absent"),
        (
            "FROM amazonlinux:2\nRUN <<E\n#!/usr/bin/tclsh\nfetch /c.pem\nE\n",
            "unknown: scripts of `/usr/bin/tclsh` are not interpreted",
        ),
    ]);
}

#[test]
fn a_script_is_a_shell_of_its_own() {
    let files = [
        ("s/go.sh", "#!/bin/bash\nset -e\ncd /tmp\nF=/d.pem\nexit 0\n"),
        ("s/beside.sh", "#!/bin/sh\n. \"$(dirname \"$0\")/lib.sh\"\nfetch\n"),
        ("s/bash.sh", "#!/bin/bash\ncd \"$(dirname \"${BASH_SOURCE[0]}\")\" && . ./lib.sh && fetch\n"),
        (
            "s/lib.sh",
            "fetch() { curl -fo /c.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem; }\n",
        ),
        ("s/plain", "curl -fo /c.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\n"),
    ];
    for (run, expected) in [
        ("/s/go.sh && curl -o c.pem URL", "/w/c.pem"),
        ("/s/go.sh; curl -o ${F:-/c.pem} URL", "/c.pem"),
        ("/s/beside.sh", "/c.pem"),
        ("sh /s/beside.sh", "/c.pem"),
        ("cd /s && ./beside.sh", "/c.pem"),
        ("/s/bash.sh", "/c.pem"),
        ("cp /s/bash.sh /s/lib.sh /usr/local/bin/ && cd /usr/local/bin && bash bash.sh", "/c.pem"),
        ("cp /s/plain /usr/local/bin/get-certificates && get-certificates", "/c.pem"),
        ("cp /s/plain /usr/local/bin/get-certificates && /usr/local/bin/get-certificates", "/c.pem"),
        ("PATH=/s:$PATH plain", "/c.pem"),
        ("PATH=/x plain", "unknown: what `plain` does is not known"),
    ] {
        let text = format!("FROM amazonlinux:2\nCOPY s /s\nWORKDIR /w\nRUN {run}\n");
        assert_eq!(state(&facts_in(&text, &files, &options())), expected, "{run}");
    }
}

#[test]
fn scripts_of_a_package_are_run() {
    let manifest = r#"{"scripts": {
        "postinstall": "curl -fo /post.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
        "precerts": "mkdir -p /certs",
        "certs": "curl -fo /certs/c.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
        "build": "webpack && node build.js",
        "other": "some-tool --of node_modules && node run.js"
    }}"#;
    let files = [("package.json", manifest)];
    for (run, expected) in [
        ("npm ci", "/post.pem"),
        ("npm install", "/post.pem"),
        ("yarn", "/post.pem"),
        ("pnpm i --frozen-lockfile", "/post.pem"),
        ("npm ci --ignore-scripts", "absent"),
        ("npm install -g typescript", "absent"),
        ("npm install express", "absent"),
        ("npm run certs", "/certs/c.pem"),
        ("yarn certs", "/certs/c.pem"),
        ("pnpm run certs", "/certs/c.pem"),
        ("npm run build", "absent"),
        ("npm test", "absent"),
        ("npm run none", "absent"),
        ("yarn add x", "absent"),
        ("npm run other", "unknown: `run.js` is run, and what it does is not in the Dockerfile"),
        ("cd / && npm --prefix /w run certs", "/certs/c.pem"),
        ("cd / && npm run certs", "unknown: the script `certs` of package.json is run, and that is not here"),
        ("cd / && npm run build:prod", "absent"),
    ] {
        let text = format!("FROM amazonlinux:2\nWORKDIR /w\nCOPY package.json .\nRUN {run}\n");
        assert_eq!(state(&facts_in(&text, &files, &options())), expected, "{run}");
    }
}

#[test]
fn a_whole_system_is_copied_into_nothing() {
    let all =
        facts("FROM amazonlinux:2023 AS b\nRUN curl -o /opt/c.pem URL\nFROM scratch\nCOPY --from=b / /\nUSER 5\n");
    assert_eq!(state(&all), "/opt/c.pem");
    assert_eq!(all.shipped().unwrap().os, Os::Amazon { version: Some("2023".to_owned()) });
    for copy in ["COPY --from=b /opt/ /", "COPY --from=b / /x"] {
        let part = facts(&format!("FROM amazonlinux:2023 AS b\nRUN curl -o /opt/c.pem URL\nFROM scratch\n{copy}\n"));
        assert_eq!(part.shipped().unwrap().os, Os::Other, "{copy}");
    }
    check(&[(
        "FROM amazonlinux:2 AS b\nRUN mkdir /c && curl -o /c/.rds.pem URL\nFROM scratch\nCOPY --from=b /c/* /d/\n",
        "/d/.rds.pem",
    )]);
}

#[test]
fn a_file_of_the_name_whose_contents_are_elsewhere_is_unknown() {
    let unknown = "unknown: what /etc/rds-ca.pem holds is not known: the file that it is a copy of is not here";
    check(&[
        ("FROM amazonlinux:2\nCOPY corporate.pem /etc/rds-ca.pem\n", unknown),
        ("FROM amazonlinux:2\nCOPY corporate.pem /etc/ca.pem\n", "absent"),
        ("FROM amazonlinux:2\nRUN --mount=type=secret,id=ca cp /run/secrets/ca /etc/rds-ca.pem\n", unknown),
        ("FROM amazonlinux:2\nRUN --mount=type=secret,id=ca,target=/ca.txt cat /ca.txt > /etc/rds-ca.pem\n", unknown),
        ("FROM amazonlinux:2\nRUN --mount=type=secret,id=ca,target=/etc/rds-ca.pem true\n", "absent"),
    ]);
}

#[test]
fn pip_runs_the_setup_of_a_project_that_is_here() {
    let fetching = "from setuptools import setup\nimport urllib.request\n\
                    urllib.request.urlretrieve('https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem', '/c.pem')\nsetup()\n";
    for (script, run, expected) in [
        (fetching, "pip install .", "/c.pem"),
        (fetching, "pip3 install -e .[test]", "/c.pem"),
        (fetching, "python3.12 -m pip install .", "/c.pem"),
        (fetching, "pip install -r requirements.txt", "absent"),
        (fetching, "cd / && pip install .", "absent"),
        ("from setuptools import setup\nsetup()\n", "pip install .", "absent"),
        (
            "import subprocess\nsubprocess.run(['sh', 'certs.sh'])\n",
            "pip install .",
            "unknown: what this `pip` program does could not be told",
        ),
    ] {
        let text = format!("FROM amazonlinux:2\nWORKDIR /w\nCOPY . .\nRUN {run}\n");
        assert_eq!(state(&facts_in(&text, &[("setup.py", script)], &options())), expected, "{run}");
    }
}
