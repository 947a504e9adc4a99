//! Durations as Go writes and reads them: `10m0s`, `1h5m`, `100ms`.

use std::fmt;
use std::time::Duration;

/// A duration in Go's sense: signed nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GoDuration(i64);

/// Why a text is no duration. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// Not a duration at all, or one that does not fit.
    #[error("time: invalid duration {}", quoted(.0))]
    Invalid(String),
    /// A number without `s`, `ms` and the like.
    #[error("time: missing unit in duration {}", quoted(.0))]
    MissingUnit(String),
    /// A unit that is none.
    #[error("time: unknown unit {} in duration {}", quoted(.unit), quoted(.text))]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

impl GoDuration {
    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Signed nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The duration; nothing and negative ones are zero.
    pub fn or_zero(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// Reads what Go's `time.ParseDuration` reads: signed decimals with units, such as `-1.5h` or `1h5m`.
    pub fn parse(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration::Invalid(text.to_owned());
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (nanos, after) = term(rest, text)?;
            total = total.checked_add(nanos).filter(|sum| *sum <= 1 << 63).ok_or_else(invalid)?;
            rest = after;
        }
        if negative {
            return Ok(Self((total as i64).wrapping_neg()));
        }
        i64::try_from(total).map(Self).map_err(|_| invalid())
    }
}

/// Reads one number with its unit from the front of `rest`; `text` is the whole, for errors.
fn term<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), InvalidDuration> {
    let invalid = || InvalidDuration::Invalid(text.to_owned());
    let (whole, after_whole) = split(rest, |c| c.is_ascii_digit());
    let (fraction, after) = match after_whole.strip_prefix('.') {
        Some(after_point) => split(after_point, |c| c.is_ascii_digit()),
        None => ("", after_whole),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let (unit, after) = split(after, |c| c != '.' && !c.is_ascii_digit());
    if unit.is_empty() {
        return Err(InvalidDuration::MissingUnit(text.to_owned()));
    }
    let scale: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(InvalidDuration::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() }),
    };
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
    let nanos = whole.checked_mul(scale).filter(|nanos| *nanos <= 1 << 63).ok_or_else(invalid)?;
    let nanos = nanos.checked_add(fraction_nanos(fraction, scale)).filter(|nanos| *nanos <= 1 << 63);
    Ok((nanos.ok_or_else(invalid)?, after))
}

/// `0.<digits>` of a unit of `scale` nanoseconds, cut as Go cuts it.
fn fraction_nanos(digits: &str, scale: u64) -> u64 {
    let (mut value, mut unit) = (0u64, 1f64);
    for digit in digits.bytes() {
        match value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0'))) {
            Some(next) if next <= i64::MAX as u64 => value = next,
            _ => break,
        }
        unit *= 10.0;
    }
    (value as f64 * (scale as f64 / unit)) as u64
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Go's quoting in these errors: ASCII as it is, `"` and `\` escaped, everything else byte by byte.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='\x7e' => out.push(c),
            _ => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

impl From<Duration> for GoDuration {
    /// Over 292 years: the longest that Go has.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for GoDuration {
    /// Go's `Duration.String`: `0s`, `100ms`, `10m0s`, `1h5m0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => decimal(f, nanos, 1_000, "µs"),
            1_000_000..1_000_000_000 => decimal(f, nanos, 1_000_000, "ms"),
            _ => {
                let minutes = nanos / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                decimal(f, nanos % 60_000_000_000, 1_000_000_000, "s")
            }
        }
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, nanos: u64, scale: u64, unit: &str) -> fmt::Result {
    write!(f, "{}", nanos / scale)?;
    let fraction = nanos % scale;
    if fraction > 0 {
        let width = scale.ilog10() as usize;
        write!(f, ".{}", format!("{fraction:0width$}").trim_end_matches('0'))?;
    }
    f.write_str(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        GoDuration::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_go_reads() {
        let second = 1_000_000_000i64;
        for (text, nanos) in [
            ("0", 0),
            ("+0", 0),
            ("10s", 10 * second),
            ("15.0s", 15 * second),
            ("0.001s", second / 1000),
            ("1h5m", 3900 * second),
            ("-1.5h", -5400 * second),
            (".5s", second / 2),
            ("1.s", second),
            ("100µs", 100_000),
            ("100μs", 100_000),
            ("0.3333333333333333333h", 1_200_000_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            assert_eq!(GoDuration::parse(text).unwrap().nanos(), nanos, "{text}");
        }
    }

    #[test]
    fn refuses_in_gos_words() {
        for text in ["abc", "", "-", ".s", "+.s", "9223372036854775808ns", "3000000h", "99999999999999999999s"] {
            assert_eq!(error(text), format!("time: invalid duration {text:?}"));
        }
        assert_eq!(error("10"), "time: missing unit in duration \"10\"");
        assert_eq!(error("1h5"), "time: missing unit in duration \"1h5\"");
        assert_eq!(error("10x"), "time: unknown unit \"x\" in duration \"10x\"");
        assert_eq!(error("\"é"), "time: invalid duration \"\\\"\\xc3\\xa9\"");
    }

    #[test]
    fn writes_as_go_writes() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (100_000_000, "100ms"),
            (3_300_000_000, "3.3s"),
            (300_000_000_000, "5m0s"),
            (600_000_000_000, "10m0s"),
            (3_900_000_000_000, "1h5m0s"),
            (-1_000_000_001, "-1.000000001s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(GoDuration::from_nanos(nanos).to_string(), text);
        }
    }
}
