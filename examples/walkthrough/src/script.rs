//! The script: steps.txt, read.

use anyhow::{Context, bail};

/// The script's text.
pub(crate) const TEXT: &str = include_str!("../steps.txt");
const INSET: &str = "    ";

/// One entry of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A step begins.
    Step(String),
    /// A line that the shell runs.
    Line(Line),
    /// A line of the test's own that runs beside those after it, until the check `ended NAME`.
    Beside { name: String, line: Line },
    /// Something that has to hold now.
    Check(Vec<String>),
}

/// A line with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub origin: Origin,
    /// What runs, if anything does.
    pub command: Option<String>,
}

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It runs as described.
    Described,
    /// Another one was described, and why it is not that which runs.
    Changed { described: String, why: String },
    /// It is the test's own; why, where walkthrough.md has an item for it.
    Own { why: Option<String> },
}

/// Reads the script.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut changed: Option<(String, Option<String>)> = None;
    let (_, body) = text.split_once("\n## ").context("the script has no step")?;
    for block in blocks(&format!("## {body}")) {
        let (mark, rest) = block.split_once(' ').with_context(|| format!("{block:?} has no mark"))?;
        let rest = rest.to_owned();
        match (mark, &mut changed) {
            ("~", None) => changed = Some((rest, None)),
            ("=", Some((_, command @ None))) => *command = Some(rest),
            ("?", Some(_)) => {
                let (described, command) = changed.take().unwrap_or_default();
                entries.push(Entry::Line(Line { origin: Origin::Changed { described, why: rest }, command }));
            }
            (_, Some((described, _))) => bail!("{described:?} is changed, and nothing says why"),
            ("?", None) => explain(entries.last_mut(), rest)?,
            ("##", None) => entries.push(Entry::Step(rest)),
            ("$", None) => entries.push(Entry::Line(Line { origin: Origin::Described, command: Some(rest) })),
            ("+", None) => entries.push(Entry::Line(own(&rest))),
            ("&", None) => {
                let (name, line) = rest.split_once(' ').with_context(|| format!("{rest:?} has no name"))?;
                entries.push(Entry::Beside { name: name.to_owned(), line: own(line) });
            }
            ("!", None) => entries.push(Entry::Check(rest.split_whitespace().map(str::to_owned).collect())),
            (mark, None) => bail!("{mark:?} before {rest:?} is no mark"),
        }
    }
    anyhow::ensure!(changed.is_none(), "the script ends in the middle of a change");
    Ok(entries)
}

fn own(command: &str) -> Line {
    Line { origin: Origin::Own { why: None }, command: Some(command.to_owned()) }
}

/// A reason stands below a line of the test's own.
fn explain(entry: Option<&mut Entry>, reason: String) -> anyhow::Result<()> {
    match entry {
        Some(Entry::Line(Line { origin: Origin::Own { why: why @ None }, .. })) => *why = Some(reason),
        Some(Entry::Beside { line: Line { origin: Origin::Own { why: why @ None }, .. }, .. }) => *why = Some(reason),
        _ => bail!("{reason:?} is no reason for a line of the test's own"),
    }
    Ok(())
}

/// Lines with those that are set in below them.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix(INSET), blocks.last_mut()) {
            (Some(inset), Some(block)) => {
                block.push('\n');
                block.push_str(inset);
            }
            _ => blocks.push(line.to_owned()),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_itself_can_be_read() {
        let entries = parse(TEXT).unwrap();
        let described = |entry: &&Entry| matches!(entry, Entry::Line(Line { origin: Origin::Described, .. }));
        assert!(entries.iter().filter(described).count() > 10);
        assert!(!entries.iter().any(|entry| matches!(entry, Entry::Step(title) if title.is_empty())));
    }

    #[test]
    fn a_changed_line_keeps_both_forms_and_the_reason() {
        let entries = parse("about\n## One\n~ run x\n= run \\\n      y\n    END\n? typo\n! holds 3\n").unwrap();
        let origin = Origin::Changed { described: "run x".to_owned(), why: "typo".to_owned() };
        assert_eq!(
            entries,
            [
                Entry::Step("One".to_owned()),
                Entry::Line(Line { origin, command: Some("run \\\n  y\nEND".to_owned()) }),
                Entry::Check(vec!["holds".to_owned(), "3".to_owned()]),
            ]
        );
    }

    #[test]
    fn a_line_of_the_tests_own_may_have_a_reason_and_run_beside_others() {
        let entries = parse("\n## One\n& x sleep 1\n+ run y\n? as x\n").unwrap();
        let line = |command: &str, why: Option<&str>| Line {
            origin: Origin::Own { why: why.map(str::to_owned) },
            command: Some(command.to_owned()),
        };
        assert_eq!(entries[1], Entry::Beside { name: "x".to_owned(), line: line("sleep 1", None) });
        assert_eq!(entries[2], Entry::Line(line("run y", Some("as x"))));
        assert!(parse("\n## One\n$ run y\n? as x\n").is_err());
    }

    #[test]
    fn what_begins_beside_others_is_waited_for() {
        let entries = parse(TEXT).unwrap();
        for entry in &entries {
            let Entry::Beside { name, .. } = entry else { continue };
            let end = Entry::Check(vec!["ended".to_owned(), name.clone()]);
            assert_eq!(entries.iter().filter(|other| **other == end).count(), 1, "{name}");
        }
    }

    #[test]
    fn a_change_without_a_reason_is_no_script() {
        assert!(parse("\n## One\n~ run x\n= run y\n$ z\n").unwrap_err().to_string().contains("nothing says why"));
        assert!(parse("\n## One\n~ run x\n").is_err());
        assert!(parse("\n## One\n% x\n").is_err());
    }
}
