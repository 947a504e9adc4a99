//! Which characters can be seen.

use std::sync::LazyLock;

use muster_filter::Pattern;

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the plain space.
pub fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<Option<Pattern>> =
        LazyLock::new(|| Pattern::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());
    match c {
        ' '..='~' => true,
        '\0'..'\u{80}' => false,
        c => PRINTABLE.as_ref().is_none_or(|pattern| pattern.is_in(c.encode_utf8(&mut [0; 4]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_as_go_does() {
        for c in ['a', ' ', '~', 'é', '한', '€', '\u{fffd}', '\u{301}', '😀'] {
            assert!(is_printable(c), "{c:?}");
        }
        for c in ['\n', '\u{7f}', '\u{85}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{2028}', '\u{e000}', '\u{3000}'] {
            assert!(!is_printable(c), "{c:?}");
        }
    }
}
