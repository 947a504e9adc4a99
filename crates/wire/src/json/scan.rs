//! From bytes to [`Value`], refusing what Go's encoding/json refuses, in its words.

use super::{Object, Value};

/// Go's limit on nesting.
const MAX_DEPTH: usize = 10_000;

/// Nothing that is read here nests deeper. Containers further down are checked and kept empty, so that
/// dropping a hostile value cannot overflow the stack.
const KEPT_DEPTH: usize = 64;

/// Why bytes are no JSON. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// Nothing there.
    #[error("EOF")]
    Empty,
    /// The value does not end.
    #[error("unexpected EOF")]
    UnexpectedEnd,
    /// A byte that cannot stand there.
    #[error("invalid character {} {context}", quoted(*.byte))]
    InvalidCharacter {
        /// The byte.
        byte: u8,
        /// Go's words for the place, such as `looking for beginning of value`.
        context: &'static str,
    },
    /// More than 10,000 levels.
    #[error("invalid character {} exceeded max depth", quoted(*.0))]
    TooDeep(u8),
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b' '..=b'~' | 0xa1..=0xac | 0xae..=0xff => format!("'{}'", char::from(byte)),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0x80.. => format!("'\\u{byte:04x}'"),
        _ => format!("'\\x{byte:02x}'"),
    }
}

/// Reads the first value of `bytes`, as Go's `json.Decoder` does: what follows an object or list is left unread.
pub fn parse(bytes: &[u8]) -> Result<Value, SyntaxError> {
    let mut scanner = Scanner { bytes, at: 0 };
    if scanner.peek_after_space().is_none() {
        return Err(SyntaxError::Empty);
    }
    let value = scanner.document()?;
    if !matches!(value, Value::Array(_) | Value::Object(_)) {
        match scanner.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => {}
            Some(byte) => return Err(invalid(byte, "after top-level value")),
        }
    }
    Ok(value)
}

/// Reads `bytes` to their end, as Go's `json.Unmarshal` does: they are one value.
pub fn parse_whole(bytes: &[u8]) -> Result<Value, SyntaxError> {
    let mut scanner = Scanner { bytes, at: 0 };
    let value = scanner.document()?;
    match scanner.peek_after_space() {
        None => Ok(value),
        Some(byte) => Err(invalid(byte, "after top-level value")),
    }
}

fn invalid(byte: u8, context: &'static str) -> SyntaxError {
    SyntaxError::InvalidCharacter { byte, context }
}

const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";
const ESCAPE_HEX: &str = "in \\u hexadecimal character escape";

/// A list or object whose end has not been reached.
enum Open {
    Array(Vec<Value>),
    Object(Object, String),
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_after_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    fn next_after_space(&mut self) -> Result<u8, SyntaxError> {
        let byte = self.peek_after_space().ok_or(SyntaxError::UnexpectedEnd)?;
        self.at += 1;
        Ok(byte)
    }

