//! JSON as Go's encoding/json reads it into a map, with positions. The last of repeated keys wins.

use std::collections::HashMap;

use crate::parse::utf8;
use crate::{Base, MAX_DEPTH, Member, Node, Number, Object, Position, Problem, SyntaxError, Value};

/// Reads JSON; the whole text must be one object. Nothing at all, and `null`, are an object without members.
pub fn parse_json(text: &[u8]) -> Result<Node, SyntaxError> {
    let mut reader = Reader { rest: utf8(text)?, position: Position::START };
    reader.skip_blanks();
    let position = reader.position;
    if matches!(reader.rest.trim_end(), "" | "null") {
        return Ok(Node { position, value: Value::Object(Object::default()) });
    }
    if reader.peek() != Some('{') {
        return Err(reader.unexpected("{"));
    }
    let node = reader.value(0)?;
    reader.skip_blanks();
    if reader.rest.is_empty() { Ok(node) } else { Err(Problem::Trailing.at(reader.position)) }
}

struct Reader<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        let position = self.position;
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep.at(position));
        }
        let value = match self.peek() {
            Some('{') => Value::Object(self.object(depth)?),
            Some('[') => Value::List(self.list(depth)?),
            Some('"') => Value::Text(self.string()?),
            Some('-' | '0'..='9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { position, value })
    }

    fn object(&mut self, depth: usize) -> Result<Object, SyntaxError> {
        let mut object = Object::default();
        // Where each key stands: of a great many none is looked for one by one.
        let mut places: HashMap<String, usize> = HashMap::new();
        self.advance();
        self.skip_blanks();
        if self.skip('}') {
            return Ok(object);
        }
        loop {
            self.skip_blanks();
            let position = self.position;
            if self.peek() != Some('"') {
                return Err(self.unexpected("a key in quotes"));
            }
            let key = self.string()?;
            self.skip_blanks();
            if !self.skip(':') {
                return Err(self.unexpected("a colon"));
            }
            self.skip_blanks();
            let node = self.value(depth + 1)?;
            match places.get(&key) {
                Some(place) => object.members[*place] = Member { key, position, node },
                None => {
                    places.insert(key.clone(), object.members.len());
                    object.members.push(Member { key, position, node });
                }
            }
            self.skip_blanks();
            if self.skip('}') {
                return Ok(object);
            }
            if !self.skip(',') {
                return Err(self.unexpected("a comma or }"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, SyntaxError> {
        let mut nodes = Vec::new();
        self.advance();
        self.skip_blanks();
        if self.skip(']') {
            return Ok(nodes);
        }
        loop {
            self.skip_blanks();
            nodes.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.skip(']') {
                return Ok(nodes);
            }
            if !self.skip(',') {
                return Err(self.unexpected("a comma or ]"));
            }
        }
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let start = self.position;
        self.advance();
        let mut text = String::new();
        loop {
            let position = self.position;
            match self.advance() {
                None => return Err(Problem::UnendedString.at(start)),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape().ok_or(Problem::Escape.at(position))?),
                Some(character) if character < ' ' => return Err(Problem::Control.at(position)),
                Some(character) => text.push(character),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.advance()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            same @ ('"' | '\\' | '/') => same,
            'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                let Some(rest) = self.rest.strip_prefix("\\u") else { return Some(char::REPLACEMENT_CHARACTER) };
                self.take(self.rest.len() - rest.len());
                let low = self.unit()?;
                let pair = low.checked_sub(0xdc00).filter(|low| *low < 0x400);
                let whole = pair.and_then(|low| char::from_u32(0x10000 + ((unit - 0xd800) << 10) + low));
                whole.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.take(4);
        Some(unit)
    }

    fn number(&mut self) -> Result<Number, SyntaxError> {
        let position = self.position;
        let text = self.take_while(|character| matches!(character, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let wrong = || Problem::Number(text.to_owned()).at(position);
        if !is_json_number(text) {
            return Err(wrong());
        }
        match text.parse() {
            Ok(value) => Ok(Number::Integer { value, base: Base::Decimal }),
            // One that is too large for any number is none, as in Go.
            Err(_) => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float).ok_or_else(wrong),
        }
    }

    fn word(&mut self) -> Result<Value, SyntaxError> {
        let position = self.position;
        match self.take_while(char::is_alphanumeric) {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            "" => Err(self.unexpected("a value")),
            word => Err(Problem::NotAValue(format!("the word {word}")).at(position)),
        }
    }

    fn unexpected(&self, wanted: &'static str) -> SyntaxError {
        let found = self.peek().map_or_else(|| "the end of the text".to_owned(), |character| format!("{character:?}"));
        Problem::Unexpected { found, wanted }.at(self.position)
    }

    fn skip_blanks(&mut self) {
        self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
    }

    fn skip(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.advance();
        }
        there
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.take(character.len_utf8());
        Some(character)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.position = self.position.after_all(taken);
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        self.take(self.rest.find(|character| !wanted(character)).unwrap_or(self.rest.len()))
    }
}

/// JSON's grammar: no plus, no zeros in front, digits on both sides of a point.
fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(front, back)| (front, Some(back)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(front, back)| (front, Some(back)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
