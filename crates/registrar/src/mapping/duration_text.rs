//! Go's text form of durations, which labels are written in.

use std::time::Duration;

/// Reads `30s`, `1m30s`, `1.5h`, `100ms` (Go's `time.ParseDuration`). None: it is no duration, negative,
/// or too long.
pub(super) fn read(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds: u128 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        nanoseconds = nanoseconds.checked_add(amount(number, unit_nanoseconds(unit)?)?)?;
        rest = next;
    }
    i64::try_from(nanoseconds).ok().map(|nanoseconds| Duration::from_nanos(nanoseconds.unsigned_abs()))
}

fn unit_nanoseconds(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn amount(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    // More digits than a nanosecond has say nothing.
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    digits(whole)?.checked_mul(unit)?.checked_add(digits(fraction)? * unit / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_gos_durations() {
        for (text, milliseconds) in [("30s", 30_000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("+100ms", 100), ("0", 0)]
        {
            assert_eq!(read(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(read(".5us"), Some(Duration::from_nanos(500)));
        assert_eq!(read("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn refuses_what_go_refuses_and_what_is_negative() {
        for text in ["", "+", "30", "s", ".s", "1.2.3s", "30 s", "-5s", "1d", "1sx", "99999999999999h", "é"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
