//! Values of flags.

/// A truth value as Go's `strconv.ParseBool` reads it.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A number that is not negative, as Go's `strconv.ParseUint` with base 0 reads it: `16`, `0x10`, `020`, `0b1_0000`.
pub fn go_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix, prefixed) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16, true),
        [b'0', b'o', ..] => (&lower[2..], 8, true),
        [b'0', b'b', ..] => (&lower[2..], 2, true),
        [b'0', _, ..] => (&lower[1..], 8, true),
        _ => (&lower[..], 10, false),
    };
    // Underscores stand between digits, or behind the prefix.
    let misplaced = digits.ends_with('_') || digits.contains("__") || !prefixed && digits.starts_with('_');
    let plain = digits.replace('_', "");
    if misplaced || plain.starts_with('+') {
        return None;
    }
    u64::from_str_radix(&plain, radix).ok()
}

/// An integer, as Go's `strconv.ParseInt` with base 0 reads it.
pub fn go_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = i128::from(go_uint(digits)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

#[test]
fn numbers_are_gos() {
    for (text, expected) in [
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("0x10", Some(16)),
        ("010", Some(8)),
        ("0o10", Some(8)),
        ("0b1_0", Some(2)),
        ("0x_f", Some(15)),
        ("0", Some(0)),
        ("08", None),
        ("1_0", Some(10)),
        ("_1", None),
        ("1_", None),
        ("1__0", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("", None),
        ("0x", None),
    ] {
        assert_eq!(go_uint(text), expected, "{text:?}");
    }
    for (text, expected) in
        [("-0x10", Some(-16)), ("+7", Some(7)), ("-9223372036854775808", Some(i64::MIN)), ("--1", None)]
    {
        assert_eq!(go_int(text), expected, "{text:?}");
    }
}
