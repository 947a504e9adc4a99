//! Values of flags.

use std::time::Duration;

use muster_wire::duration_text::GoDuration;

/// A truth value as Go's `strconv.ParseBool` reads it.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A duration as Go's `time.ParseDuration` reads it; what is negative is zero.
pub fn duration(text: &str) -> Result<Duration, String> {
    GoDuration::parse(text).map(GoDuration::or_zero).map_err(|error| error.to_string())
}
