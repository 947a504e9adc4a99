//! JSON straight into bytes, with Go's escapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes one object. Member names are our own literals and are not escaped.
pub struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens the object.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// A member; the value is to be written to what this returns.
    pub fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A member whose name comes from the user.
    pub fn entry(&mut self, name: &str) -> &mut Vec<u8> {
        self.separate();
        push_string(self.out, name);
        self.out.push(b':');
        self.out
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }

    /// A member with a string.
    pub fn string(&mut self, name: &str, value: &str) {
        push_string(self.member(name), value);
    }

    /// A member with a number.
    pub fn uint(&mut self, name: &str, value: u64) {
        push_uint(self.member(name), value);
    }

    /// A member with a signed number.
    pub fn int(&mut self, name: &str, value: i32) {
        let out = self.member(name);
        if value < 0 {
            out.push(b'-');
        }
        push_uint(out, u64::from(value.unsigned_abs()));
    }

    /// A member with a truth value.
    pub fn bool(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// A member whose value is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.member(name).extend_from_slice(json.as_bytes());
    }

    /// A member with a list of strings.
    pub fn strings<'s>(&mut self, name: &str, values: impl IntoIterator<Item = &'s str>) {
        let mut list = ArrayWriter::new(self.member(name));
        for value in values {
            push_string(list.item(), value);
        }
        list.end();
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes one list.
pub struct ArrayWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ArrayWriter<'a> {
    /// Opens the list.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'[');
        Self { out, first: true }
    }

    /// An element, to be written to what this returns.
    pub fn item(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out
    }

    /// Closes the list.
    pub fn end(self) {
        self.out.push(b']');
    }
}

/// Writes a number.
pub fn push_uint(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes bytes as a base64 string.
pub fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

/// Writes a string with the escapes of Go's `json.Marshal`, which also hides `<`, `>`, `&` and the two
/// Unicode line ends from browsers.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !needs_care(byte) {
            continue;
        }
        let mut short = [b'\\', 0];
        let mut long = *b"\\u0000";
        let (escape, length): (&[u8], usize) = match byte {
            // U+2028 and U+2029 are E2 80 A8 and E2 80 A9; no other character starts so and ends so.
            0xe2 => match &bytes[at..] {
                [_, 0x80, last @ (0xa8 | 0xa9), ..] => {
                    long = *b"\\u2028";
                    long[5] = HEX[usize::from(last & 0xf)];
                    (&long, 3)
                }
                _ => continue,
            },
            _ => match short_escape(byte) {
                Some(letter) => {
                    short[1] = letter;
                    (&short, 1)
                }
                None => {
                    long[4] = HEX[usize::from(byte >> 4)];
                    long[5] = HEX[usize::from(byte & 0xf)];
                    (&long, 1)
                }
            },
        };
        out.extend_from_slice(&bytes[plain_from..at]);
        out.extend_from_slice(escape);
        plain_from = at + length;
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

fn needs_care(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2)
}

fn short_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_as_gos_marshal() {
        assert_eq!(written("plain 한글 é"), "\"plain 한글 é\"");
        assert_eq!(written("a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{7f}"), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\u{7f}\"");
        assert_eq!(written("<a href='x'>&"), "\"\\u003ca href='x'\\u003e\\u0026\"");
        assert_eq!(written("\u{2028}x\u{2029}\u{2030}€"), "\"\\u2028x\\u2029\u{2030}€\"");
    }

    #[test]
    fn writes_numbers_and_bytes() {
        let mut out = Vec::new();
        push_uint(&mut out, 0);
        push_uint(&mut out, u64::MAX);
        push_base64(&mut out, b"one!");
        push_base64(&mut out, b"");
        assert_eq!(out, b"018446744073709551615\"b25lIQ==\"\"\"");
    }

    #[test]
    fn writes_negative_ports() {
        let mut out = Vec::new();
        let mut object = ObjectWriter::new(&mut out);
        object.int("a", i32::MIN);
        object.int("b", 7);
        object.end();
        assert_eq!(out, br#"{"a":-2147483648,"b":7}"#);
    }
}
