//! The engine's clock.

/// Seconds since 1970 of an RFC 3339 time such as `2026-11-23T23:37:45.565011798Z`, fraction cut off.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = time.get(..8)?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let rest = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds(rest)?)
}

fn offset_seconds(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    match text.as_bytes().first()? {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// In the Gregorian calendar; years begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn reads_times_with_fraction_and_offset() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T12:00:00.5Z", 1_709_208_000),
            ("2026-11-23T23:37:45.565011798Z", 1_795_477_065),
            ("2026-11-24T08:37:45.565011798+09:00", 1_795_477_065),
            ("2026-11-23T20:07:45-03:30", 1_795_477_065),
        ] {
            assert_eq!(unix_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "2026-11-23", "2026-11-23T1:2:3Z", "2026-11-23T23:37:45", "xT00:00:00Z", "2026-11-23T23:37:4é"]
        {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
