//! Classes between brackets, and those of one letter.

use super::escape::{self, NOTHING};
use super::{BadPattern, PatternProblem};

/// Go's classes between `[:` and `:]`; each also with `^`.
const NAMED: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// `\d` and the like, which in Go are ASCII.
pub(super) fn perl_class(text: &str) -> Option<(&'static str, &str)> {
    let class = match text.get(..2)? {
        r"\d" => "[0-9]",
        r"\D" => "[^0-9]",
        r"\s" => r"[\t\n\f\r ]",
        r"\S" => r"[^\t\n\f\r ]",
        r"\w" => "[0-9A-Za-z_]",
        r"\W" => "[^0-9A-Za-z_]",
        _ => return None,
    };
    Some((class, &text[2..]))
}

/// Reads the class at the start of `whole`, which begins with `[`: its translation and the rest.
pub(super) fn bracketed(whole: &str) -> Result<(String, &str), BadPattern> {
    let mut rest = &whole[1..];
    let mut out = String::from("[");
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    let open = out.len();
    let mut first = true;
    while first || !rest.starts_with(']') {
        first = false;
        rest = member(whole, rest, &mut out)?;
    }
    if out.len() == open {
        out.push_str(NOTHING);
    }
    out.push(']');
    Ok((out, &rest[1..]))
}

fn member<'t>(whole: &'t str, text: &'t str, out: &mut String) -> Result<&'t str, BadPattern> {
    if let Some(inner) = text.strip_prefix("[:")
        && let Some(end) = inner.find(":]")
    {
        let part = &text[..end + 4];
        let name = &inner[..end];
        if !NAMED.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(BadPattern::new(PatternProblem::CharRange, part));
        }
        out.push_str(part);
        return Ok(&text[part.len()..]);
    }
    if let Some((class, rest)) = escape::unicode_class(text)? {
        out.push_str(&class);
        return Ok(rest);
    }
    if let Some((class, rest)) = perl_class(text) {
        out.push_str(class);
        return Ok(rest);
    }
    let (low, mut rest) = single(whole, text)?;
    let mut high = low;
    if let Some(end) = rest.strip_prefix('-')
        && !end.is_empty()
        && !end.starts_with(']')
    {
        (high, rest) = single(whole, end)?;
        if high < low {
            return Err(BadPattern::new(PatternProblem::CharRange, &text[..text.len() - rest.len()]));
        }
    }
    push_range(out, low, high);
    Ok(rest)
}

fn single<'t>(whole: &str, text: &'t str) -> Result<(u32, &'t str), BadPattern> {
    match text.chars().next() {
        None => Err(BadPattern::new(PatternProblem::MissingBracket, whole)),
        Some('\\') => escape::code_point(text),
        Some(c) => Ok((c.into(), &text[c.len_utf8()..])),
    }
}

/// Without the halves of pairs, which no text has.
fn push_range(out: &mut String, low: u32, high: u32) {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    if low > high {
        return;
    }
    escape::push_char(out, low);
    if high > low {
        out.push('-');
        escape::push_char(out, high);
    }
}
