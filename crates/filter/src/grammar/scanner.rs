//! Places in the text, what is tried there, and the errors that come of it.

use std::collections::BTreeSet;

use crate::error::SyntaxProblem;

/// White space, as errors name it.
const SPACE: &str = r"[ \t\r\n]";

/// The grammar's rules that have errors of their own, as go-bexpr names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Grouping,
    Index,
    Match,
    Number,
    String,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Grouping => "grouping",
            Self::Index => "index",
            Self::Match => "match",
            Self::Number => "number",
            Self::String => "string",
        }
    }
}

/// Every method takes a place (an offset in bytes) and returns the one behind what it read.
pub(super) struct Scanner<'t> {
    text: &'t str,
    /// The farthest place where something was expected in vain, and what.
    farthest: usize,
    expected: BTreeSet<&'static str>,
    end_expected: bool,
    /// In the order they were found, each once.
    problems: Vec<(usize, Rule, &'static str)>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, farthest: 0, expected: BTreeSet::new(), end_expected: false, problems: Vec::new() }
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        &self.text[from..to]
    }

    /// What begins at `at`.
    pub(super) fn rest(&self, at: usize) -> &'t str {
        &self.text[at..]
    }

    /// `literal`, which stands in errors between quotes.
    pub(super) fn literal(&mut self, at: usize, literal: &'static str) -> Option<usize> {
        if self.text[at..].starts_with(literal) {
            return Some(at + literal.len());
        }
        self.expect(at, literal);
        None
    }

    /// One character of a class, which stands in errors as `name`.
    pub(super) fn one_of(&mut self, at: usize, name: &'static str, class: impl Fn(char) -> bool) -> Option<usize> {
        match self.text[at..].chars().next() {
            Some(c) if class(c) => Some(at + c.len_utf8()),
            _ => {
                self.expect(at, name);
                None
            }
        }
    }

    /// As many characters of a class as there are, perhaps none.
    pub(super) fn many_of(&mut self, at: usize, name: &'static str, class: impl Fn(char) -> bool) -> usize {
        let mut end = at;
        while let Some(next) = self.one_of(end, name, &class) {
            end = next;
        }
        end
    }

    /// `_`.
    pub(super) fn space(&mut self, at: usize) -> Option<usize> {
        let end = self.space_or_none(at);
        (end > at).then_some(end)
    }

    /// `_?`.
    pub(super) fn space_or_none(&mut self, at: usize) -> usize {
        self.many_of(at, SPACE, |c| matches!(c, ' ' | '\t' | '\r' | '\n'))
    }

    /// The words with white space before each and behind the last.
    pub(super) fn spaced_words(&mut self, at: usize, words: &[&'static str]) -> Option<usize> {
        let end = self.words(at, words)?;
        self.space(end)
    }

    /// The words with white space before each.
    pub(super) fn words(&mut self, at: usize, words: &[&'static str]) -> Option<usize> {
        words.iter().try_fold(at, |at, word| {
            let start = self.space(at)?;
            self.literal(start, word)
        })
    }

    /// `EOF`.
    pub(super) fn end(&mut self, at: usize) -> bool {
        if at == self.text.len() {
            return true;
        }
        if self.reaches(at) {
            self.end_expected = true;
        }
        false
    }

    fn expect(&mut self, at: usize, what: &'static str) {
        if self.reaches(at) {
            self.expected.insert(what);
        }
    }

    /// Whether what is expected at `at` counts: only what lies farthest does.
    fn reaches(&mut self, at: usize) -> bool {
        if at > self.farthest {
            self.farthest = at;
            self.expected.clear();
            self.end_expected = false;
        }
        at == self.farthest
    }

    /// Notes an error that the grammar has a text for. Nothing makes up for it: the expression is refused
    /// even if it can be read another way.
    pub(super) fn problem(&mut self, at: usize, rule: Rule, text: &'static str) {
        let problem = (at, rule, text);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The outcome: what was read, or what is wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<SyntaxProblem>> {
        if !self.problems.is_empty() {
            let place =
                |&(at, rule, text): &(usize, Rule, &str)| self.place(at, format!("rule \"{}\": {text}", rule.name()));
            return Err(self.problems.iter().map(place).collect());
        }
        read.ok_or_else(|| vec![self.place(self.farthest, format!("no match found, expected: {}", self.list()))])
    }

    /// What was expected, sorted, with `or` before the last.
    fn list(&self) -> String {
        let mut names: Vec<String> = self.expected.iter().map(|name| named(name)).collect();
        names.sort();
        if self.end_expected {
            names.push("EOF".to_owned());
        }
        match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    fn place(&self, offset: usize, reason: String) -> SyntaxProblem {
        let (before, rest) = self.text.split_at(offset);
        let line_start = before.rfind('\n').map_or(0, |place| place + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
        // A line feed counts as the next line's column 0.
        let (line, column) = if rest.starts_with('\n') { (line + 1, 0) } else { (line, column) };
        SyntaxProblem { line, column, offset, reason }
    }
}

/// Classes stand as they are, literals between quotes.
fn named(name: &str) -> String {
    let class = name.len() > 1 && name.starts_with('[');
    if class { name.to_owned() } else { crate::quote::Quoted(name).to_string() }
}
