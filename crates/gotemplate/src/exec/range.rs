//! `range`.

use std::sync::Arc;

use super::{Executed, Flow, Slot, State};
use crate::node::Branch;
use crate::{Type, Value};

impl<'t> State<'t, '_> {
    pub(super) fn range(&mut self, dot: &Slot, branch: &'t Branch) -> Executed<Flow> {
        let outer_mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?.value;
        let ran = match value.underlying() {
            Value::Int(kind, count) => {
                let numbers = (0..*count).map(|n| renamed(&value, Value::Int(*kind, n)));
                self.count(branch, &value, numbers)?
            }
            Value::Uint(kind, count) => {
                let numbers = (0..*count).map(|n| renamed(&value, Value::Uint(*kind, n)));
                self.count(branch, &value, numbers)?
            }
            Value::Slice(slice) => {
                let items = slice.items().iter().enumerate();
                let element = slice.element();
                self.each(
                    branch,
                    items.map(|(n, item)| (Slot::plain(Value::int(n as i64)), Slot::of(element, item.clone()))),
                )?
            }
            Value::Map(map) => {
                let (key_type, element) = (map.key(), map.element());
                let pairs = map.pairs().iter();
                self.each(
                    branch,
                    pairs.map(|(key, item)| (Slot::of(key_type, key.clone()), Slot::of(element, item.clone()))),
                )?
            }
            Value::Nil => false,
            Value::NilOf(of) if matches!(of.underlying(), Type::Slice(_) | Type::Map(..)) => false,
            Value::Pointer(record) => {
                let target = Value::Struct(Arc::clone(record));
                return Err(self.error(format!("range can't iterate over {target}")));
            }
            _ => return Err(self.error(format!("range can't iterate over {value}"))),
        };
        let mut flow = Flow::Next;
        if let (false, Some(otherwise)) = (ran, &branch.otherwise) {
            flow = self.list(dot, otherwise)?;
        }
        self.variables.truncate(outer_mark);
        Ok(flow)
    }

    /// Counts from zero, which has no second variable.
    fn count(&mut self, branch: &'t Branch, value: &Value, numbers: impl Iterator<Item = Value>) -> Executed<bool> {
        if branch.pipe.variables.len() > 1 {
            return Err(self.error(format!("can't use {value} to iterate over more than one variable")));
        }
        self.each(branch, numbers.map(|number| (Slot::default(), Slot::plain(number))))
    }

    /// Executes the list for each pair of index and element; says whether there was one.
    fn each(&mut self, branch: &'t Branch, pairs: impl Iterator<Item = (Slot, Slot)>) -> Executed<bool> {
        let mark = self.variables.len();
        let mut ran = false;
        for (index, element) in pairs {
            ran = true;
            self.bind(branch, index, &element)?;
            let flow = self.list(&element, &branch.list)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    /// One variable is the element, two are index and element. Declared ones lie on top.
    fn bind(&mut self, branch: &'t Branch, index: Slot, element: &Slot) -> Executed<()> {
        let top = self.variables.len();
        match (&branch.pipe.variables[..], branch.pipe.assigns) {
            ([], _) => {}
            ([one], true) => self.assign(one, element.clone())?,
            ([one, two, ..], true) => {
                self.assign(one, index)?;
                self.assign(two, element.clone())?;
            }
            ([_], false) => self.variables[top - 1].1 = element.clone(),
            ([_, _, ..], false) => {
                self.variables[top - 1].1 = element.clone();
                self.variables[top - 2].1 = index;
            }
        }
        Ok(())
    }
}

/// `number` as a value of `of`'s type.
fn renamed(of: &Value, number: Value) -> Value {
    match of {
        Value::Named(named) => Value::named(Arc::clone(&named.0), number),
        _ => number,
    }
}
