//! Items as written → the tree, by the rules of Go's `hcl.Decode` into a map.
//!
//! An object that stands in no list becomes a list of one object. A key that is written again appends if both
//! are lists or blocks, and replaces if both are neither. Labels are keys of one more level each.

use std::collections::HashMap;

use crate::{Base, Member, Node, Number, Object, Position, Problem, SyntaxError, Value};

/// An item: keys (the first names it, the others are labels) and a value.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub keys: Vec<(String, Position)>,
    pub value: Raw,
    pub position: Position,
}

/// The items of one object in the order in which they were written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Items(pub Vec<Item>);

/// A value as written.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    Text(String),
    Bool(bool),
    Number(Number),
    List(Vec<(Raw, Position)>),
    Object(Items),
}

impl Items {
    /// The object that these items make.
    pub(crate) fn decode(self) -> Result<Object, SyntaxError> {
        let mut object = Object::default();
        let mut labelled: Vec<bool> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for Item { mut keys, value, position } in self.0 {
            let (key, key_position) = keys.remove(0);
            let has_labels = !keys.is_empty();
            let mut node = value.decode(position, false)?;
            for (label, label_position) in keys.into_iter().rev() {
                node = block(Member { key: label, position: label_position, node });
            }
            match places.get(&key).copied() {
                None => {
                    places.insert(key.clone(), object.members.len());
                    object.members.push(Member { key, position: key_position, node });
                    labelled.push(has_labels);
                }
                Some(place) if labelled[place] != has_labels => return Err(Problem::Labels(key).at(key_position)),
                Some(place) => object.members[place].written_again(key_position, node)?,
            }
        }
        Ok(object)
    }
}

/// A block with one member: a list of one object.
fn block(member: Member) -> Node {
    let position = member.position;
    let object = Node { position, value: Value::Object(Object { members: vec![member] }) };
    Node { position, value: Value::List(vec![object]) }
}

impl Raw {
    fn decode(self, position: Position, in_list: bool) -> Result<Node, SyntaxError> {
        let value = match self {
            Self::Text(text) => Value::Text(text),
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::List(values) => {
                let nodes = values.into_iter().map(|(raw, position)| raw.decode(position, true));
                Value::List(nodes.collect::<Result<_, _>>()?)
            }
            Self::Object(items) => {
                let value = Value::Object(items.decode()?);
                if in_list { value } else { Value::List(vec![Node { position, value }]) }
            }
        };
        Ok(Node { position, value })
    }
}

impl Member {
    fn written_again(&mut self, position: Position, node: Node) -> Result<(), SyntaxError> {
        self.position = position;
        match (&mut self.node.value, node.value) {
            (Value::List(there), Value::List(more)) => there.extend(more),
            (Value::List(_), other) | (_, other @ Value::List(_)) => {
                let kind = other.kind();
                return Err(Problem::Mixed { key: self.key.clone(), kind }.at(position));
            }
            // As in Go, which reads the second into what the first one made.
            (Value::Number(Number::Float(_)), Value::Number(Number::Integer { value, .. })) => {
                self.node = Node { position: node.position, value: Value::Number(Number::Float(value as f64)) };
            }
            (there, value) if same_kind(there, &value) => self.node = Node { position: node.position, value },
            (_, other) => {
                return Err(Problem::Mixed { key: self.key.clone(), kind: other.kind() }.at(position));
            }
        }
        Ok(())
    }
}

fn same_kind(there: &Value, value: &Value) -> bool {
    match (there, value) {
        (Value::Number(Number::Integer { .. }), Value::Number(number)) => matches!(number, Number::Integer { .. }),
        (there, value) => there.kind() == value.kind(),
    }
}

impl Base {
    /// The number of digits that there are.
    pub(crate) fn radix(self) -> u32 {
        match self {
            Self::Decimal => 10,
            Self::Octal => 8,
            Self::Hexadecimal => 16,
        }
    }
}
