//! The formats of a sweep's report: the JSON one against its published schema and read again, and what strangers' words do in each.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::collections::BTreeSet;
use std::sync::Arc;

use fixture::schema::Validator;
use fixture::sweep::{HOSTILE, empty, hostile, image, registry, time};
use rdsca::report::sweep::{ChangeKind, FORMATS, Missed, Point, State, SweepReport, compare};

fn written(report: &SweepReport, format: &str) -> String {
    let format = FORMATS.iter().find(|known| known.name == format).unwrap();
    let mut out = Vec::new();
    (format.write)(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a terminal shows.
fn plain(report: &SweepReport) -> String {
    anstream::adapter::strip_str(&written(report, "text")).to_string()
}

#[test]
fn a_saved_report_is_the_same_when_read_again() {
    for report in [empty(), registry(40), hostile()] {
        let json = written(&report, "json");
        let again = SweepReport::from_json(json.as_bytes()).unwrap();
        assert_eq!(again, report);
        for format in FORMATS {
            assert_eq!(written(&again, format.name), written(&report, format.name), "{}", format.name);
        }
    }
}

#[test]
fn reports_are_what_the_schema_says() {
    let Some(validator) = Validator::find() else { return };
    for report in [empty(), registry(40), hostile()] {
        assert_eq!(validator.complaints("sweep.schema.json", written(&report, "json").as_bytes()), "");
    }
    assert_ne!(
        validator.complaints("sweep.schema.json", b"{\"schema\": \"rdsca.sweep/1\"}"),
        "",
        "the validator validates"
    );
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let good = written(&registry(10), "json");
    for (text, part) in [
        ("{}".to_owned(), "missing field"),
        (good[..good.len() / 2].to_owned(), "EOF"),
        (good.replacen("\"state\":\"missing\"", "\"state\":\"fine\"", 1), "\"fine\" means nothing here"),
        (good.replacen("rdsca.sweep/1", "rdsca.sweep/2", 1), "rdsca.sweep/2"),
    ] {
        let error = SweepReport::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn no_format_lets_a_stranger_s_words_act() {
    let report = hostile();
    for format in FORMATS {
        let text = written(&report, format.name);
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{0}', '\r']) || format.name == "json", "{}", format.name);
    }
    assert!(!plain(&report).contains('\u{1b}'));
    let html = written(&report, "html");
    for word in HOSTILE {
        assert!(!html.contains(word), "{word:?} stands in the page as it is");
    }
    // The page's own: one style, uPlot, the page's script, the numbers.
    assert_eq!((html.matches("<script").count(), html.matches("<style").count()), (3, 1));
    for line in written(&report, "csv").lines().skip(1) {
        for cell in line.split(',') {
            assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}

#[test]
fn text_csv_and_json_tell_the_same_numbers() {
    let report = registry(60);
    let counts = report.counts();
    let text = plain(&report);
    let sum = format!(
        "{} ok, {} outdated, {} can't verify, {} unreadable, {} not scanned: {} images in",
        counts.ok + counts.not_required,
        counts.outdated,
        counts.missing,
        counts.unreadable,
        counts.not_scanned + counts.unknown,
        counts.images()
    );
    assert!(text.contains(&sum), "{sum}\n{text}");
    let csv = written(&report, "csv");
    for state in State::ALL {
        let rows = csv.lines().filter(|line| line.starts_with(&format!("{},", state.as_str()))).count();
        assert_eq!(rows as u64, counts.of(state), "{state:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&written(&report, "json")).unwrap();
    assert_eq!(json["counts"]["images"], counts.images());
    assert_eq!(json["images"].as_array().unwrap().len() as u64, counts.images());
    let cells = |line: &str| line.split('"').step_by(2).map(|outside| outside.matches(',').count()).sum::<usize>();
    assert_eq!(csv.lines().map(cells).collect::<BTreeSet<_>>().len(), 1, "every row has every column");
}

#[test]
fn what_could_not_be_looked_at_is_neither_mended_nor_gone() {
    let mut before = empty();
    for (name, state) in
        [("a", State::Missing), ("b", State::Ok), ("c", State::Missing), ("d", State::Ok), ("e", State::Ok)]
    {
        before.images.push(rdsca::report::sweep::Image { state, ..image(&format!("r.example.com/{name}"), "1") });
    }
    let mut now = empty();
    for (name, state) in [("a", State::Ok), ("b", State::Outdated), ("f", State::Missing)] {
        now.images.push(rdsca::report::sweep::Image { state, ..image(&format!("r.example.com/{name}"), "1") });
    }
    let missed = |target: &str| Missed {
        repository: Arc::from("r.example.com/c"),
        target: target.into(),
        team: None,
        reason: "cut".into(),
    };
    now.not_scanned = vec![missed("r.example.com/c:1 (linux/amd64)"), missed("r.example.com/d")];
    let told = |now: &SweepReport| -> Vec<_> {
        compare(&before.seen(), &now.seen()).into_iter().map(|change| (change.kind, change.image.to_string())).collect()
    };
    let name = |name: &str| format!("r.example.com/{name}:1");
    let but_gone =
        vec![(ChangeKind::NewlyBroken, name("b")), (ChangeKind::Mended, name("a")), (ChangeKind::New, name("f"))];
    assert_eq!(told(&now), [but_gone.clone(), vec![(ChangeKind::Gone, name("e"))]].concat());
    now.scope.incomplete = Some("stopped".to_owned());
    assert_eq!(told(&now), but_gone, "what was not come to is not gone");
    // What can't be told any more is not mended either.
    now.images[0].state = State::Unknown;
    assert!(!told(&now).iter().any(|(kind, _)| *kind == ChangeKind::Mended));
}

#[test]
fn a_first_sweep_and_an_empty_one_say_so() {
    let mut report = empty();
    report.history = vec![Point { at: time("2026-11-25T02:07:31Z"), counts: report.counts() }];
    let html = written(&report, "html");
    assert!(html.contains("This is the first sweep") && html.contains("Everything that was found was looked at"));
    assert!(plain(&report).contains("0 images in 0 repositories"));
}

#[test]
fn the_page_of_a_thousand_images_is_under_a_megabyte() {
    let report = registry(206);
    assert!(report.images.len() > 1_000);
    let size = written(&report, "html").len();
    assert!(size < 1_000_000, "{size} bytes");
}
