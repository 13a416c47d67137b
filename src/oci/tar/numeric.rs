//! Numbers in tar headers: octal digits, or base 256 (GNU and star), and decimal numbers in PAX records.

/// A field in octal or base 256. Negative numbers are possible in base 256.
pub fn number(field: &[u8]) -> Result<i64, &'static str> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => octal(field),
    }
}

/// Octal digits with blanks or zero bytes around them; no digits at all are 0.
pub fn octal(field: &[u8]) -> Result<i64, &'static str> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(start) = field.iter().position(|byte| !is_padding(byte)) else { return Ok(0) };
    let end = field.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    let digits = field.get(start..end).unwrap_or_default();
    // A zero byte inside ends the number, as in C.
    let digits = digits.split(|byte| *byte == 0).next().unwrap_or_default();
    digits
        .iter()
        .try_fold(0u64, |value, digit| match digit {
            b'0'..=b'7' => value.checked_mul(8).map(|value| value + u64::from(digit - b'0')),
            _ => None,
        })
        // Go parses 64 bits without a sign and then gives them one.
        .map(|value| value as i64)
        .ok_or("a field is not an octal number")
}

/// Two's complement, big-endian, with the marker in the first bit.
fn base256(field: &[u8]) -> Result<i64, &'static str> {
    const OVERFLOW: &str = "a base-256 number is too large";
    let inverted = if field.first().is_some_and(|first| first & 0x40 != 0) { 0xff } else { 0 };
    let mut value = 0u64;
    for (index, byte) in field.iter().enumerate() {
        let mut byte = byte ^ inverted;
        if index == 0 {
            byte &= 0x7f;
        }
        if value >> 56 > 0 {
            return Err(OVERFLOW);
        }
        value = value << 8 | u64::from(byte);
    }
    let value = i64::try_from(value).map_err(|_| OVERFLOW)?;
    Ok(if inverted == 0 { value } else { !value })
}

/// A decimal number as Go's `strconv.ParseInt` reads it: an optional sign, then digits only.
pub fn decimal(text: &[u8]) -> Result<i64, &'static str> {
    // Rust's parser takes and refuses the same texts.
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or("a record is not a decimal number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_fields_may_be_padded() {
        assert_eq!(octal(b"0000644\0"), Ok(0o644));
        assert_eq!(octal(b" 644 \0\0"), Ok(0o644));
        assert_eq!(octal(b"\0\0\0"), Ok(0));
        assert_eq!(octal(b""), Ok(0));
        assert_eq!(octal(b"64\x004"), Ok(0o64));
        assert!(octal(b"648").is_err());
        assert!(octal(b"-1").is_err());
        assert!(octal(b"7777777777777777777777777").is_err());
    }

    #[test]
    fn base_256_has_a_sign() {
        assert_eq!(number(&[0x80, 0, 1, 2]), Ok(258));
        assert_eq!(number(&[0xff; 12]), Ok(-1));
        assert_eq!(number(&[0xff, 0xfe]), Ok(-2));
        assert!(number(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(number(&[0x80, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn decimals_are_read_as_go_reads_them() {
        assert_eq!(decimal(b"+12"), Ok(12));
        assert_eq!(decimal(b"-1"), Ok(-1));
        assert!(decimal(b"").is_err());
        assert!(decimal(b"1_0").is_err());
        assert!(decimal(b" 1").is_err());
        assert!(decimal(b"9223372036854775808").is_err());
    }
}
