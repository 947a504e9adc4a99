//! Any text is answered, and what is accepted means what a plain evaluator says.

#[path = "support/row.rs"]
mod row;

use std::sync::Arc;

use muster_filter::{Expression, Filter, FilterError};
use proptest::prelude::*;
use row::{Check, ROW, Row};

/// An expression with its meaning spelled out.
#[derive(Debug, Clone)]
enum Tree {
    Or(Box<Tree>, Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    NameIs(bool, String),
    NameHolds(bool, String),
    Tagged(bool, String),
    NoTags(bool),
    MetaIs(bool, String, String),
    MetaHas(bool, String),
    PortIs(bool, i64),
    SomeCheckIs(bool, String),
}

impl Tree {
    fn write(&self) -> String {
        let not = |yes: &bool| if *yes { "" } else { "not " };
        let equal = |yes: &bool| if *yes { "==" } else { " != " };
        match self {
            Self::Or(left, right) => format!("({} or {})", left.write(), right.write()),
            Self::And(left, right) => format!("( {} and {} )", left.write(), right.write()),
            Self::Not(part) => format!("not {}", part.write()),
            Self::NameIs(yes, text) => format!("Name{}`{text}`", equal(yes)),
            Self::NameHolds(yes, text) => format!("Name {}contains \"{text}\"", not(yes)),
            Self::Tagged(yes, text) => format!("`{text}` {}in Tags", not(yes)),
            Self::NoTags(yes) => format!("Tags is {}empty", not(yes)),
            Self::MetaIs(yes, key, text) => format!("Meta[\"{key}\"]{}{text}", equal(yes)),
            Self::MetaHas(yes, key) => format!("{key} {}in Meta", not(yes)),
            Self::PortIs(yes, port) => format!("Port{}{port}", equal(yes)),
            Self::SomeCheckIs(yes, status) => format!("Checks.Status{}{status}", equal(yes)),
        }
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Or(left, right) => left.holds(row) || right.holds(row),
            Self::And(left, right) => left.holds(row) && right.holds(row),
            Self::Not(part) => !part.holds(row),
            Self::NameIs(yes, text) => (row.name == *text) == *yes,
            Self::NameHolds(yes, text) => row.name.contains(text.as_str()) == *yes,
            Self::Tagged(yes, text) => row.tags.contains(&Arc::from(text.as_str())) == *yes,
            Self::NoTags(yes) => row.tags.is_empty() == *yes,
            Self::MetaIs(yes, key, text) => (row.meta.get(key.as_str()).map(|found| &**found) == Some(text)) == *yes,
            Self::MetaHas(yes, key) => row.meta.contains_key(key.as_str()) == *yes,
            Self::PortIs(yes, port) => (row.port == *port) == *yes,
            Self::SomeCheckIs(yes, status) => row.checks.iter().any(|check| (check.status == *status) == *yes),
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    "[ab][abc]{0,2}"
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (any::<bool>(), word()).prop_map(|(yes, text)| Tree::NameIs(yes, text)),
        (any::<bool>(), word()).prop_map(|(yes, text)| Tree::NameHolds(yes, text)),
        (any::<bool>(), word()).prop_map(|(yes, text)| Tree::Tagged(yes, text)),
        any::<bool>().prop_map(Tree::NoTags),
        (any::<bool>(), word(), word()).prop_map(|(yes, key, text)| Tree::MetaIs(yes, key, text)),
        (any::<bool>(), word()).prop_map(|(yes, key)| Tree::MetaHas(yes, key)),
        (any::<bool>(), -2i64..3).prop_map(|(yes, port)| Tree::PortIs(yes, port)),
        (any::<bool>(), word()).prop_map(|(yes, status)| Tree::SomeCheckIs(yes, status)),
    ];
    leaf.prop_recursive(5, 32, 2, |part| {
        prop_oneof![
            (part.clone(), part.clone()).prop_map(|(left, right)| Tree::Or(Box::new(left), Box::new(right))),
            (part.clone(), part.clone()).prop_map(|(left, right)| Tree::And(Box::new(left), Box::new(right))),
            part.prop_map(|part| Tree::Not(Box::new(part))),
        ]
    })
}

fn any_row() -> impl Strategy<Value = Row> {
    let texts = || prop::collection::vec(word(), 0..4);
    (word(), texts(), prop::collection::btree_map(word(), word(), 0..6), -2i64..3, texts()).prop_map(
        |(name, tags, meta, port, statuses)| Row {
            name,
            tags: tags.into_iter().map(Arc::from).collect(),
            meta: meta.into_iter().map(|(key, text)| (Arc::from(key), Arc::from(text))).collect(),
            port,
            checks: statuses.into_iter().map(|status| Check { status, ..Check::default() }).collect(),
            ..Row::default()
        },
    )
}

/// Texts that get further into the grammar than chance would.
fn nearly() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "Name", "Meta", "Tags", "Port", "Checks", ".", "[", "]", "(", ")", "\"", "`", " ", " ", " ", "not", "and",
        "or", "in", "is", "empty", "contains", "matches", "==", "!=", "-", "0", "12", "a", "\\", "\n", "한", "*",
        "{2}", "?",
    ]);
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_answered(text in prop_oneof![any::<String>(), nearly()]) {
        match Filter::new(&text, ROW) {
            Ok(filter) => {
                for row in row::rows() {
                    filter.matches(&row);
                }
            }
            Err(FilterError::Syntax(problems)) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(text.is_char_boundary(problem.offset) && problem.line >= 1, "{problem:?}");
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_pattern_is_answered(pattern in prop_oneof!["[^`]{0,12}", r"([a()\[\]*?|\\^$.{}QEpPx:<>-]|\(\?|\[:|[0-9]){0,12}"]) {
        match Filter::new(&format!("Name matches `{pattern}`"), ROW) {
            Ok(filter) => drop(filter.matches(&Row::default())),
            Err(error) => prop_assert!(matches!(error, FilterError::InvalidPattern { .. }), "{error}"),
        }
    }

    #[test]
    fn accepted_expressions_mean_what_they_say(tree in tree(), row in any_row()) {
        let text = tree.write();
        let filter = Expression::parse(&text).unwrap().bind(ROW).unwrap();
        prop_assert_eq!(filter.matches(&row), tree.holds(&row), "{}", text);
    }
}
