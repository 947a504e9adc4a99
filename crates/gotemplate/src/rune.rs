//! Characters in text that need not be UTF-8, as Go reads them.

/// What Go puts in place of bytes that are not UTF-8.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The first character and its length; one bad byte counts as one [`REPLACEMENT`].
pub(crate) fn first(text: &[u8]) -> Option<(char, usize)> {
    let &lead = text.first()?;
    if lead < 0x80 {
        return Some((lead as char, 1));
    }
    let longest = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(longest) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&longest[..error.valid_up_to()]).unwrap_or_default(),
    };
    Some(valid.chars().next().map_or((REPLACEMENT, 1), |c| (c, c.len_utf8())))
}

/// How many characters `text` has.
pub(crate) fn count(text: &[u8]) -> usize {
    let mut rest = text;
    let mut n = 0;
    while let Some((_, width)) = first(rest) {
        rest = &rest[width..];
        n += 1;
    }
    n
}

/// Appends `c` in UTF-8.
pub(crate) fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(crate) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // Not at the start of the text, where Rust escapes combining marks, too.
    let pair: String = ['a', c].into_iter().collect();
    !pair.escape_debug().skip(1).take(1).any(|escaped| escaped == '\\')
}

/// What may stand in an identifier.
pub(crate) fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphabetic() || c.is_numeric()))
}

/// Go's `%#U`: `U+002D '-'`.
pub(crate) fn describe(c: Option<char>) -> String {
    match c {
        // Go's end of input is the character -1.
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(c) if is_print(c) => format!("U+{:04X} '{c}'", c as u32),
        Some(c) => format!("U+{:04X}", c as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_count_one_each() {
        assert_eq!(first(b"\xff\xfe"), Some((REPLACEMENT, 1)));
        assert_eq!(first("é!".as_bytes()), Some(('é', 2)));
        assert_eq!(count(b"a\xe2\x82"), 3);
    }

    #[test]
    fn printing_follows_go() {
        assert!(is_print('é') && is_print('\u{301}') && is_print('世'));
        assert!(!is_print('\u{a0}') && !is_print('\u{200b}') && !is_print('\n') && !is_print('\u{7f}'));
    }
}
