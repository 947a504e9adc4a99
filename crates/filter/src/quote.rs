//! Go's quoted strings: writing them for errors, reading them in expressions.

use std::fmt::{self, Write};

/// Displays as Go's `strconv.Quote`.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if is_print(c) => f.write_char(c)?,
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{b}' => f.write_str("\\v")?,
                c if c < ' ' || c == '\u{7f}' => write!(f, "\\x{:02x}", c as u32)?,
                c if (c as u32) < 0x10000 => write!(f, "\\u{:04x}", c as u32)?,
                c => write!(f, "\\U{:08x}", c as u32)?,
            }
        }
        f.write_char('"')
    }
}

/// Go's `unicode.IsPrint`.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // Behind another character, since Rust escapes combining marks at the start of a text.
    let pair: String = ['a', c].into_iter().collect();
    !pair.escape_debug().skip(1).take(1).any(|escaped| escaped == '\\')
}

/// Go's `strconv.Unquote` of a text with its double quotes or backquotes; none where that is an error.
/// Bytes that are no UTF-8, which `\x` can make, become U+FFFD: nothing that is compared with them has any.
pub(crate) fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => return None,
            '\\' => escape(&mut chars, &mut bytes)?,
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn escape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) -> Option<()> {
    out.push(match chars.next()? {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        'x' => u8::try_from(digits(chars, 0, 2, 16)?).ok()?,
        first @ '0'..='7' => u8::try_from(digits(chars, first.to_digit(8)?, 2, 8)?).ok()?,
        length @ ('u' | 'U') => {
            let code = digits(chars, 0, if length == 'u' { 4 } else { 8 }, 16)?;
            out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(());
        }
        _ => return None,
    });
    Some(())
}

fn digits(chars: &mut std::str::Chars<'_>, first: u32, count: usize, base: u32) -> Option<u32> {
    (0..count).try_fold(first, |value, _| value.checked_mul(base)?.checked_add(chars.next()?.to_digit(base)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go() {
        assert_eq!(Quoted("a\"b\\\n\u{1}é\u{200b}한").to_string(), "\"a\\\"b\\\\\\n\\x01é\\u200b한\"");
    }

    #[test]
    fn unquotes_as_go() {
        assert_eq!(unquote(r#""\x41\102\u00e9\U0001f600\t\xc3\xa9""#).unwrap(), "AB\u{e9}\u{1f600}\t\u{e9}");
        assert_eq!(unquote("`a\r\\n`").unwrap(), "a\\n");
        for bad in ["\"\\q\"", "\"\\", "\"\\\"", "\"a\nb\"", r#""\400""#, r#""\ud800""#, r#""\x4""#, r#""\'""#, "x"] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
