//! The flags of `agent`: Consul's, and our own few.

use crate::flags::{Effect, Flag, FlagTable, Kind};

/// All flags.
pub const TABLE: FlagTable = FlagTable {
    usage: "muster agent (-bootstrap -data-dir DIR | -dev) [flags]",
    about: "\
Runs the registry: nodes, services, checks and keys behind Consul's HTTP API. One server is the whole
registry; real Consul agents cannot join it.

  muster agent -dev                              in memory, to try it out
  muster agent -bootstrap -data-dir /var/lib/muster
                                                 durable: what was acknowledged survives a crash
  muster agent -dev --expose-to bridge           containers reach it at the bridge's gateway

It listens on 127.0.0.1 only. Another address lets everybody there steer your traffic, since there are
no ACLs yet, and needs --insecure-open.",
    flags: FLAGS,
};

const fn works(name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Flag {
    Flag { name, kind, value, help, effect: Effect::Works }
}

const fn absent(name: &'static str) -> Flag {
    Flag { name, kind: Kind::Text, value: "", help: "", effect: Effect::Absent }
}

const FLAGS: &[Flag] = &[
    works("bind", Kind::Text, "ADDR", "address of this node; default: that of the default route"),
    works("bootstrap", Kind::Bool, "", "be the one server; implies -server"),
    works("client", Kind::Text, "ADDRS", "addresses that HTTP listens on, separated by spaces; default 127.0.0.1"),
    works("config-file", Kind::List, "FILE", "a JSON file of settings; later files and flags win"),
    works("data-dir", Kind::Text, "DIR", "where the registry is kept"),
    works("datacenter", Kind::Text, "NAME", "name of the datacenter; default dc1"),
    works("dev", Kind::Bool, "", "in memory, on 127.0.0.1, JSON indented"),
    works("expose-to", Kind::List, "NETWORK", "also listen on the gateway of this Docker network"),
    works("http-port", Kind::Int, "PORT", "port of the HTTP API; default 8500"),
    works("insecure-open", Kind::Bool, "", "allow -client addresses that others reach"),
    works("log-level", Kind::Text, "LEVEL", "trace, debug, info (the default), warn or err"),
    works("node", Kind::Text, "NAME", "name of this node; default: the host's"),
    works("server", Kind::Bool, "", "be a server; the only mode there is"),
    absent("advertise"),
    absent("advertise-wan"),
    absent("allow-write-http-from"),
    absent("alt-domain"),
    absent("auto-reload-config"),
    absent("bootstrap-expect"),
    absent("check_output_max_size"),
    absent("config-dir"),
    absent("config-format"),
    absent("default-query-time"),
    absent("disable-host-node-id"),
    absent("disable-keyring-file"),
    absent("dns-port"),
    absent("domain"),
    absent("enable-local-script-checks"),
    absent("enable-script-checks"),
    absent("encrypt"),
    absent("grpc-port"),
    absent("grpc-tls-port"),
    absent("hcl"),
    absent("https-port"),
    absent("join"),
    absent("join-wan"),
    absent("log-file"),
    absent("log-json"),
    absent("log-rotate-bytes"),
    absent("log-rotate-duration"),
    absent("log-rotate-max-files"),
    absent("max-query-time"),
    absent("node-id"),
    absent("node-meta"),
    absent("pid-file"),
    absent("primary-gateway"),
    absent("protocol"),
    absent("raft-protocol"),
    absent("recursor"),
    absent("rejoin"),
    absent("retry-interval"),
    absent("retry-interval-wan"),
    absent("retry-join"),
    absent("retry-join-wan"),
    absent("retry-max"),
    absent("retry-max-wan"),
    absent("segment"),
    absent("serf-lan-allowed-cidrs"),
    absent("serf-lan-bind"),
    absent("serf-lan-port"),
    absent("serf-wan-allowed-cidrs"),
    absent("serf-wan-bind"),
    absent("serf-wan-port"),
    absent("server-port"),
    absent("syslog"),
    absent("ui"),
    absent("ui-content-path"),
    absent("ui-dir"),
];
