//! `/v1/agent/self`, `/v1/agent/members`, `/v1/agent/version` and `/v1/agent/host`: what an agent says of itself.

use muster_model::Meta;

use super::entity::{self, Empty};
use crate::json::{ArrayWriter, ObjectWriter};

/// The coordinate of a member that has measured no distance yet: the origin, with the error that it starts with.
const ORIGIN: &str = r#"{"Vec":[0,0,0,0,0,0,0,0],"Error":1.5,"Adjustment":0,"Height":0.00001}"#;

/// A member of the cluster, as gossip would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its node.
    pub name: String,
    /// Its address, without port.
    pub address: String,
    /// The port of gossip.
    pub port: u16,
    /// Consul's tags: role, datacenter, ID, version and so on.
    pub tags: Meta,
}

/// Consul's status of a member that is alive.
pub(crate) const ALIVE: u32 = 1;
/// The versions of gossip's protocol and delegate that Consul 1.21 names.
pub(crate) const PROTOCOLS: [(&str, u32); 6] = [
    ("ProtocolMin", 1),
    ("ProtocolMax", 5),
    ("ProtocolCur", 2),
    ("DelegateMin", 2),
    ("DelegateMax", 5),
    ("DelegateCur", 4),
];

/// A part of `Stats`: its name, and texts by name.
pub type StatsSection<'a> = (&'a str, Vec<(&'a str, String)>);

/// What `/v1/agent/self` shows.
#[derive(Debug, Clone, Copy)]
pub struct AgentSelf<'a> {
    /// The datacenter.
    pub datacenter: &'a str,
    /// The node.
    pub node: &'a str,
    /// Its ID.
    pub node_id: &'a str,
    /// The version of Consul that clients compare.
    pub version: &'a str,
    /// What was built.
    pub revision: &'a str,
    /// When, as RFC 3339.
    pub build_date: &'a str,
    /// The whole configuration as JSON members: Consul's names with our values.
    pub debug_config: &'a [(&'a str, String)],
    /// This member.
    pub member: &'a Member,
    /// Counters, as texts.
    pub stats: &'a [StatsSection<'a>],
    /// The node's Meta.
    pub meta: &'a Meta,
}

/// `/v1/agent/self`.
pub fn agent_self(out: &mut Vec<u8>, about: &AgentSelf<'_>) {
    let mut object = ObjectWriter::new(out);
    let mut config = ObjectWriter::new(object.member("Config"));
    config.string("Datacenter", about.datacenter);
    config.string("PrimaryDatacenter", about.datacenter);
    config.string("NodeName", about.node);
    config.string("NodeID", about.node_id);
    config.string("Revision", about.revision);
    config.bool("Server", true);
    config.string("Version", about.version);
    config.string("BuildDate", about.build_date);
    config.end();
    let mut debug = ObjectWriter::new(object.member("DebugConfig"));
    for (name, json) in about.debug_config {
        debug.raw(name, json);
    }
    debug.end();
    object.raw("Coord", ORIGIN);
    member(object.member("Member"), about.member);
    let mut stats = ObjectWriter::new(object.member("Stats"));
    for (section, texts) in about.stats {
        let mut inner = ObjectWriter::new(stats.member(section));
        for (name, text) in texts {
            inner.string(name, text);
        }
        inner.end();
    }
    stats.end();
    entity::texts(object.member("Meta"), about.meta, Empty::Braces);
    object.end();
}

/// `/v1/agent/members`.
pub fn members<'a>(out: &mut Vec<u8>, list: impl IntoIterator<Item = &'a Member>) {
    let mut array = ArrayWriter::new(out);
    for each in list {
        member(array.item(), each);
    }
    array.end();
}

fn member(out: &mut Vec<u8>, member: &Member) {
    let mut object = ObjectWriter::new(out);
    object.string("Name", &member.name);
    object.string("Addr", &member.address);
    object.uint("Port", u64::from(member.port));
    entity::texts(object.member("Tags"), &member.tags, Empty::Braces);
    object.uint("Status", u64::from(ALIVE));
    for (name, version) in PROTOCOLS {
        object.uint(name, u64::from(version));
    }
    object.end();
}

/// `/v1/agent/version`.
pub fn agent_version(out: &mut Vec<u8>, version: &str, revision: &str, build_date: &str) {
    let mut object = ObjectWriter::new(out);
    object.string("SHA", revision);
    object.string("BuildDate", build_date);
    object.string("HumanVersion", version);
    object.string("FIPS", "");
    object.end();
}

/// `/v1/coordinate/nodes` of a registry whose only member is this one.
pub fn coordinates<'a>(out: &mut Vec<u8>, nodes: impl IntoIterator<Item = &'a str>) {
    let mut array = ArrayWriter::new(out);
    for node in nodes {
        let mut object = ObjectWriter::new(array.item());
        object.string("Node", node);
        object.string("Segment", "");
        object.raw("Coord", ORIGIN);
        object.end();
    }
    array.end();
}

/// `/v1/coordinate/datacenters`: the only datacenter with its only server.
pub fn coordinate_datacenters(out: &mut Vec<u8>, datacenter: &str, server: &str) {
    let mut array = ArrayWriter::new(out);
    let mut object = ObjectWriter::new(array.item());
    object.string("Datacenter", datacenter);
    object.string("AreaID", "wan");
    coordinates(object.member("Coordinates"), [server]);
    object.end();
    array.end();
}
