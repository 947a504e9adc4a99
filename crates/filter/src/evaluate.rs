//! Whether a comparison holds for a value.

use crate::expression::Operator;
use crate::filter::{Operand, Test};
use crate::lookup::Value;

impl Test {
    pub(crate) fn holds(&self, value: Value<'_>) -> bool {
        use Operator::{Equal, In, IsEmpty, IsNotEmpty, Matches, NotEqual, NotIn, NotMatches};
        if matches!(value, Value::Missing) {
            // What is not there is equal to nothing, in nothing and empty. That it also matches every
            // pattern is go-bexpr's rule (evaluateMatchExpressionRecurse lets all other operators pass).
            return !matches!(self.operator, Equal | In | IsNotEmpty);
        }
        match self.operator {
            Equal => self.equals(value),
            NotEqual => !self.equals(value),
            In => self.is_in(value),
            NotIn => !self.is_in(value),
            IsEmpty => is_empty(value),
            IsNotEmpty => !is_empty(value),
            Matches => self.matches(value),
            NotMatches => !self.matches(value),
        }
    }

    fn equals(&self, value: Value<'_>) -> bool {
        match (&self.operand, value) {
            (Operand::Text(wanted), Value::Text(text)) => wanted == text,
            (Operand::Int(wanted), Value::Int(number)) => *wanted == number,
            (Operand::Bool(wanted), Value::Bool(truth)) => *wanted == truth,
            _ => false,
        }
    }

    fn is_in(&self, value: Value<'_>) -> bool {
        let Operand::Text(wanted) = &self.operand else { return false };
        match value {
            Value::Text(text) => text.contains(wanted.as_str()),
            Value::Texts(texts) => texts.iter().any(|text| **text == **wanted),
            Value::TextMap(map) => map.contains_key(wanted.as_str()),
            Value::Keys(keys) => keys.has(wanted),
            _ => false,
        }
    }

    fn matches(&self, value: Value<'_>) -> bool {
        let Operand::Pattern(pattern) = &self.operand else { return false };
        matches!(value, Value::Text(text) if pattern.is_match(text.as_bytes()))
    }
}

fn is_empty(value: Value<'_>) -> bool {
    match value {
        Value::Texts(texts) => texts.is_empty(),
        Value::TextMap(map) => map.is_empty(),
        Value::Keys(keys) => keys.is_empty(),
        Value::Count(count) => count == 0,
        _ => true,
    }
}
