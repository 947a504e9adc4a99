//! A pattern read as Go reads it, and written for `regex` with nothing left to flags.

use super::{BadPattern, PatternProblem, class, escape};

/// The most copies that repetitions in each other may ask for.
const MAX_REPEAT: u32 = 1000;

/// Go's flags, which hold to the end of their group.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    fold_case: bool,
    many_lines: bool,
    dot_takes_line_feed: bool,
    lazy: bool,
}

/// Something that a repetition can apply to.
struct Item {
    text: String,
    /// How many copies of its innermost part its repetitions make.
    copies: u32,
}

/// A group that is still open, the whole pattern being the outermost.
struct Group {
    /// Finished alternatives, each with its `|`.
    alternatives: String,
    copies: u32,
    items: Vec<Item>,
    /// What holds again behind the group.
    outer: Flags,
}

impl Group {
    fn new(outer: Flags) -> Self {
        Self { alternatives: String::new(), copies: 1, items: Vec::new(), outer }
    }

    fn end_alternative(&mut self) {
        for item in self.items.drain(..) {
            self.alternatives.push_str(&item.text);
            self.copies = self.copies.max(item.copies);
        }
    }
}

struct Translation<'t> {
    whole: &'t str,
    flags: Flags,
    groups: Vec<Group>,
}

/// Writes `pattern` for `regex`.
pub(super) fn translate(pattern: &str) -> Result<String, BadPattern> {
    let mut state = Translation { whole: pattern, flags: Flags::default(), groups: vec![Group::new(Flags::default())] };
    let mut rest = pattern;
    // The repetition that was read last, if nothing came in between.
    let mut last_repeat: Option<&str> = None;
    while let Some(c) = rest.chars().next() {
        let before = rest;
        let mut repeated = None;
        match c {
            '(' => rest = state.open(rest)?,
            '|' => {
                let group = state.innermost();
                group.end_alternative();
                group.alternatives.push('|');
                rest = &rest[1..];
            }
            ')' => {
                state.close()?;
                rest = &rest[1..];
            }
            '[' => {
                let (class, after) = class::bracketed(rest)?;
                state.push_folding(&class);
                rest = after;
            }
            '\\' => rest = state.backslash(rest)?,
            '*' | '+' | '?' | '{' => match Repeat::read(rest)? {
                Some((repeat, after)) => {
                    rest = state.repeat(&repeat, before, after, last_repeat)?;
                    repeated = Some(before);
                }
                None => rest = state.literal(rest, c),
            },
            '^' | '$' | '.' => {
                state.sign(c);
                rest = &rest[1..];
            }
            c => rest = state.literal(rest, c),
        }
        last_repeat = repeated;
    }
    state.finish()
}

impl<'t> Translation<'t> {
    fn innermost(&mut self) -> &mut Group {
        self.groups.last_mut().expect("the outermost group is never closed")
    }

    fn push(&mut self, text: String) {
        self.innermost().items.push(Item { text, copies: 1 });
    }

    fn push_folding(&mut self, text: &str) {
        self.push(if self.flags.fold_case { format!("(?i:{text})") } else { text.to_owned() });
    }

