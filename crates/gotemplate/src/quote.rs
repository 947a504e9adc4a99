//! Go's quoted strings and characters: writing and reading them.

use crate::rune;

/// Go's `strconv.Quote`, as `%q` prints it.
pub fn quote(text: &[u8]) -> String {
    quote_with(text, '"', false)
}

/// Quotes with `mark`; with `ascii_only`, everything else is escaped.
pub(crate) fn quote_with(text: &[u8], mark: char, ascii_only: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    let mut rest = text;
    while let Some((c, width)) = rune::first(rest) {
        if width == 1 && c == rune::REPLACEMENT {
            out.push_str(&format!("\\x{:02x}", rest[0]));
        } else {
            push_escaped(&mut out, c, mark, ascii_only);
        }
        rest = &rest[width..];
    }
    out.push(mark);
    out
}

fn push_escaped(out: &mut String, c: char, mark: char, ascii_only: bool) {
    match c {
        c if c == mark || c == '\\' => out.extend(['\\', c]),
        c if rune::is_print(c) && (c.is_ascii() || !ascii_only) => out.push(c),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push_str(&format!("\\U{:08x}", c as u32)),
    }
}

/// Whether the text may stand between backquotes.
pub(crate) fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| !text.chars().any(|c| (c < ' ' && c != '\t') || matches!(c, '`' | '\u{7f}' | '\u{feff}')))
}

/// Something in a quoted string that Go does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid syntax")]
pub(crate) struct InvalidQuote;

/// Reads a string in double quotes or backquotes.
pub(crate) fn unquote(text: &[u8]) -> Result<Vec<u8>, InvalidQuote> {
    let (Some(&mark), Some(&end), true) = (text.first(), text.last(), text.len() >= 2) else {
        return Err(InvalidQuote);
    };
    if mark != end {
        return Err(InvalidQuote);
    }
    let inner = &text[1..text.len() - 1];
    match mark {
        b'`' => Ok(inner.iter().copied().filter(|&byte| byte != b'\r').collect()),
        b'"' => {
            let mut out = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                let (unit, width) = unquote_unit(rest, b'"')?;
                match unit {
                    Unit::Byte(byte) => out.push(byte),
                    Unit::Char(c) => rune::push(&mut out, c),
                }
                rest = &rest[width..];
            }
            Ok(out)
        }
        _ => Err(InvalidQuote),
    }
}

/// One character of a quoted string: `\x` and octal escapes are bytes, all else is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Byte(u8),
    Char(char),
}

/// Reads the first character of `text`, which stands between two `mark`s.
pub(crate) fn unquote_unit(text: &[u8], mark: u8) -> Result<(Unit, usize), InvalidQuote> {
    let (c, width) = rune::first(text).ok_or(InvalidQuote)?;
    match c {
        '\\' => escape(text, mark),
        c if c == mark as char || c == '\n' => Err(InvalidQuote),
        c => Ok((Unit::Char(c), width)),
    }
}

fn escape(text: &[u8], mark: u8) -> Result<(Unit, usize), InvalidQuote> {
    let plain = |c| Ok((Unit::Char(c), 2));
    match *text.get(1).ok_or(InvalidQuote)? {
        b'a' => plain('\u{7}'),
        b'b' => plain('\u{8}'),
        b'f' => plain('\u{c}'),
        b'n' => plain('\n'),
        b'r' => plain('\r'),
        b't' => plain('\t'),
        b'v' => plain('\u{b}'),
        b'\\' => plain('\\'),
        quote @ (b'"' | b'\'') if quote == mark => plain(quote as char),
        b'x' => Ok((Unit::Byte(digits(text, 2, 2, 16)? as u8), 4)),
        b'u' => code_point(text, 4),
        b'U' => code_point(text, 8),
        b'0'..=b'7' => {
            let value = digits(text, 1, 3, 8)?;
            u8::try_from(value).map(|byte| (Unit::Byte(byte), 4)).map_err(|_| InvalidQuote)
        }
        _ => Err(InvalidQuote),
    }
}

fn code_point(text: &[u8], length: usize) -> Result<(Unit, usize), InvalidQuote> {
    let value = digits(text, 2, length, 16)?;
    char::from_u32(value).map(|c| (Unit::Char(c), 2 + length)).ok_or(InvalidQuote)
}

fn digits(text: &[u8], start: usize, length: usize, base: u32) -> Result<u32, InvalidQuote> {
    text.get(start..start + length).ok_or(InvalidQuote)?.iter().try_fold(0u32, |value, &byte| {
        let digit = (byte as char).to_digit(base).ok_or(InvalidQuote)?;
        Ok(value.wrapping_mul(base).wrapping_add(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(quote(b"a\"b\n\xff\x01"), r#""a\"b\n\xff\x01""#);
        assert_eq!(quote("é\u{200b}".as_bytes()), "\"é\\u200b\"");
        assert_eq!(quote_with("é".as_bytes(), '"', true), "\"\\u00e9\"");
    }

    #[test]
    fn unquotes_bytes_and_text() {
        assert_eq!(unquote(br#""\377\x41\u00e9""#).unwrap(), b"\xffA\xc3\xa9");
        assert_eq!(unquote(b"`a\r\\n`").unwrap(), b"a\\n");
        for bad in [&br#""\q""#[..], br#""\400""#, br#""\ud800""#, b"\"", br#""\'""#] {
            assert_eq!(unquote(bad), Err(InvalidQuote));
        }
    }
}
