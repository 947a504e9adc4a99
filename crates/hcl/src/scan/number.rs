//! Numbers: decimal, `0x` hexadecimal, octal with a zero in front, with fraction and exponent.

use super::{Scanner, Token};
use crate::{Base, Number, Problem, SyntaxError};

/// Reads a number; a digit, a minus and a digit, or a point and a digit, is next.
pub(super) fn scan(scanner: &mut Scanner<'_>) -> Result<Token, SyntaxError> {
    let start = scanner.position;
    let before = scanner.rest;
    let negative = scanner.peek() == Some('-');
    if negative {
        scanner.advance();
    }
    let hexadecimal = scanner.peek() == Some('0') && matches!(scanner.second(), Some('x' | 'X'));
    let (digits, float) = if hexadecimal {
        scanner.advance();
        scanner.advance();
        (scanner.take_while(|character| character.is_ascii_hexdigit()), false)
    } else {
        (scanner.take_while(|character| character.is_ascii_digit()), fraction(scanner))
    };
    let text = &before[..before.len() - scanner.rest.len()];
    let wrong = || Problem::Number(text.to_owned()).at(start);
    if float {
        let value = text.parse().ok().filter(|value: &f64| value.is_finite());
        return value.map(|value| Token::Number(Number::Float(value))).ok_or_else(wrong);
    }
    let base = match digits {
        _ if hexadecimal => Base::Hexadecimal,
        digits if digits.len() > 1 && digits.starts_with('0') => Base::Octal,
        _ => Base::Decimal,
    };
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    let value = i64::from_str_radix(&signed, base.radix()).map_err(|_| wrong())?;
    Ok(Token::Number(Number::Integer { value, base }))
}

/// Takes a fraction and an exponent, if they are there.
fn fraction(scanner: &mut Scanner<'_>) -> bool {
    let mut there = false;
    if scanner.peek() == Some('.') {
        scanner.advance();
        scanner.take_while(|character| character.is_ascii_digit());
        there = true;
    }
    if matches!(scanner.peek(), Some('e' | 'E')) {
        scanner.advance();
        if matches!(scanner.peek(), Some('+' | '-')) {
            scanner.advance();
        }
        scanner.take_while(|character| character.is_ascii_digit());
        there = true;
    }
    there
}
