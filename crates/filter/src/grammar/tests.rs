use super::*;
use crate::expression::{Match, Operator};

fn comparison(selector: &str, operator: Operator, value: &str) -> Node {
    Node::Match(Match { selector: vec![selector.to_owned()], operator, value: Some(value.to_owned()) })
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    let node = parse("not a==1 and b==2 or c==3 or d==4").unwrap();
    let equal = |selector, value| comparison(selector, Operator::Equal, value);
    let negated = Node::Not(Box::new(equal("a", "1")));
    let left = Node::All(vec![negated, equal("b", "2")]);
    assert_eq!(node, Node::Any(vec![left, equal("c", "3"), equal("d", "4")]));
}

#[test]
fn contains_is_in_turned_round() {
    assert_eq!(parse("Tags contains a").unwrap(), parse("a in Tags").unwrap());
    assert_eq!(parse("Tags not contains a").unwrap(), comparison("Tags", Operator::NotIn, "a"));
}

#[test]
fn two_negations_are_none() {
    assert_eq!(parse("not not a==1"), parse("a==1"));
    assert_eq!(parse("not == 1").unwrap(), comparison("not", Operator::Equal, "1"));
}

#[test]
fn errors_stand_where_reading_stopped() {
    let text = |expression: &str| parse(expression).unwrap_err().to_string();
    let expected =
        "1:14 (13): no match found, expected: \"-\", \"0\", \"\\\"\", \"`\", [ \\t\\r\\n], [1-9] or [a-zA-Z]";
    assert_eq!(text("ServicePort=="), expected);
    assert_eq!(text("((a==b)"), "1:8 (7): rule \"grouping\": Unmatched parentheses");
    let both = "1:5 (4): rule \"string\": Unterminated string literal\n1:3 (2): rule \"index\": Invalid index";
    assert_eq!(text("a[\"x"), both);
    assert!(text("\"한\" == a").starts_with("1:5 (6): "), "columns are characters, offsets bytes");
    assert!(text("a == b\n\n)").starts_with("3:1 (8): "));
}

#[test]
fn nested_parentheses_cost_no_more_than_their_length() {
    // Without memory this would take 4^60 steps.
    let text = format!("{}a==1{}", "(".repeat(60), ")".repeat(59));
    assert!(parse(&text).unwrap_err().to_string().contains("Unmatched parentheses"));
}
