//! Our parser against BuildKit's own: the same instructions, flags, JSON forms, heredoc bodies and lines, on every file.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;
mod oracle;

use std::fs;
use std::path::{Path, PathBuf};

use fixture::effort::grows_with_its_input;
use proptest::prelude::*;
use rdsca::dockerfile::instruction::{Arguments, Escape, Instruction, Keyword, Word};
use rdsca::dockerfile::parse;
use rdsca::dockerfile::word::{expand, expand_body, expand_words};
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
            Arguments::Words(_) => value.iter_mut().take(1).for_each(|kind| *kind = kind.to_uppercase()),
            _ => value.insert(0, "CMD".to_owned()),
        }
    }
    // The package does not look into these.
    if holder.keyword == Keyword::Unknown || inner.is_some_and(|inner| inner.keyword == Keyword::Onbuild) {
        value = vec![String::new()];
    }
    // The package shows the flags of the ONBUILD itself (there are none), not those of the instruction behind it.
    // BuildKit reads flags byte by byte and makes each byte a character; we do not follow it there.
    let bytes = |text: &str| text.bytes().map(char::from).collect::<String>();
    let flags = instruction.flags.iter().map(|flag| match &flag.value {
        Some(value) => bytes(&format!("--{}={value}", flag.name)),
        None => bytes(&format!("--{}", flag.name)),
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
fn compare(files: &[PathBuf], lines: CompareLines) -> Option<Vec<String>> {
    let answers = oracle::ask(files)?;
    Some(answers.iter().flat_map(|answer| differences(answer, lines)).collect())
}

/// Whether the lines of instructions are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CompareLines {
    Yes,
    /// Ours begin at the keyword and end with the last line that says something. BuildKit's begin at a `\` on a line of its
    /// own before the keyword, and hold the comments between a last `\` and the end of the file.
    No,
}

fn differences(answer: &Value, lines: CompareLines) -> Vec<String> {
    let path = answer["path"].as_str().unwrap();
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let parsed = parse(&text);
    if let Some(error) = answer["error"].as_str() {
        let seen = !parsed.problems.is_empty();
        return if seen { Vec::new() } else { vec![format!("{path}: BuildKit refuses it ({error}), and we do not")] };
    }
    let Some(theirs) = answer["commands"].as_array() else { return Vec::new() };
    let unknown = |command: &&Value| Keyword::of(command["cmd"].as_str().unwrap()) == Keyword::Unknown;
    let ours = parsed.instructions.iter().filter(|instruction| instruction.keyword == Keyword::Unknown).count();
    if text.contains("<< ") && ours < theirs.iter().filter(unknown).count() {
        // The package holds BuildKit 0.12 of 2023, which did not yet read `<< EOF` as a heredoc: the body became instructions.
        return Vec::new();
    }
    let file = SourceFile::new(path, text);
    let mut ours: Vec<_> = parsed.instructions.iter().map(|instruction| shape(&file, instruction)).collect();
    let mut theirs = theirs.clone();
    if lines == CompareLines::No {
        for command in ours.iter_mut().chain(&mut theirs).filter_map(Value::as_object_mut) {
            command.retain(|key, _| !key.ends_with("_line"));
        }
    }
    let count = (ours.len() != theirs.len())
        .then(|| format!("{path}: {} instructions, BuildKit reads {}", ours.len(), theirs.len()));
    let pairs = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs && !drops_the_rest(ours, theirs));
    count
        .into_iter()
        .chain(pairs.map(|(ours, theirs)| format!("{path}:\n  ours   {ours}\n  theirs {theirs}")))
        .collect()
}

/// BuildKit 0.12 read `["a"] && b` as the JSON form and dropped what followed; today's reads it as one line.
fn drops_the_rest(ours: &Value, theirs: &Value) -> bool {
    let rest = || ours["value"].as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    theirs["json"] == true && ours["json"] == false && rest().contains(']') && !rest().ends_with(']')
}

