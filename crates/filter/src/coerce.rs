//! Values as their fields' kinds, read as Go's `strconv` reads them.

use crate::quote::Quoted;

/// No integer of 64 bits. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strconv.ParseInt: parsing {}: {}", Quoted(text), if *out_of_range { "value out of range" } else { "invalid syntax" })]
pub struct BadInt {
    /// What was to be read.
    pub text: String,
    /// A number, but too large or too small.
    pub out_of_range: bool,
}

/// No truth value. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strconv.ParseBool: parsing {}: invalid syntax", Quoted(text))]
pub struct BadBool {
    /// What was to be read.
    pub text: String,
}

/// Go's `strconv.ParseInt` with base 0: the base is told by a prefix, digits may be set apart by underscores.
pub(crate) fn int(text: &str) -> Result<i64, BadInt> {
    let bad = |out_of_range| BadInt { text: text.to_owned(), out_of_range };
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = base(unsigned);
    if digits.is_empty() || (digits.contains('_') && !underscores_are_right(unsigned)) {
        return Err(bad(false));
    }
    let mut magnitude: u64 = 0;
    for c in digits.chars().filter(|&c| c != '_') {
        let digit = c.to_digit(base).ok_or_else(|| bad(false))?;
        // Go looks no further once a number is too large.
        let next = magnitude.checked_mul(base.into()).and_then(|m| m.checked_add(digit.into()));
        magnitude = next.ok_or_else(|| bad(true))?;
    }
    let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    value.ok_or_else(|| bad(true))
}

fn base(unsigned: &str) -> (u32, &str) {
    let prefixed = |letters: [&str; 2]| letters.into_iter().find_map(|letter| unsigned.strip_prefix(letter));
    let alternatives = [(2, prefixed(["0b", "0B"])), (8, prefixed(["0o", "0O"])), (16, prefixed(["0x", "0X"]))];
    for (base, digits) in alternatives {
        // With nothing behind it, the prefix is no prefix.
        if let Some(digits) = digits.filter(|digits| !digits.is_empty()) {
            return (base, digits);
        }
    }
    match unsigned.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => (8, digits),
        _ => (10, unsigned),
    }
}

/// Underscores stand between digits or between the prefix and a digit.
fn underscores_are_right(unsigned: &str) -> bool {
    let bytes = unsigned.as_bytes();
    let prefixed = bytes.len() >= 2 && bytes[0] == b'0' && matches!(bytes[1] | 0x20, b'b' | b'o' | b'x');
    let hex = prefixed && bytes[1] | 0x20 == b'x';
    // The prefix counts as a digit.
    let mut last_is_digit = prefixed;
    let mut last_is_underscore = false;
    for &byte in &bytes[if prefixed { 2 } else { 0 }..] {
        let digit = byte.is_ascii_digit() || (hex && byte.is_ascii_hexdigit());
        if byte == b'_' && !last_is_digit || !digit && byte != b'_' && last_is_underscore {
            return false;
        }
        (last_is_digit, last_is_underscore) = (digit, byte == b'_');
    }
    !last_is_underscore
}

/// Go's `strconv.ParseBool`.
pub(crate) fn bool(text: &str) -> Result<bool, BadBool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(BadBool { text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_as_go() {
        let read: Vec<_> = ["0", "-0", "+7", "0x1_F", "0b101", "0o17", "017", "1_000", "0_7", "0x_1"]
            .into_iter()
            .map(|text| int(text).unwrap())
            .collect();
        assert_eq!(read, [0, 0, 7, 31, 5, 15, 15, 1000, 7, 1]);
        assert_eq!(int("-9223372036854775808"), Ok(i64::MIN));
        for bad in ["", "-", "abc", "1.5", "08", "0x", "1__0", "_1", "1_", "0x1g", "--1", "1 "] {
            assert!(!int(bad).unwrap_err().out_of_range, "{bad}");
        }
        for large in ["9223372036854775808", "-9223372036854775809", "99999999999999999999"] {
            assert!(int(large).unwrap_err().out_of_range, "{large}");
        }
        assert_eq!(int("a\"").unwrap_err().to_string(), r#"strconv.ParseInt: parsing "a\"": invalid syntax"#);
    }

    #[test]
    fn truth_as_go() {
        assert_eq!((bool("t"), bool("False")), (Ok(true), Ok(false)));
        assert_eq!(bool("yes").unwrap_err().to_string(), r#"strconv.ParseBool: parsing "yes": invalid syntax"#);
    }
}
