//! Members, as filters see them.

use muster_filter::{Field, Fields, Lookup, Path, Value};

use crate::answer::{ALIVE, Member, PROTOCOLS};

pub(super) const FIELDS: &Fields = &[
    ("Name", Field::Text),
    // Bytes in Go, so that nothing but their number can be asked for.
    ("Addr", Field::Texts),
    ("Port", Field::Int),
    ("Tags", Field::TextMap),
    ("Status", Field::Int),
    ("ProtocolMin", Field::Int),
    ("ProtocolMax", Field::Int),
    ("ProtocolCur", Field::Int),
    ("DelegateMin", Field::Int),
    ("DelegateMax", Field::Int),
    ("DelegateCur", Field::Int),
];

pub(super) struct MemberRow<'a>(pub(super) &'a Member);

impl Lookup for MemberRow<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        match name {
            "Name" => test(Value::Text(&self.0.name)),
            "Port" => test(Value::Int(i64::from(self.0.port))),
            "Tags" => Value::test_texts(&self.0.tags, rest, test),
            "Status" => test(Value::Int(i64::from(ALIVE))),
            name => match PROTOCOLS.iter().find(|(known, _)| *known == name) {
                Some((_, version)) => test(Value::Int(i64::from(*version))),
                None => Value::test_unset(Field::Record(FIELDS), path, test),
            },
        }
    }
}
