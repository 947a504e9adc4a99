//! Nodes, as filters see them.

use muster_filter::{Field, Fields, Lookup, Path, Value};
use muster_model::Node;

pub(super) const FIELDS: &Fields = &[
    ("ID", Field::Text),
    ("Node", Field::Text),
    ("Address", Field::Text),
    ("Datacenter", Field::Text),
    ("Partition", Field::Text),
    ("PeerName", Field::Text),
    ("TaggedAddresses", Field::TextMap),
    ("Meta", Field::TextMap),
];

pub(super) struct NodeRow<'a> {
    pub(super) node: &'a Node,
    pub(super) datacenter: &'a str,
}

impl Lookup for NodeRow<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        match name {
            "ID" => test(Value::Text(&self.node.id)),
            "Node" => test(Value::Text(self.node.name.as_str())),
            "Address" => test(Value::Text(&self.node.address)),
            "Datacenter" => test(Value::Text(self.datacenter)),
            "TaggedAddresses" => Value::test_texts(&self.node.tagged_addresses, rest, test),
            "Meta" => Value::test_texts(&self.node.meta, rest, test),
            _ => Value::test_unset(Field::Record(FIELDS), path, test),
        }
    }
}