    fn literal(&mut self, rest: &'t str, c: char) -> &'t str {
        self.push_code(c.into());
        &rest[c.len_utf8()..]
    }

    fn push_code(&mut self, code: u32) {
        let mut text = String::new();
        escape::push_char(&mut text, code);
        self.push_folding(&text);
    }

    fn sign(&mut self, c: char) {
        let text = match c {
            '^' if self.flags.many_lines => "(?m:^)",
            '^' => r"\A",
            '$' if self.flags.many_lines => "(?m:$)",
            '$' => r"\z",
            _ if self.flags.dot_takes_line_feed => "(?s:.)",
            _ => r"[^\n]",
        };
        self.push(text.to_owned());
    }

    fn open(&mut self, text: &'t str) -> Result<&'t str, BadPattern> {
        let outer = self.flags;
        let rest = if text.starts_with("(?") {
            let (rest, group) = self.perl_group(text)?;
            if !group {
                return Ok(rest);
            }
            rest
        } else {
            &text[1..]
        };
        self.groups.push(Group::new(outer));
        Ok(rest)
    }

    /// `(?P<name>`, `(?<name>`, `(?i:` or `(?i)`: the rest, and whether a group begins.
    fn perl_group(&mut self, text: &'t str) -> Result<(&'t str, bool), BadPattern> {
        let name_at = if text.starts_with("(?P<") && text.len() > 4 {
            Some(4)
        } else if text.starts_with("(?<") && text.len() > 3 {
            Some(3)
        } else {
            None
        };
        let Some(start) = name_at else { return self.perl_flags(text) };
        let bad = |part| BadPattern::new(PatternProblem::NamedCapture, part);
        let end = text.find('>').ok_or_else(|| bad(text))?;
        let name = &text[start..end];
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return Err(bad(&text[..=end]));
        }
        Ok((&text[end + 1..], true))
    }

    fn perl_flags(&mut self, text: &'t str) -> Result<(&'t str, bool), BadPattern> {
        let mut flags = self.flags;
        let mut set = true;
        for (place, c) in text.char_indices().skip(2) {
            let rest = &text[place + c.len_utf8()..];
            match c {
                'i' => flags.fold_case = set,
                'm' => flags.many_lines = set,
                's' => flags.dot_takes_line_feed = set,
                'U' => flags.lazy = set,
                '-' if set => set = false,
                ':' | ')' if set || ends_flags(text, place) => {
                    self.flags = flags;
                    return Ok((rest, c == ':'));
                }
                _ => return Err(BadPattern::new(PatternProblem::PerlOp, &text[..text.len() - rest.len()])),
            }
        }
        Err(BadPattern::new(PatternProblem::PerlOp, text))
    }

    fn close(&mut self) -> Result<(), BadPattern> {
        if self.groups.len() == 1 {
            return Err(BadPattern::new(PatternProblem::UnexpectedParen, self.whole));
        }
        if let Some(mut group) = self.groups.pop() {
            group.end_alternative();
            self.flags = group.outer;
            let text = format!("(?:{})", group.alternatives);
            self.innermost().items.push(Item { text, copies: group.copies });
        }
        Ok(())
    }

    fn backslash(&mut self, text: &'t str) -> Result<&'t str, BadPattern> {
        let assertion = match text.get(..2) {
            Some(r"\A") => r"\A",
            Some(r"\z") => r"\z",
            Some(r"\b") => r"(?-u:\b)",
            Some(r"\B") => r"(?-u:\B)",
            Some(r"\C") => return Err(BadPattern::new(PatternProblem::Escape, r"\C")),
            Some(r"\Q") => return Ok(self.quoted(&text[2..])),
            _ => "",
        };
        if !assertion.is_empty() {
            self.push(assertion.to_owned());
            return Ok(&text[2..]);
        }
        if let Some((class, rest)) = escape::unicode_class(text)? {
            self.push_folding(&class);
            return Ok(rest);
        }
        if let Some((class, rest)) = class::perl_class(text) {
            self.push_folding(class);
            return Ok(rest);
        }
        let (code, rest) = escape::code_point(text)?;
        self.push_code(code);
        Ok(rest)
    }

    /// What stands between `\Q` and `\E`, or the end.
    fn quoted(&mut self, text: &'t str) -> &'t str {
        let (literal, rest) = text.split_once(r"\E").unwrap_or((text, ""));
        for c in literal.chars() {
            self.push_code(c.into());
        }
        rest
    }

    fn repeat(
        &mut self,
        repeat: &Repeat,
        before: &'t str,
        after: &'t str,
        last: Option<&str>,
    ) -> Result<&'t str, BadPattern> {
        let (lazy, after) = match after.strip_prefix('?') {
            Some(after) => (!self.flags.lazy, after),
            None => (self.flags.lazy, after),
        };
        let part = &before[..before.len() - after.len()];
        if let Some(last) = last {
            return Err(BadPattern::new(PatternProblem::RepeatOp, &last[..last.len() - after.len()]));
        }
        let Some(item) = self.innermost().items.last_mut() else {
            return Err(BadPattern::new(PatternProblem::MissingRepeatArgument, part));
        };
        if repeat.copies > 1 {
            item.copies = item.copies.saturating_mul(repeat.copies);
            if item.copies > MAX_REPEAT {
                return Err(BadPattern::new(PatternProblem::RepeatSize, part));
            }
        }
        item.text = format!("(?:{}){}{}", item.text, repeat.sign, if lazy { "?" } else { "" });
        Ok(after)
    }

    fn finish(mut self) -> Result<String, BadPattern> {
        if self.groups.len() > 1 {
            return Err(BadPattern::new(PatternProblem::MissingParen, self.whole));
        }
        let group = self.innermost();
        group.end_alternative();
        Ok(std::mem::take(&mut group.alternatives))
    }
}

/// Behind a minus there must be a flag before the flags end.
fn ends_flags(text: &str, place: usize) -> bool {
    !text[..place].ends_with('-')
}

/// A repetition.
struct Repeat {
    /// As it is written for `regex`.
    sign: String,
    /// How many copies it makes; 1 where nothing is counted.
    copies: u32,
}

impl Repeat {
    /// Reads the repetition at the start of `text`; none: a brace that stands for itself.
    fn read(text: &str) -> Result<Option<(Self, &str)>, BadPattern> {
        let Some(inner) = text.strip_prefix('{') else {
            return Ok(Some((Self { sign: text[..1].to_owned(), copies: 1 }, &text[1..])));
        };
        let Some((low, rest)) = number(inner) else { return Ok(None) };
        let (high, rest) = match rest.strip_prefix(',') {
            None => (Some(low), rest),
            Some(rest) if rest.starts_with('}') => (None, rest),
            Some(rest) => match number(rest) {
                Some((high, rest)) => (Some(high), rest),
                None => return Ok(None),
            },
        };
        let Some(after) = rest.strip_prefix('}') else { return Ok(None) };
        if low > MAX_REPEAT || high.is_some_and(|high| high > MAX_REPEAT || high < low) {
            return Err(BadPattern::new(PatternProblem::RepeatSize, &text[..text.len() - after.len()]));
        }
        let sign = match high {
            Some(high) => format!("{{{low},{high}}}"),
            None => format!("{{{low},}}"),
        };
        Ok(Some((Self { sign, copies: high.unwrap_or(low).max(1) }, after)))
    }
}

/// A number without leading zeros; too large a one is just large.
fn number(text: &str) -> Option<(u32, &str)> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = &text[..length];
    if digits.is_empty() || (length > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), &text[length..]))
}
