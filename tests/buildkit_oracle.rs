//! Our parser against BuildKit's own: the same instructions, flags, JSON forms, heredoc bodies and lines, on every file.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use rdsca::dockerfile::instruction::{Arguments, Instruction, Keyword};
use rdsca::dockerfile::parse;
use rdsca::text::{SourceFile, Span};
use serde_json::{Value, json};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shared() -> PathBuf {
    std::env::var_os("RDSCA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from)
}

/// The Dockerfiles in the folders of a folder.
fn dockerfiles(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path().join("Dockerfile")).filter(|path| path.exists()).collect();
    files.sort();
    files
}

/// A folder that holds the Python package, installed when it is missing; none where it cannot be had.
fn oracle() -> Option<PathBuf> {
    let folder = root().join("target/buildkit-oracle");
    if !folder.join("dockerfile").exists() {
        let done = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--target"])
            .arg(&folder)
            .arg("dockerfile")
            .output();
        if !done.is_ok_and(|done| done.status.success()) {
            return None;
        }
    }
    Some(folder)
}

fn ask(folder: &Path, files: &[PathBuf]) -> Vec<Value> {
    let mut child = Command::new("python3")
        .arg(root().join("tests/buildkit_oracle.py"))
        .env("PYTHONPATH", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let names: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
    child.stdin.take().unwrap().write_all(names.join("\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    done.stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// Our reading of an instruction in the oracle's shape.
fn shape(file: &SourceFile, instruction: &Instruction) -> Value {
    let inner = instruction.onbuild.as_deref();
    let holder = inner.unwrap_or(instruction);
    let mut value: Vec<String> = match &holder.arguments {
        Arguments::Json(words) | Arguments::Words(words) => words.iter().map(|word| word.text.clone()).collect(),
        Arguments::Pairs(pairs) => {
            pairs.iter().flat_map(|(name, value)| [name.text.clone(), value.text.clone()]).collect()
        }
        Arguments::Line(line) if line.text.is_empty() => Vec::new(),
        Arguments::Line(line) => vec![line.text.clone()],
    };
    if holder.keyword == Keyword::Healthcheck {
        match &holder.arguments {
            // The package has the kind, and what follows it as one text.
            Arguments::Words(words) => value = words.iter().map(|word| word.text.to_uppercase()).collect(),
            _ => value.insert(0, "CMD".to_owned()),
        }
    }
    if holder.keyword == Keyword::Unknown {
        value = vec![String::new()];
    }
    // The package shows the flags of the ONBUILD itself (there are none), not those of the instruction behind it.
    let flags = instruction.flags.iter().map(|flag| match &flag.value {
        Some(value) => format!("--{}={value}", flag.name),
        None => format!("--{}", flag.name),
    });
    json!({
        "cmd": instruction.word.text.to_uppercase(),
        "sub_cmd": inner.map(|inner| inner.word.text.to_uppercase()),
        "json": matches!(holder.arguments, Arguments::Json(_)),
        "start_line": file.position(instruction.span.start).line,
        "end_line": file.position(instruction.span.end).line,
        "flags": flags.collect::<Vec<_>>(),
        "value": value,
        "heredocs": holder.heredocs.iter().map(|heredoc| json!([heredoc.name, heredoc.descriptor, heredoc.body])).collect::<Vec<_>>(),
    })
}

/// The differences between both readings of some files.
fn compare(files: &[PathBuf]) -> Option<Vec<String>> {
    let folder = oracle()?;
    let mut differences = Vec::new();
    let answers = ask(&folder, files);
    assert_eq!(answers.len(), files.len());
    for answer in answers {
        let path = answer["path"].as_str().unwrap();
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let parsed = parse(&text);
        if let Some(error) = answer["error"].as_str() {
            if parsed.problems.is_empty() {
                differences.push(format!("{path}: BuildKit refuses it ({error}), and we see nothing wrong"));
            }
            continue;
        }
        let file = SourceFile::new(path, text);
        let ours: Vec<_> = parsed.instructions.iter().map(|instruction| shape(&file, instruction)).collect();
        let theirs = answer["commands"].as_array().unwrap();
        if ours.len() != theirs.len() {
            differences.push(format!("{path}: {} instructions, BuildKit reads {}", ours.len(), theirs.len()));
        }
        differences.extend(
            ours.iter()
                .zip(theirs)
                .filter(|(a, b)| a != b)
                .map(|(a, b)| format!("{path}:\n  ours   {a}\n  theirs {b}")),
        );
    }
    Some(differences)
}

#[test]
fn our_own_files_are_read_as_buildkit_reads_them() {
    let files = dockerfiles(&root().join("testdata/micro"));
    assert!(files.len() >= 38, "{} files", files.len());
    match compare(&files) {
        Some(differences) => assert!(differences.is_empty(), "\n{}", differences.join("\n")),
        None => println!("skipped: the Python package `dockerfile` cannot be installed here"),
    }
}

#[test]
fn real_files_are_read_as_buildkit_reads_them() {
    let files = dockerfiles(&shared().join("corpus"));
    if files.is_empty() {
        println!("skipped: no ../shared/corpus here");
        return;
    }
    match compare(&files) {
        Some(differences) => assert!(differences.is_empty(), "\n{}", differences.join("\n")),
        None => println!("skipped: the Python package `dockerfile` cannot be installed here"),
    }
}

/// Every span lies in the text, on characters, and instructions follow one another.
fn check_spans(text: &str) {
    let parsed = parse(text);
    let mut last = 0;
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    for instruction in &parsed.instructions {
        assert!(instruction.span.start >= last, "{:?} before {last} in {text:?}", instruction.span);
        last = instruction.span.end;
        for holder in std::iter::once(instruction).chain(instruction.onbuild.as_deref()) {
            inside(holder.span);
            inside(holder.word.span);
            holder.flags.iter().for_each(|flag| inside(flag.span));
            holder.heredocs.iter().for_each(|heredoc| inside(heredoc.span));
            match &holder.arguments {
                Arguments::Json(words) | Arguments::Words(words) => words.iter().for_each(|word| inside(word.span)),
                Arguments::Pairs(pairs) => pairs.iter().for_each(|(name, value)| {
                    inside(name.span);
                    inside(value.span);
                }),
                Arguments::Line(line) => inside(line.span(0, line.text.len())),
            }
        }
    }
    parsed.problems.iter().for_each(|problem| inside(problem.span));
}

/// Pieces that matter to the parser, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "FROM a",
        "RUN ",
        "COPY ",
        "ONBUILD ",
        "ENV ",
        "HEALTHCHECK ",
        "--x=",
        "\\",
        "`",
        "\n",
        "\r\n",
        " ",
        "\t",
        "<<E",
        "<<-\"E\"",
        "E",
        "[\"a\"",
        ",",
        "]",
        "\"",
        "'",
        "$",
        "${",
        "}",
        ":-",
        "#",
        "# escape=`",
        "=",
        "é",
        "\u{feff}",
        "{",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_panic_and_every_span_lies_in_the_text(text in soup()) {
        check_spans(&text);
    }

    #[test]
    fn a_real_file_with_a_hole_in_it_does_no_harm(pick in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), length in 0usize..40) {
        let files = dockerfiles(&root().join("testdata/micro"));
        let text = String::from_utf8_lossy(&fs::read(&files[pick.index(files.len())]).unwrap()).into_owned();
        let characters: Vec<char> = text.chars().collect();
        let start = from.index(characters.len() + 1);
        let mutated: String = characters[..start].iter().chain(characters.iter().skip(start + length)).collect();
        check_spans(&mutated);
    }
}

#[test]
fn long_lines_take_linear_time() {
    for piece in ["<<", "\\", "${a:-", "\"", "--a ", "[\"", "a \\\n", "ONBUILD ", "<<E "] {
        // Quadratic work on a megabyte would take minutes, not seconds.
        let text = format!("FROM a\nRUN {}", piece.repeat(1_000_000 / piece.len()));
        check_spans(&text);
    }
}
