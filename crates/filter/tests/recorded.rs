//! What go-bexpr v0.1.2 and Go's regexp say, recorded by running them (data/): for each expression the
//! error, or for each of three rows whether it passes; for each pattern the error, or the same for texts.

#[path = "support/row.rs"]
mod row;

use muster_filter::{Filter, FilterError};
use row::{ROW, Row, rows};

fn outcome(text: &str, rows: &[Row]) -> String {
    match Filter::new(text, ROW) {
        Err(error) => error.to_string(),
        Ok(filter) => rows.iter().map(|row| if filter.matches(row) { '1' } else { '0' }).collect(),
    }
}

#[test]
fn expressions_mean_what_they_mean_to_consul() {
    let recorded: Vec<(String, String)> = serde_json::from_str(include_str!("data/expressions.json")).unwrap();
    assert!(recorded.len() > 130);
    for (text, expected) in recorded {
        assert_eq!(outcome(&text, &rows()), expected, "{text}");
    }
}

#[derive(serde::Deserialize)]
struct Patterns {
    texts: Vec<String>,
    patterns: Vec<(String, String)>,
}

#[test]
fn patterns_match_as_in_go() {
    let recorded: Patterns = serde_json::from_str(include_str!("data/patterns.json")).unwrap();
    assert!(recorded.patterns.len() > 80);
    let rows: Vec<_> = recorded.texts.iter().map(|text| Row { name: text.clone(), ..Row::default() }).collect();
    for (pattern, expected) in recorded.patterns {
        let found = match Filter::new(&format!("Name matches `{pattern}`"), ROW) {
            Err(FilterError::InvalidPattern { problem, .. }) => problem.to_string(),
            Err(error) => error.to_string(),
            Ok(filter) => rows.iter().map(|row| if filter.matches(row) { '1' } else { '0' }).collect(),
        };
        assert_eq!(found, expected, "{pattern}");
    }
}

#[test]
fn deep_nesting_is_refused_where_consul_would_hang() {
    let nested = |depth: usize| format!("{}Name==web{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(outcome(&nested(60), &rows()), "100");
    assert_eq!(outcome(&nested(50_000), &rows()), "Expression nests deeper than 64 parentheses");
    assert_eq!(outcome(&"(".repeat(50_000), &rows()), "Expression nests deeper than 64 parentheses");
    assert_eq!(outcome(&format!("{}Name==web", "not ".repeat(9_999)), &rows()), "011");
}

#[test]
fn patterns_share_what_memory_they_get() {
    let many = |pattern: &str, count: usize| vec![format!("Name matches `{pattern}`"); count].join(" or ");
    assert_eq!(outcome(&many(r"^\pL{20}$|web", 1), &rows()), "100");
    assert!(outcome(&many(r"^\pL{20}$|web", 1000), &rows()).contains("expression too large"));
    assert_eq!(outcome(&many("^w.b$", 1000), &rows()), "100");
}

#[test]
fn a_pattern_that_would_take_too_much_memory_is_refused() {
    let text = r"Name matches `((\pL{30}){30}|\pN{900}){1}`";
    let Err(FilterError::InvalidPattern { problem, .. }) = Filter::new(text, ROW) else { panic!("taken") };
    assert_eq!(problem.to_string(), r"error parsing regexp: expression too large: `((\pL{30}){30}|\pN{900}){1}`");
}
