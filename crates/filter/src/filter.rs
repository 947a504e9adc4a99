//! A filter that is bound to a kind of row.

use regex::bytes::Regex;

use crate::coerce;
use crate::error::{BadValue, FilterError};
use crate::expression::{Expression, Match, Node, Operator};
use crate::field::{Field, Fields, find};
use crate::lookup::{Lookup, Path};
use crate::pattern;

/// Memory that all patterns of a filter may take together.
const PATTERNS_SIZE_LIMIT: usize = 10 << 20;

/// A filter over one kind of row.
#[derive(Debug, Clone)]
pub struct Filter(Bound);

/// A part of a filter, checked and with its values read.
#[derive(Debug, Clone)]
enum Bound {
    Any(Vec<Bound>),
    All(Vec<Bound>),
    Not(Box<Bound>),
    Test(Test),
}

/// One comparison.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    pub(crate) selector: Vec<String>,
    pub(crate) operator: Operator,
    pub(crate) operand: Operand,
}

/// What is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    None,
    Text(String),
    Int(i64),
    Bool(bool),
    Pattern(Regex),
}

impl Filter {
    /// Reads and binds in one step.
    ///
    /// # Errors
    /// Any [`FilterError`].
    pub fn new(text: &str, fields: &Fields) -> Result<Self, FilterError> {
        Expression::parse(text)?.bind(fields)
    }

    pub(crate) fn bind(node: &Node, fields: &Fields) -> Result<Self, FilterError> {
        let pattern_size = PATTERNS_SIZE_LIMIT / patterns(node).max(1);
        Binding { fields, pattern_size }.part(node).map(Self)
    }

    /// Whether the filter lets `row` pass.
    pub fn matches(&self, row: &dyn Lookup) -> bool {
        self.0.matches(row)
    }
}

impl Bound {
    fn matches(&self, row: &dyn Lookup) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Not(part) => !part.matches(row),
            Self::Test(test) => row.test(Path::new(&test.selector), &mut |value| test.holds(value)),
        }
    }
}

/// How many patterns there are in an expression.
fn patterns(node: &Node) -> usize {
    match node {
        Node::Any(parts) | Node::All(parts) => parts.iter().map(patterns).sum(),
        Node::Not(part) => patterns(part),
        Node::Match(part) => usize::from(part.is_pattern()),
    }
}

/// What an expression is bound to.
struct Binding<'f> {
    fields: &'f Fields,
    /// The most that one pattern may take.
    pattern_size: usize,
}

impl Binding<'_> {
    fn part(&self, node: &Node) -> Result<Bound, FilterError> {
        let all = |parts: &[Node]| parts.iter().map(|part| self.part(part)).collect::<Result<_, FilterError>>();
        Ok(match node {
            Node::Any(parts) => Bound::Any(all(parts)?),
            Node::All(parts) => Bound::All(all(parts)?),
            Node::Not(part) => Bound::Not(Box::new(self.part(part)?)),
            Node::Match(part) => Bound::Test(self.comparison(part)?),
        })
    }

    fn comparison(&self, part: &Match) -> Result<Test, FilterError> {
        let field = field_of(&part.selector, self.fields)?;
        let selector = || part.selector.join(".");
        if !field.takes(part.operator) {
            return Err(FilterError::InvalidOperator { operator: part.operator, selector: selector() });
        }
        let bad_value = |value: &str, problem: BadValue| FilterError::InvalidValue {
            value: value.to_owned(),
            selector: selector(),
            problem,
        };
        let operand = match (&part.value, field) {
            (None, _) => Operand::None,
            (Some(value), Field::Int) => Operand::Int(coerce::int(value).map_err(|e| bad_value(value, e.into()))?),
            (Some(value), Field::Bool) => Operand::Bool(coerce::bool(value).map_err(|e| bad_value(value, e.into()))?),
            (Some(value), _) if part.is_pattern() => {
                let bad = |problem| FilterError::InvalidPattern { pattern: value.clone(), problem };
                Operand::Pattern(pattern::compile(value, self.pattern_size).map_err(bad)?)
            }
            (Some(value), _) => Operand::Text(value.clone()),
        };
        Ok(Test { selector: part.selector.clone(), operator: part.operator, operand })
    }
}

fn field_of(selector: &[String], fields: &Fields) -> Result<Field, FilterError> {
    let mut found: Option<Field> = None;
    for (place, name) in selector.iter().enumerate() {
        let next = match found {
            None => find(fields, name),
            Some(field) => field.within(name),
        };
        let unknown = || FilterError::UnknownSelector { selector: selector[..=place].join(".") };
        found = Some(next.ok_or_else(unknown)?);
    }
    found.ok_or(FilterError::UnknownSelector { selector: String::new() })
}
