//! Numbers and truth values in query strings, with Go's strconv errors.

use muster_model::quoted;

/// Why a text is no number. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumber {
    /// No digits, or something besides them.
    #[error("strconv.ParseUint: parsing {}: invalid syntax", quoted(.0))]
    Syntax(String),
    /// Does not fit into 64 bits.
    #[error("strconv.ParseUint: parsing {}: value out of range", quoted(.0))]
    Range(String),
}

/// Reads what Go's `strconv.ParseUint(text, 10, 64)` reads: digits and nothing else.
pub fn parse_uint(text: &str) -> Result<u64, InvalidNumber> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidNumber::Syntax(text.to_owned()));
    }
    text.parse().map_err(|_| InvalidNumber::Range(text.to_owned()))
}

/// Reads what Go's `strconv.ParseBool` reads.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_signs_and_overflow_in_gos_words() {
        assert_eq!(parse_uint("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_uint("-1").unwrap_err().to_string(), "strconv.ParseUint: parsing \"-1\": invalid syntax");
        assert_eq!(parse_uint("+1").unwrap_err().to_string(), "strconv.ParseUint: parsing \"+1\": invalid syntax");
        assert_eq!(parse_uint("").unwrap_err().to_string(), "strconv.ParseUint: parsing \"\": invalid syntax");
        assert_eq!(
            parse_uint("18446744073709551616").unwrap_err().to_string(),
            "strconv.ParseUint: parsing \"18446744073709551616\": value out of range"
        );
    }
}
