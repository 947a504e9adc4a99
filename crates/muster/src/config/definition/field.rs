//! The fields of definitions, as files spell them and as the API does.

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// In files.
    pub name: &'static str,
    /// In files that are older; else the same.
    pub alias: &'static str,
    /// In the API.
    pub api: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Text,
    Duration,
    Bool,
    Int,
    List,
    /// Names with something each.
    Map(Item),
    /// These fields.
    Group(&'static [Field]),
    Check,
    Checks,
    /// Something of the service mesh: nothing, or an error.
    Mesh,
    /// A text that nothing here reads: access control is off.
    Token,
}

/// What stands in a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    Text,
    List,
    Address,
}

impl Item {
    /// The fields, of an object.
    pub fn fields(self) -> Option<&'static [Field]> {
        (self == Self::Address).then_some(ADDRESS)
    }

    /// Of anything else.
    pub fn takes(self) -> Takes {
        if self == Self::List { Takes::List } else { Takes::Text }
    }
}

impl Takes {
    /// What would be right, for messages.
    pub fn wanted(self) -> &'static str {
        match self {
            Self::Text | Self::Token => "a string in quotes",
            Self::Duration => "a duration in quotes such as \"10s\"",
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::List => "a list of strings",
            Self::Map(Item::Text) => "an object of strings",
            Self::Map(Item::List) => "an object of lists of strings",
            Self::Map(Item::Address) => "an object of address and port each",
            Self::Group(_) | Self::Check | Self::Mesh => "an object",
            Self::Checks => "a list of objects",
        }
    }
}

const fn field(name: &'static str, api: &'static str, takes: Takes) -> Field {
    Field { name, alias: name, api, takes }
}

const fn also(name: &'static str, alias: &'static str, api: &'static str, takes: Takes) -> Field {
    Field { name, alias, api, takes }
}

pub const SERVICE: &[Field] = &[
    field("address", "Address", Takes::Text),
    field("check", "Check", Takes::Check),
    field("checks", "Checks", Takes::Checks),
    field("connect", "Connect", Takes::Mesh),
    field("enable_tag_override", "EnableTagOverride", Takes::Bool),
    field("id", "ID", Takes::Text),
    field("kind", "Kind", Takes::Text),
    field("locality", "Locality", Takes::Group(LOCALITY)),
    field("meta", "Meta", Takes::Map(Item::Text)),
    field("name", "Name", Takes::Text),
    field("port", "Port", Takes::Int),
    field("proxy", "Proxy", Takes::Mesh),
    field("socket_path", "SocketPath", Takes::Text),
    field("tagged_addresses", "TaggedAddresses", Takes::Map(Item::Address)),
    field("tags", "Tags", Takes::List),
    field("token", "Token", Takes::Token),
    field("weights", "Weights", Takes::Group(WEIGHTS)),
];

pub const CHECK: &[Field] = &[
    field("alias_node", "AliasNode", Takes::Text),
    field("alias_service", "AliasService", Takes::Text),
    also("args", "scriptargs", "ScriptArgs", Takes::List),
    field("body", "Body", Takes::Text),
    also(
        "deregister_critical_service_after",
        "deregistercriticalserviceafter",
        "DeregisterCriticalServiceAfter",
        Takes::Duration,
    ),
    field("disable_redirects", "DisableRedirects", Takes::Bool),
    also("docker_container_id", "dockercontainerid", "DockerContainerID", Takes::Text),
    field("failures_before_critical", "FailuresBeforeCritical", Takes::Int),
    field("failures_before_warning", "FailuresBeforeWarning", Takes::Int),
    field("grpc", "GRPC", Takes::Text),
    field("grpc_use_tls", "GRPCUseTLS", Takes::Bool),
    field("h2ping", "H2PING", Takes::Text),
    field("h2ping_use_tls", "H2PingUseTLS", Takes::Bool),
    field("header", "Header", Takes::Map(Item::List)),
    field("http", "HTTP", Takes::Text),
    field("id", "CheckID", Takes::Text),
    field("interval", "Interval", Takes::Duration),
    field("method", "Method", Takes::Text),
    field("name", "Name", Takes::Text),
    field("notes", "Notes", Takes::Text),
    field("os_service", "OSService", Takes::Text),
    field("output_max_size", "OutputMaxSize", Takes::Int),
    also("service_id", "serviceid", "ServiceID", Takes::Text),
    field("shell", "Shell", Takes::Text),
    field("status", "Status", Takes::Text),
    field("success_before_passing", "SuccessBeforePassing", Takes::Int),
    field("tcp", "TCP", Takes::Text),
    field("tcp_use_tls", "TCPUseTLS", Takes::Bool),
    field("timeout", "Timeout", Takes::Duration),
    field("tls_server_name", "TLSServerName", Takes::Text),
    also("tls_skip_verify", "tlsskipverify", "TLSSkipVerify", Takes::Bool),
    field("token", "Token", Takes::Token),
    field("ttl", "TTL", Takes::Duration),
    field("udp", "UDP", Takes::Text),
];

/// The fields of [`CHECK`] that make a check look at something, one or the other.
const KINDS: [&str; 11] = [
    "alias_node",
    "alias_service",
    "args",
    "docker_container_id",
    "grpc",
    "h2ping",
    "http",
    "os_service",
    "tcp",
    "ttl",
    "udp",
];

/// Whether a key, in any spelling that [`CHECK`] takes, makes a check look at something.
pub fn makes_a_check_look(key: &str) -> bool {
    let mut kinds = CHECK.iter().filter(|field| KINDS.contains(&field.name));
    kinds.any(|kind| [kind.name, kind.alias].iter().any(|name| name.eq_ignore_ascii_case(key)))
}

const WEIGHTS: &[Field] = &[field("passing", "Passing", Takes::Int), field("warning", "Warning", Takes::Int)];

const LOCALITY: &[Field] = &[field("region", "Region", Takes::Text), field("zone", "Zone", Takes::Text)];

const ADDRESS: &[Field] = &[field("address", "Address", Takes::Text), field("port", "Port", Takes::Int)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_check_is_known_by_each_of_its_names() {
        for kind in KINDS {
            let field = CHECK.iter().find(|field| field.name == kind);
            let field = field.unwrap_or_else(|| panic!("no field {kind} of checks"));
            assert!(makes_a_check_look(field.name) && makes_a_check_look(field.alias), "{kind}");
            assert!(makes_a_check_look(&field.alias.to_uppercase()), "{kind}");
        }
        assert!(["dockercontainerid", "scriptargs"].into_iter().all(makes_a_check_look));
        assert!(!["interval", "shell", "serviceid", "name", "body"].into_iter().any(makes_a_check_look));
    }
}
