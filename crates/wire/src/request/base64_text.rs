//! Base64 as Go's encoding/base64 reads it, with its account of where a text is wrong.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Go takes a last digit whose spare bits are not zero.
const STANDARD: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The bytes, or at which byte of the text Go gives up.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = quantum(bytes, at)?;
    }
    STANDARD.decode(text.replace(['\r', '\n'], "")).map_err(|_| bytes.len())
}

/// Where the four digits that begin at `at` end; line ends among them do not count.
fn quantum(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
    let mut digits = 0;
    while digits < 4 {
        let Some(byte) = bytes.get(at) else {
            return if digits == 0 { Ok(at) } else { Err(at - digits) };
        };
        at += 1;
        match byte {
            b'\r' | b'\n' => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => digits += 1,
            b'=' if digits >= 2 => return padding(bytes, at, digits),
            _ => return Err(at - 1),
        }
    }
    Ok(at)
}

/// After the first `=` behind two or three digits: nothing may follow but a second one behind two.
fn padding(bytes: &[u8], at: usize, digits: usize) -> Result<usize, usize> {
    let mut at = after_line_ends(bytes, at);
    if digits == 2 {
        match bytes.get(at) {
            None => return Err(bytes.len()),
            Some(b'=') => at = after_line_ends(bytes, at + 1),
            Some(_) => return Err(at - 1),
        }
    }
    if at < bytes.len() { Err(at) } else { Ok(at) }
}

fn after_line_ends(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_go_gives_up() {
        for (text, at) in [
            ("aGk", 0),
            ("aGkxaGk", 4),
            ("a", 0),
            ("a\nGk", 1),
            ("!", 0),
            ("aG!k", 2),
            ("aGk=x", 4),
            ("aG=k", 2),
            ("aG=", 3),
            ("aG=\n", 4),
            ("aG==\naGk=", 5),
            ("=", 0),
            ("a===", 1),
            ("aGk*", 3),
            ("é", 0),
        ] {
            assert_eq!(decode(text), Err(at), "{text:?}");
        }
        for (text, bytes) in [("", &b""[..]), ("\n", b""), ("aGk=", b"hi"), ("a\r\nGk\n=\n", b"hi"), ("aGl=", b"hi")] {
            assert_eq!(decode(text).as_deref(), Ok(bytes), "{text:?}");
        }
    }
}