#[test]
fn our_own_files_are_read_as_buildkit_reads_them() {
    let files = dockerfiles(&root().join("testdata/micro"));
    assert!(files.len() >= 38, "{} files", files.len());
    match compare(&files, CompareLines::Yes) {
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
    match compare(&files, CompareLines::Yes) {
        Some(differences) => assert!(differences.is_empty(), "\n{}", differences.join("\n")),
        None => println!("skipped: the Python package `dockerfile` cannot be installed here"),
    }
}

/// Texts of one trap each, in which every line matters.
const TRAPS: &[&str] = &[
    "FROM a\nRUN <<A <<A\nhi\nA\nho\nA\nUSER u",
    "FROM a\nRUN <<A \\\n && foo\nhi\nA\nUSER u\n",
    "FROM a\nRUN <<A\\\nhi\nA",
    "FROM a\nRUN <<A\nhi",
    "FROM a\nRUN <<A\nhi\nA ",
    "FROM a\nRUN <<A\nhi\n A\nA\r\r\nUSER u",
    "FROM a\nRUN <<-A\r\n\thi\r\n\tA\r\nUSER u\r\n",
    "FROM a\nRUN <<-A <<B\n\t\tx\n\t\tA\nB\nUSER u",
    "FROM a\nRUN <<'A B' 3<<C\"D\"\nhi\nA B\nCD\nUSER u",
    "FROM a\nRUN <<A\\ B <<\\C\nA B\nC\nUSER u",
    "FROM a\nRUN <<$A <<${B} <<${C:-d}\n$A\n${B}\n${C:-d}\nUSER u",
    "FROM a\nRUN ${X:?gone} ${a:1:2} $(x ${b:-c d}) <<B\nhi\nB\nUSER u",
    "FROM a\nRUN ${A@Q} <<B\nUSER u",
    "FROM a\nRUN ${#A} <<B\nUSER u",
    "FROM a\nRUN ${A/x} <<B\nUSER u",
    "FROM a\nRUN it's <<A x\nUSER u",
    "FROM a\nRUN <<'A\nUSER u",
    "FROM a\nRUN <<''\nUSER u",
    "FROM a\nRUN <<-\nUSER u",
    "FROM a\nRUN <<A&&b <<c;d\nA&&b\nc;d\nUSER u",
    "FROM a\nRUN (<<A) x<<A <<<A $((1<<3)) $((1 << 3)) \"<<A\" '<<A'\nUSER u",
    "FROM a\nRUN -- <<A\nx\nA\nUSER u",
    "FROM a\nRUN --mount=<<A b\nUSER u",
    "# escape=`\nFROM a\nRUN <<`A <<\\B\n`A\nB\nUSER u",
    "FROM a\nCMD <<A\nHEALTHCHECK CMD <<A\nUSER u",
    "FROM a\nADD [\"<<A\", \"/x\"]\nUSER u",
    "FROM a\nRUN x\\\n# syntax=x\n# escape=`\ny\nUSER u",
    "FROM a\nRUN a \\\\\nUSER u",
    "FROM a\nRUN a \\\\ \\\nUSER u",
    "FROM a\nRUN a \\ \t \n\n\n#x\n   #x \\\n  b\nUSER u",
    "FROM a\nRUN a \\\r\n\r\n# x \\\r\n b\r\nUSER u",
    "FROM a\n\r\nRUN b\\\r\r\nc\nUSER u",
    "FROM a\r\rRUN b\n",
    "FROM a\nRUN a # b \\\n c\nUSER u",
    "FROM a\nRUN a\\",
    "FROM \\\na \\\nAS b\nUSER u",
    "# c\n\n",
    "",
    "\n \n",
    "\u{feff}# escape=`\nFROM a`\n:b\n",
    " # ESCAPE =` \nFROM a`\n:b\n",
    "#!/bin/x\n# escape=`\nFROM a\nRUN b`\nUSER u",
    "# syntax=a\n# escape=`\nFROM a`\n:b\n",
    "# syntax=\n# escape=`\nFROM a\nRUN b`\nUSER u",
    "\n# escape=`\nFROM a\nRUN b`\nUSER u",
    "# other=x\n# escape=`\nFROM a\nRUN b`\nUSER u",
    "# escape=x\nFROM a\n",
    "# escape=``\nFROM a\n",
    "# escape=\\ x\nFROM a\n",
    "# escape= \nFROM a\n",
    "# escape=`\n# escape=`\nFROM a\n",
    "FROM a\nRUN x\u{a0}y\u{85}z\nCOPY a\u{a0}b c\n\u{a0}RUN p\n\u{2003}RUN q\nRUN r\u{2003}\n",
    "FROM a\nRUN\u{a0}x\nUSER u",
    "FROM a\nRUN\x0bx\x0cy\nCOPY a  b\x0bc\td\n",
    "FROM a\nRUN[\"x\"]\n\"RUN x\"\n=foo\n",
    "FROM a #c\nRUN a #c\nENV a b #c\n",
    "from a as B\nrun x\nOnBuild env a b\n",
    "FROM a\nCMD [\"a\\\"b\", \"c\\\\\\n\", \"\\u00e9\\ud83d\\ude00\"]\nCMD [ ]\nCMD [\"a\" ,\t\"b\"] \n",
    "FROM a\nCMD [\"a\",]\nCMD ['a']\nCMD [\"a\" \"b\"]\nCMD [\"\u{1}\"]\nCMD [a]\nCMD [\"a\"\n",
    "FROM a\nCMD [\"a\", 1]\n",
    "FROM a\nCMD [null]\n",
    "FROM a\nRUN [[\"a\"]]\n",
    "FROM a\nVOLUME [\"a b\", \"c\"]\nEXPOSE [\"80\"]\nUSER [\"a\"]\nVOLUME a b\nCOPY [\"a b\" \"c\"]\n",
    "FROM a\nENV a\\\nb=c d=e\nENV \"a b\"=c\nENV a='b c'd\"e f\\\"\"\nENV a   b   c  \nENV a=b=c\nLABEL a=\\\n b=c\n",
    "FROM a\nENV a=b\\\n\n\n c=d\\ \nUSER u",
    "FROM a\nENV \\\n  a=b \\\n  # no\n  c=d\nUSER u",
    "FROM a\nENV a='b\nENV a=\"b\nENV a='b\\' c=d'\nENV a\\ b=c\n",
    "FROM a\nENV a=b C\n",
    "FROM a\nLABEL a\n",
    "FROM a\nENV\n",
    "ARG a b=c 'd e'=f g\\ h\nFROM a\nARG\n",
    "FROM a\nONBUILD RUN --mount=type=ssh [\"a\"]\nonbuild env a b\nONBUILD HEALTHCHECK NONE\nONBUILD\nONBUILD FROM x\nONBUILD FOO\n",
    "FROM a\nHEALTHCHECK --interval=5s CMD [\"a\"]\nHEALTHCHECK NONE\nHEALTHCHECK CMD   x  y\nHEALTHCHECK CMD NONE\nHEALTHCHECK\nHEALTHCHECK CMD\n",
    "FROM a\nRUN --a=b\\ c --d e --f\nRUN --a='b c' --d\" \"e -- --f\nRUN --a\\ b=c d\nCOPY --x\t--y z w\n",
    "FROM a\nRUN --a --\nRUN --\nRUN --a -b\nRUN --a=b -- --c -- d\nRUN - x\nRUN --a b=c\nRUN --\"a\nRUN --a\\\n",
    "FROM\nRUN b\nFROM --platform=x a\n",
    "FROM a\nMAINTAINER  a  b \nSTOPSIGNAL  9\nWORKDIR /a b\nSHELL [\"x\"]\nENTRYPOINT  x  y\nRUN\n",
];

/// Writes texts to files of a folder, as the oracle reads files.
fn written(folder: &Path, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<PathBuf> {
    let write = |(index, text): (usize, _)| {
        let path = folder.join(index.to_string());
        fs::write(&path, AsRef::<str>::as_ref(&text)).unwrap();
        path
    };
    texts.into_iter().enumerate().map(write).collect()
}

#[test]
fn every_trap_is_read_as_buildkit_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let long = |length: usize| format!("FROM a\nRUN {}\nUSER u", "x".repeat(length - 4));
    let lengths = [long(65_535), long(65_536)];
    let texts: Vec<&str> = TRAPS.iter().copied().chain(lengths.iter().map(String::as_str)).collect();
    match compare(&written(folder.path(), &texts), CompareLines::Yes) {
        Some(differences) => {
            let shown = |line: &String| {
                let at: usize = line.split([':', '/']).find_map(|part| part.parse().ok()).unwrap_or_default();
                format!("{:?}\n{line}", texts.get(at))
            };
            assert!(differences.is_empty(), "\n{}", differences.iter().map(shown).collect::<Vec<_>>().join("\n"));
        }
        None => println!("skipped: the Python package `dockerfile` cannot be installed here"),
    }
}

/// Every span lies in the text, on characters; what it cuts out is what was read; and everything stands in order.
fn check_spans(text: &str) {
    let parsed = parse(text);
    let mut last = 0;
    let slice = |span: Span| {
        assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
        &text[span.range()]
    };
    // A word over a continuation has more in the source than it says.
    let check = |word: &Word| {
        let written = slice(word.span);
        assert!(written == word.text || written.contains('\n'), "{word:?} is {written:?} in {text:?}");
    };
    for instruction in &parsed.instructions {
        assert!(instruction.span.start >= last, "{:?} before {last} in {text:?}", instruction.span);
        last = instruction.span.end;
        for holder in std::iter::once(instruction).chain(instruction.onbuild.as_deref()) {
            assert!(slice(holder.span).starts_with(slice(holder.word.span)));
            check(&holder.word);
            let mut at = holder.word.span.end;
            let mut follows = |span: Span| {
                assert!(at <= span.start && span.start <= span.end && span.end <= last, "{span:?} in {text:?}");
                at = span.end;
            };
            for flag in &holder.flags {
                follows(flag.span);
                assert!(slice(flag.span).starts_with('-'));
            }
            match &holder.arguments {
                Arguments::Json(words) => words.iter().for_each(|word| {
                    follows(word.span);
                    assert!(slice(word.span).starts_with('"') && slice(word.span).ends_with('"'));
                }),
                Arguments::Words(words) => words.iter().for_each(|word| {
                    follows(word.span);
                    check(word);
                }),
                Arguments::Pairs(pairs) => pairs.iter().flat_map(|(name, value)| [name, value]).for_each(|word| {
                    follows(word.span);
                    check(word);
                }),
                Arguments::Line(line) => {
                    follows(line.span(0, line.text.len()));
                    let ends = line.pieces.iter().skip(1).map(|piece| piece.0).chain([line.text.len()]);
                    for (piece, end) in line.pieces.iter().zip(ends) {
                        assert_eq!(slice(Span::new(piece.1, piece.1 + end - piece.0)), &line.text[piece.0..end]);
                    }
                }
            }
            for heredoc in &holder.heredocs {
                follows(heredoc.span);
                assert_eq!(slice(heredoc.span), heredoc.body);
            }
        }
    }
    parsed.comments.iter().for_each(|comment| assert!(slice(comment.span).starts_with('#')));
    for pair in parsed.problems.windows(2) {
        assert!(pair[0].span <= pair[1].span);
    }
    parsed.problems.iter().for_each(|problem| assert!(!slice(problem.span).ends_with('\n')));
}

/// Bytes of a line that nobody writes.
const LONG: usize = 1_000_000;

/// Enough of them that each pair of pieces meets.
const SOUPS: usize = 2_000;

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

/// Random texts are read as BuildKit reads them, too. One call of the oracle for all of them, so not in `proptest!`.
#[test]
fn soup_is_read_as_buildkit_reads_it() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, TestRunner};

    let mut runner = TestRunner::new_with_rng(
        Config { failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let strategy = soup();
    let texts: Vec<String> =
        (0..SOUPS).map(|_| format!("FROM a\n{}", strategy.new_tree(&mut runner).unwrap().current())).collect();
    let folder = tempfile::tempdir().unwrap();
    match compare(&written(folder.path(), &texts), CompareLines::No) {
        Some(differences) => assert!(differences.is_empty(), "\n{}", differences.join("\n")),
        None => println!("skipped: the Python package `dockerfile` cannot be installed here"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_panic_and_every_span_lies_in_the_text(text in soup()) {
        check_spans(&text);
    }

    #[test]
    fn nothing_makes_an_expansion_panic(text in soup(), set in any::<bool>()) {
        let lookup = |_: &str| set.then(|| "a b".to_owned());
        for escape in [Escape::Backslash, Escape::Backtick] {
            let (expansion, words) = (expand(&text, escape, &lookup), expand_words(&text, escape, &lookup));
            prop_assert_eq!(&expansion.error, &words.error);
            prop_assert!(words.words.iter().all(|word| !word.is_empty()));
            prop_assert!(!set || expansion.unresolved.is_empty());
        }
        if !text.contains(['$', '\\']) {
            prop_assert_eq!(expand_body(&text, &lookup).text, text);
        }
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
    let pieces = [
        "<<",
        "\\",
        "${a:-",
        "\"",
        "--a ",
        "[\"",
        "a \\\n",
        "ONBUILD ",
        "<<E ",
        "<< E",
        "<< E \n RUN ",
        "[[",
        "é",
        "' ",
        "a=b ",
        "$",
    ];
    for piece in pieces {
        for keyword in ["RUN", "ENV", "COPY", "ONBUILD COPY --x", "HEALTHCHECK CMD", "#"] {
            let text = |length| format!("FROM a\n{keyword} {}", piece.repeat(length / piece.len()));
            grows_with_its_input(&format!("{keyword} {piece:?}"), LONG, |length| check_spans(&text(length)));
        }
    }
}
