//! Numbers and times as people read them in a page.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `12,345`
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 image`, `12,345 images`
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// How many kinds of artifacts are named.
const MOST_KINDS: usize = 4;

/// `2 artifacts in an index are no images and were passed over (attestation-manifest)`; none where there are none. The kinds are others' words.
pub fn passed_over<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let kinds: Vec<_> = kinds.into_iter().collect();
    let number = kinds.len() as u64;
    let mut named: Vec<_> = BTreeSet::from_iter(kinds).into_iter().collect();
    let others = if named.len() > MOST_KINDS { " and others" } else { "" };
    named.truncate(MOST_KINDS);
    let verbs = if number == 1 { "is no image and was passed over" } else { "are no images and were passed over" };
    (number > 0).then(|| {
        format!("{} in an index {verbs} ({}{others})", plural(number, "artifact", "artifacts"), named.join(", "))
    })
}

/// `25 November 2026`, in UTC.
pub fn date(time: Timestamp) -> String {
    TimeZone::UTC.to_datetime(time).strftime("%-d %B %Y").to_string()
}

/// `03:12`, in UTC.
pub fn clock(time: Timestamp) -> String {
    TimeZone::UTC.to_datetime(time).strftime("%H:%M").to_string()
}

/// `1.4 GB`, in powers of a thousand as registries and disks count.
pub fn bytes(number: u64) -> String {
    let mut value = number as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "bytes" { plural(number, "byte", "bytes") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_counted_and_their_kinds_named() {
        assert_eq!(passed_over([]), None);
        let one = passed_over(["application/spdx+json"]).unwrap();
        assert_eq!(one, "1 artifact in an index is no image and was passed over (application/spdx+json)");
        let many = passed_over(["b", "a", "b", "c", "e", "d"]).unwrap();
        assert_eq!(many, "6 artifacts in an index are no images and were passed over (a, b, c, d and others)");
    }

    #[test]
    fn numbers_and_times_are_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [1, 999, 1_500, 52_428_800, 3_000_000_000_000].map(bytes),
            ["1 byte", "999 bytes", "1.5 kB", "52.4 MB", "3.0 TB"]
        );
        let time: Timestamp = "2026-11-05T03:07:00Z".parse().unwrap();
        assert_eq!((date(time).as_str(), clock(time).as_str()), ("5 November 2026", "03:07"));
    }
}
