//! `/v1/operator/raft/configuration`.

use crate::json::{ArrayWriter, ObjectWriter};

/// The one server that is the whole registry.
#[derive(Debug, Clone, Copy)]
pub struct RaftServer<'a> {
    /// The node's ID.
    pub id: &'a str,
    /// The node.
    pub node: &'a str,
    /// Its address with the server port.
    pub address: &'a str,
}

/// `/v1/operator/raft/configuration`: it leads and votes, and has everything up to `last_index`.
pub fn raft_configuration(out: &mut Vec<u8>, server: RaftServer<'_>, last_index: u64) {
    let mut object = ObjectWriter::new(out);
    let mut list = ArrayWriter::new(object.member("Servers"));
    let mut inner = ObjectWriter::new(list.item());
    inner.string("ID", server.id);
    inner.string("Node", server.node);
    inner.string("Address", server.address);
    inner.bool("Leader", true);
    inner.string("ProtocolVersion", "3");
    inner.bool("Voter", true);
    inner.uint("LastIndex", last_index);
    inner.end();
    list.end();
    object.uint("Index", 0);
    object.end();
}
