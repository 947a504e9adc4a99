//! Number constants, read as Go's `strconv` reads them.

use crate::quote::{self, Unit};

/// A constant with all the types that it can take.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Real and imaginary part.
    pub(crate) complex: Option<(f64, f64)>,
}

/// Why a constant is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidNumber {
    #[error("invalid syntax")]
    Char,
    #[error("malformed character constant: {0}")]
    MalformedChar(String),
    #[error("integer overflow: {0}")]
    Overflow(String),
    #[error("illegal number syntax: {0}")]
    Syntax(String),
    #[error("syntax error scanning complex number")]
    Complex,
}

impl Number {
    /// A character between apostrophes.
    pub(crate) fn character(text: &[u8]) -> Result<Self, InvalidNumber> {
        let inner = text.get(1..).unwrap_or_default();
        let (unit, width) = quote::unquote_unit(inner, b'\'').map_err(|_| InvalidNumber::Char)?;
        if &inner[width..] != b"'" {
            return Err(InvalidNumber::MalformedChar(String::from_utf8_lossy(text).into_owned()));
        }
        let code = match unit {
            Unit::Byte(byte) => u32::from(byte),
            Unit::Char(c) => c as u32,
        };
        Ok(Self { int: Some(code.into()), uint: Some(code.into()), float: Some(code.into()), complex: None })
    }

    /// Two parts, the second with a sign and an `i`.
    pub(crate) fn complex(text: &str) -> Result<Self, InvalidNumber> {
        let body = text.strip_suffix('i').ok_or(InvalidNumber::Complex)?;
        let exponent = |at: usize| at > 0 && matches!(body.as_bytes()[at - 1], b'e' | b'E' | b'p' | b'P');
        let split = body
            .char_indices()
            .rfind(|&(at, c)| at > 0 && matches!(c, '+' | '-') && !exponent(at))
            .map(|(at, _)| at)
            .ok_or(InvalidNumber::Complex)?;
        match (parse_float(&body[..split]), parse_float(&body[split..])) {
            (Some(real), Some(imaginary)) => Ok(Self::from_complex(real, imaginary)),
            _ => Err(InvalidNumber::Complex),
        }
    }

    fn from_complex(real: f64, imaginary: f64) -> Self {
        let complex = Some((real, imaginary));
        if imaginary != 0.0 {
            return Self { complex, ..Self::default() };
        }
        Self { int: exact_int(real), uint: exact_uint(real), float: Some(real), complex }
    }

    /// Anything else that starts with a digit, a sign or a point.
    pub(crate) fn plain(text: &str) -> Result<Self, InvalidNumber> {
        if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
            return Ok(Self::from_complex(0.0, imaginary));
        }
        let int = parse_int(text);
        let uint = parse_uint(text).or(if int == Some(0) { Some(0) } else { None });
        if int.is_some() || uint.is_some() {
            let float = int.map(|value| value as f64).or(uint.map(|value| value as f64));
            return Ok(Self { int, uint, float, complex: None });
        }
        let quoted = || quote::quote(text.as_bytes());
        let float = parse_float(text).ok_or_else(|| InvalidNumber::Syntax(quoted()))?;
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(InvalidNumber::Overflow(quoted()));
        }
        Ok(Self { int: exact_int(float), uint: exact_uint(float), float: Some(float), complex: None })
    }
}

fn exact_int(value: f64) -> Option<i64> {
    let int = value as i64;
    (int as f64 == value && value < i64::MAX as f64).then_some(int)
}

fn exact_uint(value: f64) -> Option<u64> {
    let uint = value as u64;
    (uint as f64 == value && value < u64::MAX as f64).then_some(uint)
}

/// Go's `strconv.ParseUint(text, 0, 64)`.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    if digits.is_empty() || digits.starts_with('+') || !underscores_stand_between_digits(text) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), base).ok()
}

/// Go's `strconv.ParseInt(text, 0, 64)`.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = parse_uint(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Go's `strconv.ParseFloat(text, 64)` for text that holds digits; overflow is an error there.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    if body.starts_with(['+', '-']) || !underscores_stand_between_digits(text) {
        return None;
    }
    let value = if body.len() > 2 && body.as_bytes()[0] == b'0' && body.as_bytes()[1].eq_ignore_ascii_case(&b'x') {
        parse_hex_float(&body[2..].replace('_', "").to_ascii_lowercase())?
    } else {
        if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        body.replace('_', "").parse().ok()?
    };
    value.is_finite().then_some(if text.starts_with('-') { -value } else { value })
}

fn parse_hex_float(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut exponent: i64 = exponent.parse().ok()?;
    let mut value: u128 = 0;
    let mut lost = false;
    for (place, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u128::from(digit.to_digit(16)?);
        let in_fraction = place >= whole.len();
        if value >> 120 == 0 {
            value = value << 4 | digit;
            exponent -= if in_fraction { 4 } else { 0 };
        } else {
            lost |= digit != 0;
            exponent += if in_fraction { 0 } else { 4 };
        }
    }
    // One bit stands for all that was cut off, so that rounding half to even stays right.
    let rounded = (value | u128::from(lost)) as f64;
    Some(scale(rounded, exponent))
}

/// `value * 2^exponent`, in steps that neither overflow nor underflow early.
fn scale(mut value: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 && value.is_finite() && value != 0.0 {
        value *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 && value != 0.0 {
        value *= 2f64.powi(-1000);
        exponent += 1000;
    }
    value * 2f64.powi(exponent.clamp(-1000, 1000) as i32)
}

/// `_` must separate digits, or a base prefix and a digit.
fn underscores_stand_between_digits(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = body.to_ascii_lowercase();
    let hex = lower.starts_with("0x");
    let prefixed = hex || lower.starts_with("0b") || lower.starts_with("0o");
    // '^' the start, '0' a digit or a base prefix, '_' an underscore, '!' none of these.
    let mut previous = if prefixed { '0' } else { '^' };
    for c in lower[if prefixed { 2 } else { 0 }..].chars() {
        previous = match c {
            c if c.is_ascii_digit() || (hex && c.is_ascii_hexdigit()) => '0',
            '_' if previous == '0' => '_',
            '_' => return false,
            _ if previous == '_' => return false,
            _ => '!',
        };
    }
    previous != '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_base() {
        for (text, value) in [("0x1F", 31), ("017", 15), ("0o17", 15), ("0b101", 5), ("1_000", 1000), ("-0x10", -16)] {
            assert_eq!(Number::plain(text).unwrap().int, Some(value), "{text}");
        }
        assert_eq!(Number::plain("-0").unwrap().uint, Some(0));
        assert_eq!(Number::plain("18446744073709551615").unwrap().int, None);
    }

    #[test]
    fn reads_floats_and_their_integers() {
        assert_eq!(
            Number::plain("1e3").unwrap(),
            Number { int: Some(1000), uint: Some(1000), float: Some(1e3), complex: None }
        );
        assert_eq!(Number::plain("0x1.8p1").unwrap().float, Some(3.0));
        assert_eq!(Number::plain("0x1p-1074").unwrap().float, Some(5e-324));
        assert_eq!(Number::complex("1e+2-2i").unwrap().complex, Some((100.0, -2.0)));
    }

    #[test]
    fn refuses_what_go_refuses() {
        assert_eq!(
            Number::plain("99999999999999999999").unwrap_err().to_string(),
            "integer overflow: \"99999999999999999999\""
        );
        for text in ["089", "1__0", "_1", "1_", "0x", "1e", "1e999"] {
            assert!(Number::plain(text).is_err(), "{text}");
        }
        assert!(Number::character(b"'ab'").is_err());
    }
}
