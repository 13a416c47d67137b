//! Hostile Dockerfiles: nothing panics, nothing runs for ever, nothing grows without bound.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use fixture::effort;
use proptest::prelude::*;
use rdsca::dockerfile::context::NoContext;
use rdsca::dockerfile::facts::{BundleState, Facts};
use rdsca::dockerfile::{self, Options};
use rdsca::text::SourceFile;

/// Processor time far above what any of these takes, even unoptimised: what is over it does not end.
const LIMIT: Duration = Duration::from_secs(20);

fn read(text: &str) -> Facts {
    dockerfile::read(SourceFile::new("Dockerfile", text), &NoContext, &Options::at(jiff::civil::date(2026, 11, 24)))
}

/// Every span points into the text, and the state can be asked for.
fn ask(text: &str) {
    let facts = read(text);
    for stage in &facts.stages {
        for gap in &stage.gaps {
            assert!(gap.span.start <= gap.span.end && gap.span.end <= text.len(), "{gap:?}");
        }
        for fetch in &stage.fetches {
            assert!(text.get(fetch.span.range()).is_some(), "{fetch:?}");
        }
        if let BundleState::Unknown { because } = stage.bundle() {
            assert!(!because.is_empty());
        }
    }
    facts.left_behind();
}

#[test]
fn deep_and_long_input_ends() {
    let run = |script: &str| format!("FROM amazonlinux:2\nRUN {script}\n");
    let cases = [
        run(&"(".repeat(5000)),
        run(&format!("{}true{}", "(".repeat(40), ")".repeat(40))),
        run(&"$(".repeat(5000)),
        run(&format!("echo {}x{}", "$(echo ".repeat(40), ")".repeat(40))),
        run(&format!("echo {}x{}", "\"${a:-".repeat(60), "}\"".repeat(60))),
        run(&"`".repeat(5001)),
        run(&"if ".repeat(3000)),
        run(&format!("{}x{}", "{ ".repeat(40), "; }".repeat(40))),
        run("while true; do echo x; done"),
        run("f() { f; f; }; f"),
        run("f() { g; }; g() { f; }; f"),
        run("x=a; for i in {1..999}; do x=$x$x; done; echo $x > /f"),
        run("for a in {1..999}; do for b in {1..999}; do for c in {1..999}; do echo x; done; done; done"),
        run("echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"),
        run(&format!("echo {}", "{a,".repeat(3000))),
        run(&"if [ $x ]; then curl -o /c https://e.com; fi; ".repeat(300)),
        run("echo 'sh /s.sh; sh /s.sh' > /s.sh; sh /s.sh"),
        run("eval 'eval eval eval'; s='eval $s'; eval $s"),
        run(&format!("cat {}", "<(cat ".repeat(200))),
        run(&format!("echo $(({}1{}))", "(".repeat(500), ")".repeat(500))),
        run(&format!("[[ {} ]]", "! ".repeat(5000))),
        run(&format!("[[ {}x{} ]]", "( ".repeat(45), " )".repeat(45))),
        run(&format!("[[ {} x ]]", "x && ".repeat(3000))),
        run(&format!("[[ {} x ]]", "x || ".repeat(3000))),
        run(&"x | ".repeat(3000)),
        run(&"true && ".repeat(5000)),
        run(&"a".repeat(400_000)),
        run(&format!("case x in {} esac", "x) ;; ".repeat(2000))),
        format!("FROM a AS s\n{}", "RUN mkdir -p /a/b && cp -r /a /a/b\n".repeat(60)),
        format!(
            "FROM a AS s0\nRUN mkdir -p /d/e && touch /d/e/f.pem\n{}",
            (0..40)
                .map(|n| format!("FROM b AS s{}\nCOPY --from=s{n} / /x\nCOPY --from=s{n} / /y\n", n + 1))
                .collect::<String>()
        ),
        format!("FROM a\nWORKDIR {}\nRUN touch x.pem\n", "/a".repeat(20_000)),
        format!("FROM a\n{}", "ENV A=$A$A$A\n".repeat(60)),
    ];
    for text in cases {
        let taken = effort::of(|| ask(&text));
        let head: String = text.chars().take(80).collect();
        assert!(taken < LIMIT, "{taken:?} for {head}");
    }
}

static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(samples);

#[test]
fn real_files_are_survived() {
    assert!(SAMPLES.len() > 30);
    SAMPLES.iter().for_each(|text| ask(text));
}

/// Our own Dockerfiles, and real ones where the corpus is beside the repository.
fn samples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RDSCA_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let mut folders: Vec<_> = std::fs::read_dir(root.join("testdata/micro")).unwrap().collect();
    folders.extend(std::fs::read_dir(shared.join("corpus")).into_iter().flatten());
    let mut folders: Vec<_> = folders.into_iter().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut texts: Vec<_> = folders
        .iter()
        .filter_map(|folder| std::fs::read(folder.join("Dockerfile")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    texts.push(
        "FROM alpine AS b\nRUN set -e; for C in a-*; do keytool -import -file ${C%%.pem} -keystore /k \\\n  && rm $C; done || true\nFROM amazonlinux:2023\nCOPY --from=b --chmod=600 /k* /k/\nRUN if [ -f \"/x\" ]; then curl -fo /c.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem; fi\n"
            .to_owned(),
    );
    texts
}

/// Pieces that mean something to a Dockerfile or a shell.
const PIECES: &[&str] = &[
    "$(",
    ")",
    "${",
    "}",
    "`",
    "'",
    "\"",
    "\\\n",
    "\n",
    "<<EOF",
    "EOF",
    " && ",
    " || ",
    "; ",
    "|",
    "{a,b}",
    "if ",
    "; then ",
    "; fi",
    "for x in ",
    "; do ",
    "; done",
    "case ",
    " in ",
    ";; esac",
    "*",
    "?",
    "[",
    "]",
    "..",
    "/",
    "~",
    "$x",
    "$@",
    "!",
    "&",
    ">",
    ">>",
    "2>&1",
    "FROM ",
    "RUN ",
    "COPY --from=0 ",
    "é…",
    "\u{0}",
    "-",
    "--",
    "curl -O ",
    "find / -delete ",
    "rm -rf / ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_are_survived(which in any::<prop::sample::Index>(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..6), 1..12)) {
        let mut text: Vec<char> = which.get(&SAMPLES).chars().collect();
        for (place, piece, removed) in edits {
            if text.is_empty() {
                break;
            }
            let at = place.index(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.get(PIECES).chars());
        }
        ask(&text.into_iter().collect::<String>());
    }
}
