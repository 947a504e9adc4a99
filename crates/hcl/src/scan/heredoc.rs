//! Heredocs: `<<WORD` to a line with nothing but WORD; `<<-WORD` takes that line's indentation off all lines.

use super::{Scanner, Token, is_letter};
use crate::{Problem, SyntaxError};

/// Reads a heredoc; its first `<` is next.
pub(super) fn scan(scanner: &mut Scanner<'_>) -> Result<Token, SyntaxError> {
    let start = scanner.position;
    let wrong = || Problem::HeredocStart.at(start);
    scanner.advance();
    if scanner.advance() != Some('<') {
        return Err(wrong());
    }
    let indented = scanner.peek() == Some('-');
    if indented {
        scanner.advance();
    }
    let anchor = scanner.take_while(|character| is_letter(character) || character.is_numeric());
    scanner.take_while(|character| character == '\r');
    if anchor.is_empty() || scanner.advance() != Some('\n') {
        return Err(wrong());
    }
    let body = scanner.rest;
    let mut length = 0;
    loop {
        let Some(end) = body[length..].find('\n') else {
            return Err(Problem::UnendedHeredoc(anchor.to_owned()).at(start));
        };
        let line = &body[length..length + end];
        if line.trim_start_matches(|character: char| character.is_ascii_whitespace()).trim_end_matches('\r') == anchor {
            let marker = &line[..line.len() - line.trim_start().len()];
            let text = &body[..length];
            let text = if indented { unindented(text, marker) } else { format!("{text}{marker}") };
            // As in Go, whose scanner drops what Windows puts before a line's end.
            let text = text.replace("\r\n", "\n");
            scanner.take(length + end + 1);
            return Ok(Token::Text(text));
        }
        length += end + 1;
    }
}

/// Takes `prefix` off every line; a line that does not have it keeps all lines as they are.
fn unindented(body: &str, prefix: &str) -> String {
    let lines: Vec<&str> = body.split_inclusive('\n').collect();
    if !lines.iter().all(|line| line.starts_with(prefix)) {
        return body.to_owned();
    }
    lines.iter().map(|line| &line[prefix.len()..]).collect()
}
