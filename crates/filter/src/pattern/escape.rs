//! Escapes and single characters.

use std::fmt::Write;

use super::{BadPattern, PatternProblem};

/// A class without members.
pub(super) const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

/// Reads one escape at the start of `text`, which begins with a backslash: the code point and the rest.
pub(super) fn code_point(text: &str) -> Result<(u32, &str), BadPattern> {
    let mut rest = &text[1..];
    let Some(c) = take(&mut rest) else { return Err(BadPattern::new(PatternProblem::TrailingBackslash, "")) };
    let code = match c {
        // One digit but 0 would be a reference to a group.
        '1'..='7' if !rest.starts_with(|c: char| c.is_digit(8)) => None,
        '0'..='7' => Some(octal(c, &mut rest)),
        'x' => hexadecimal(&mut rest),
        'a' => Some(7),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c.into()),
        _ => None,
    };
    let invalid = || BadPattern::new(PatternProblem::Escape, &text[..text.len() - rest.len()]);
    Ok((code.ok_or_else(invalid)?, rest))
}

fn octal(first: char, rest: &mut &str) -> u32 {
    let mut code = first.to_digit(8).unwrap_or_default();
    for _ in 0..2 {
        let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
        code = code * 8 + digit;
        *rest = &rest[1..];
    }
    code
}

/// `x41` or `x{1F600}`.
fn hexadecimal(rest: &mut &str) -> Option<u32> {
    let first = take(rest)?;
    if first != '{' {
        let high = first.to_digit(16);
        let low = take(rest)?.to_digit(16);
        return Some(high? * 16 + low?);
    }
    let mut code = 0;
    let mut digits = 0;
    loop {
        match take(rest)? {
            '}' => return (digits > 0).then_some(code),
            c => code = code * 16 + c.to_digit(16)?,
        }
        digits += 1;
        if code > u32::from(char::MAX) || rest.is_empty() {
            return None;
        }
    }
}

fn take(rest: &mut &str) -> Option<char> {
    let c = rest.chars().next()?;
    *rest = &rest[c.len_utf8()..];
    Some(c)
}

/// Reads `\pL`, `\P{Greek}`, `\p{^Greek}` at the start of `text`, if it is one: its translation and the rest.
pub(super) fn unicode_class(text: &str) -> Result<Option<(String, &str)>, BadPattern> {
    let negated = match text.get(..2) {
        Some("\\p") => false,
        Some("\\P") => true,
        _ => return Ok(None),
    };
    let range = |part: &str| BadPattern::new(PatternProblem::CharRange, part);
    let Some(first) = text[2..].chars().next() else { return Ok(None) };
    let (part, name) = if first == '{' {
        let end = text.find('}').ok_or_else(|| range(text))?;
        (&text[..=end], &text[3..end])
    } else {
        let end = 2 + first.len_utf8();
        (&text[..end], &text[2..end])
    };
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (!negated, name),
        None => (negated, name),
    };
    let class = format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' });
    // Names are checked by who knows them. Go 1.25 and later also take long names of categories.
    if regex::bytes::Regex::new(&class).is_err() {
        return Err(range(part));
    }
    Ok(Some((class, &text[part.len()..])))
}

/// Writes one character so that it stands for itself, in a class and outside.
pub(super) fn push_char(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii_alphanumeric() => out.push(c),
        // Writing to a string cannot fail.
        Some(_) => drop(write!(out, "\\x{{{code:X}}}")),
        // Half of a pair, which no text has.
        None => out.push_str(NOTHING),
    }
}
