//! Strings in quotes: Go's escapes, and `${…}` which passes as it is written, quotes and all.

use super::{Scanner, Token};
use crate::{Position, Problem, SyntaxError};

/// Reads a string; its first quote is next.
pub(super) fn scan(scanner: &mut Scanner<'_>) -> Result<Token, SyntaxError> {
    let start = scanner.position;
    scanner.advance();
    let mut text = Vec::new();
    loop {
        let position = scanner.position;
        match scanner.advance() {
            None | Some('\n') => return Err(Problem::UnendedString.at(start)),
            Some('"') => break,
            Some('\\') => escape(scanner, position, &mut text)?,
            Some('$') if scanner.peek() == Some('{') => interpolation(scanner, start, &mut text)?,
            Some(other) => push(&mut text, other),
        }
    }
    // Escapes such as \xff name bytes, and bytes need not be text.
    String::from_utf8(text).map(Token::Text).map_err(|_| Problem::NotUtf8.at(start))
}

fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// From the brace after a `$` to the one that closes it; line ends are allowed in there.
fn interpolation(scanner: &mut Scanner<'_>, start: Position, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
    text.push(b'$');
    let mut open = 0_usize;
    while let Some(character) = scanner.advance() {
        push(text, character);
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            '\\' => {
                // The scanner of HCL checks escapes in here too, and the text keeps them as they are.
                let mut ignored = Vec::new();
                let before = scanner.rest;
                let position = scanner.position;
                escape(scanner, position, &mut ignored)?;
                text.extend_from_slice(&before.as_bytes()[..before.len() - scanner.rest.len()]);
            }
            _ => {}
        }
        if open == 0 {
            return Ok(());
        }
    }
    Err(Problem::UnendedString.at(start))
}

/// What follows a backslash at `position`.
fn escape(scanner: &mut Scanner<'_>, position: Position, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
    let wrong = || Problem::Escape.at(position);
    let byte = match scanner.advance().ok_or_else(wrong)? {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        first @ '0'..='7' => {
            let rest = digits(scanner, 2, 8).ok_or_else(wrong)?;
            let value = first.to_digit(8).unwrap_or_default() * 64 + rest;
            u8::try_from(value).map_err(|_| wrong())?
        }
        'x' => digits(scanner, 2, 16).and_then(|value| u8::try_from(value).ok()).ok_or_else(wrong)?,
        long @ ('u' | 'U') => {
            let value = digits(scanner, if long == 'u' { 4 } else { 8 }, 16).ok_or_else(wrong)?;
            push(text, char::from_u32(value).ok_or_else(wrong)?);
            return Ok(());
        }
        _ => return Err(wrong()),
    };
    text.push(byte);
    Ok(())
}

/// Exactly `count` digits.
fn digits(scanner: &mut Scanner<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut value = 0_u32;
    for _ in 0..count {
        value = value.checked_mul(radix)?.checked_add(scanner.peek()?.to_digit(radix)?)?;
        scanner.advance();
    }
    Some(value)
}