    /// One value with all that it holds. A loop, not a recursion: depth is the sender's choice.
    fn document(&mut self) -> Result<Value, SyntaxError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let byte = self.next_after_space()?;
            if open.len() >= MAX_DEPTH && matches!(byte, b'{' | b'[') {
                return Err(SyntaxError::TooDeep(byte));
            }
            let mut value = match byte {
                b'{' => match self.first_key()? {
                    Some(key) => {
                        open.push(Open::Object(Object::default(), key));
                        continue;
                    }
                    None => Value::Object(Object::default()),
                },
                b'[' => {
                    if self.peek_after_space() == Some(b']') {
                        self.at += 1;
                        Value::Array(Vec::new())
                    } else {
                        open.push(Open::Array(Vec::new()));
                        continue;
                    }
                }
                byte => self.scalar(byte)?,
            };
            loop {
                let depth = open.len();
                match open.pop() {
                    None => return Ok(value),
                    Some(container) => match self.after_element(container, value, depth <= KEPT_DEPTH)? {
                        Step::More(container) => {
                            open.push(container);
                            break;
                        }
                        Step::Closed(closed) => value = closed,
                    },
                }
            }
        }
    }

    /// Puts `value` into `container` and reads on to the next element or the container's end.
    fn after_element(&mut self, container: Open, value: Value, keep: bool) -> Result<Step, SyntaxError> {
        match container {
            Open::Array(mut items) => {
                if keep {
                    items.push(value);
                }
                match self.next_after_space()? {
                    b',' => Ok(Step::More(Open::Array(items))),
                    b']' => Ok(Step::Closed(Value::Array(items))),
                    byte => Err(invalid(byte, "after array element")),
                }
            }
            Open::Object(mut object, key) => {
                if keep {
                    object.0.push((key, value));
                }
                match self.next_after_space()? {
                    b',' => {
                        let byte = self.next_after_space()?;
                        let key = self.key(byte)?;
                        Ok(Step::More(Open::Object(object, key)))
                    }
                    b'}' => Ok(Step::Closed(Value::Object(object))),
                    byte => Err(invalid(byte, "after object key:value pair")),
                }
            }
        }
    }

    /// After `{`: the first key with its colon, or none if the object ends.
    fn first_key(&mut self) -> Result<Option<String>, SyntaxError> {
        match self.next_after_space()? {
            b'}' => Ok(None),
            byte => self.key(byte).map(Some),
        }
    }

    fn key(&mut self, first: u8) -> Result<String, SyntaxError> {
        if first != b'"' {
            return Err(invalid(first, KEY));
        }
        let key = self.string()?;
        match self.next_after_space()? {
            b':' => Ok(key),
            byte => Err(invalid(byte, "after object key")),
        }
    }

    fn scalar(&mut self, first: u8) -> Result<Value, SyntaxError> {
        match first {
            b'"' => self.string().map(Value::String),
            b'-' | b'0'..=b'9' => self.number(first).map(Value::Number),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            b'n' => self.literal("null", Value::Null),
            byte => Err(invalid(byte, VALUE)),
        }
    }

    fn literal(&mut self, word: &'static str, value: Value) -> Result<Value, SyntaxError> {
        for (position, expected) in word.bytes().enumerate().skip(1) {
            let byte = self.peek().ok_or(SyntaxError::UnexpectedEnd)?;
            if byte != expected {
                return Err(invalid(byte, literal_context(word, position)));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self, first: u8) -> Result<String, SyntaxError> {
        let start = self.at - 1;
        let mut leading = first;
        if first == b'-' {
            leading = self.digit("in numeric literal")?;
        }
        if leading != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(self.bytes[start..self.at].iter().map(|byte| char::from(*byte)).collect())
    }

    fn digit(&mut self, context: &'static str) -> Result<u8, SyntaxError> {
        match self.peek().ok_or(SyntaxError::UnexpectedEnd)? {
            digit @ b'0'..=b'9' => {
                self.at += 1;
                Ok(digit)
            }
            byte => Err(invalid(byte, context)),
        }
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    /// After the opening quote: the text up to the closing one. Bytes that are no UTF-8 become U+FFFD.
    fn string(&mut self) -> Result<String, SyntaxError> {
        let mut text = Vec::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            text.extend_from_slice(&self.bytes[start..self.at]);
            match self.peek().ok_or(SyntaxError::UnexpectedEnd)? {
                b'"' => {
                    self.at += 1;
                    return Ok(match String::from_utf8(text) {
                        Ok(text) => text,
                        Err(broken) => replace_invalid(broken.as_bytes()),
                    });
                }
                b'\\' => {
                    self.at += 1;
                    self.escape(&mut text)?;
                }
                byte => return Err(invalid(byte, "in string literal")),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let byte = self.peek().ok_or(SyntaxError::UnexpectedEnd)?;
        self.at += 1;
        text.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let c = self.unicode_escape()?;
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            byte => return Err(invalid(byte, "in string escape code")),
        });
        Ok(())
    }

    /// After `\u`: four hex digits, and a second escape if they are half of a surrogate pair. A half
    /// without its partner is U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, SyntaxError> {
        let unit = self.hex4()?;
        if let Some(c) = char::from_u32(unit) {
            return Ok(c);
        }
        if unit < 0xdc00 && self.bytes[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or(SyntaxError::UnexpectedEnd)?;
            let digit = char::from(byte).to_digit(16).ok_or_else(|| invalid(byte, ESCAPE_HEX))?;
            self.at += 1;
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}

/// What follows an element.
enum Step {
    More(Open),
    Closed(Value),
}

/// Go writes one U+FFFD for each byte that is not part of a character; Rust's lossy reading writes one
/// for each broken sequence.
fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn literal_context(word: &'static str, position: usize) -> &'static str {
    match (word, position) {
        ("true", 1) => "in literal true (expecting 'r')",
        ("true", 2) => "in literal true (expecting 'u')",
        ("true", _) => "in literal true (expecting 'e')",
        ("false", 1) => "in literal false (expecting 'a')",
        ("false", 2) => "in literal false (expecting 'l')",
        ("false", 3) => "in literal false (expecting 's')",
        ("false", _) => "in literal false (expecting 'e')",
        (_, 1) => "in literal null (expecting 'u')",
        _ => "in literal null (expecting 'l')",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn refuses_in_gos_words() {
        for (text, expected) in [
            ("", "EOF"),
            (" \n", "EOF"),
            ("{", "unexpected EOF"),
            ("[", "unexpected EOF"),
            ("{\"Node\":", "unexpected EOF"),
            ("\"abc", "unexpected EOF"),
            ("tru", "unexpected EOF"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("'", "invalid character '\\'' looking for beginning of value"),
            ("\u{e9}", "invalid character 'Ã' looking for beginning of value"),
            ("{]", "invalid character ']' looking for beginning of object key string"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[01]", "invalid character '1' after array element"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("nil", "invalid character 'i' in literal null (expecting 'u')"),
            ("truex", "invalid character 'x' after top-level value"),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_strings_as_go_does() {
        let read = |bytes: &[u8]| parse(bytes).unwrap().as_str().map(str::to_owned).unwrap();
        assert_eq!(read(br#""a\"\\\/\b\f\n\r\t\u00e9""#), "a\"\\/\u{8}\u{c}\n\r\té");
        assert_eq!(read(br#""\ud83d\ude00 \ud83d x \ud83d\u0041 \ude00""#), "😀 \u{fffd} x \u{fffd}A \u{fffd}");
        assert_eq!(read(b"\"a\xff\xe2\x82b\""), "a\u{fffd}\u{fffd}\u{fffd}b");
    }

    #[test]
    fn keeps_order_and_repeated_names() {
        let value = parse(br#" {"b":1,"a":[true,null,-1.5e+3],"b":{}} trailing"#).unwrap();
        let object = value.as_object().unwrap();
        let names: Vec<_> = object.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert_eq!(object.get("b"), Some(&Value::Object(Object::default())));
        let items = [Value::Bool(true), Value::Null, Value::Number("-1.5e+3".into())];
        assert_eq!(object.get("a").unwrap().as_array().unwrap(), items);
    }

    #[test]
    fn survives_hostile_nesting_on_a_small_stack() {
        let run = || {
            let deep = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
            assert!(parse(&deep(10_000)).is_ok());
            assert_eq!(parse(&deep(10_001)), Err(SyntaxError::TooDeep(b'[')));
            assert_eq!(parse(&vec![b'['; 5_000_000]), Err(SyntaxError::TooDeep(b'[')));
            let objects = "{\"a\":".repeat(9_999);
            assert_eq!(parse(objects.as_bytes()), Err(SyntaxError::UnexpectedEnd));
        };
        std::thread::Builder::new().stack_size(128 * 1024).spawn(run).unwrap().join().unwrap();
    }
}
