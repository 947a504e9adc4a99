//! SPDX licence expressions: whether one can be satisfied with licences from a list.

/// A licence expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("licence expression {expression:?} cannot be read at {place:?}")]
pub struct InvalidLicence {
    /// The whole of it.
    pub expression: String,
    /// Where reading stopped; empty at its end.
    pub place: String,
}

/// Whether `allowed`, asked for each licence in turn, satisfies `expression`: one side of every `OR` (or `/`, as
/// older packages write it), both sides of every `AND`. A licence `WITH` an exception is asked for as one text.
pub fn satisfied(expression: &str, allowed: impl Fn(&str) -> bool) -> Result<bool, InvalidLicence> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, place: 0, allowed };
    let answer = reader.any_of();
    match answer {
        Some(answer) if reader.place == words.len() => Ok(answer),
        _ => Err(InvalidLicence {
            expression: expression.to_owned(),
            place: words.get(reader.place).copied().unwrap_or_default().to_owned(),
        }),
    }
}

struct Reader<'a, F> {
    words: &'a [&'a str],
    place: usize,
    allowed: F,
}

impl<'a, F: Fn(&str) -> bool> Reader<'a, F> {
    fn any_of(&mut self) -> Option<bool> {
        let mut answer = self.all_of()?;
        while self.take("OR") {
            answer |= self.all_of()?;
        }
        Some(answer)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut answer = self.one()?;
        while self.take("AND") {
            answer &= self.one()?;
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let answer = self.any_of()?;
            return self.take(")").then_some(answer);
        }
        let licence = self.name()?;
        if self.take("WITH") {
            let exception = self.name()?;
            return Some((self.allowed)(&format!("{licence} WITH {exception}")));
        }
        Some((self.allowed)(licence))
    }

    fn name(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.place).copied()?;
        if matches!(word, "OR" | "AND" | "WITH" | "(" | ")") {
            return None;
        }
        self.place += 1;
        Some(word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.place) == Some(&word);
        self.place += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(expression: &str, licences: &[&str]) -> bool {
        satisfied(expression, |licence| licences.contains(&licence)).unwrap()
    }

    #[test]
    fn one_side_of_an_or_is_enough() {
        assert!(with("Unlicense OR MIT", &["MIT"]));
        assert!(with("MIT/Apache-2.0", &["Apache-2.0"]));
        assert!(!with("GPL-3.0 OR AGPL-3.0", &["MIT"]));
    }

    #[test]
    fn an_and_needs_both_and_binds_tighter() {
        assert!(!with("(MIT OR Apache-2.0) AND Unicode-3.0", &["MIT"]));
        assert!(with("(MIT OR Apache-2.0) AND Unicode-3.0", &["MIT", "Unicode-3.0"]));
        assert!(with("MIT OR Apache-2.0 AND GPL-3.0", &["MIT"]));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(with("Apache-2.0 WITH LLVM-exception OR MIT", &["MIT"]));
        assert!(!with("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND MIT"] {
            assert!(satisfied(expression, |_| true).is_err(), "{expression:?}");
        }
    }
}
