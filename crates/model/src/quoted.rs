//! Texts in quotes, as Go's `%q` has them: what Consul's messages quote. `muster-filter`, which uses no crate of muster,
//! has the same for its own.

use std::fmt;

/// A text that displays in quotes.
#[derive(Clone, Copy)]
pub struct Quoted<'a>(&'a str);

/// Quotes a text; what cannot be seen is escaped.
pub fn quoted<T: AsRef<str> + ?Sized>(text: &T) -> Quoted<'_> {
    Quoted(text.as_ref())
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{b}' => f.write_str("\\v")?,
                c if is_printable(c) => write!(f, "{c}")?,
                c if c.is_ascii() => write!(f, "\\x{:02x}", u32::from(c))?,
                c if u32::from(c) <= 0xffff => write!(f, "\\u{:04x}", u32::from(c))?,
                c => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_str("\"")
    }
}

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the plain space.
pub fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..'\u{80}' => false,
        // Rust escapes the same characters, and besides them a mark that stands first.
        c => String::from_iter(['a', c]).escape_debug().nth(1) == Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_what_go_says() {
        for c in ['a', ' ', '~', 'é', '한', '€', '\u{fffd}', '\u{301}', '😀'] {
            assert!(is_printable(c), "{c:?}");
        }
        for c in ['\n', '\u{7f}', '\u{85}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{2028}', '\u{e000}', '\u{3000}'] {
            assert!(!is_printable(c), "{c:?}");
        }
    }

    #[test]
    fn quotes_as_go() {
        for (text, expected) in [
            ("", r#""""#),
            ("it's", r#""it's""#),
            ("a\"\\b", r#""a\"\\b""#),
            ("\0\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}\u{7f}", r#""\x00\a\b\t\n\v\f\r\x1b\x7f""#),
            ("ü\u{85}\u{a0}\u{200b}\u{e0001}😀", r#""ü\u0085\u00a0\u200b\U000e0001😀""#),
            ("\u{301}e\u{301}", "\"\u{301}e\u{301}\""),
        ] {
            assert_eq!(quoted(text).to_string(), expected);
        }
    }
}
