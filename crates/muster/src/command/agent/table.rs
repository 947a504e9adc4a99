//! The flags of `agent`: Consul's, and our own few.

use crate::flags::{Flag, FlagTable, Kind};

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

const FLAGS: &[Flag] = &[
    Flag::works("bind", Kind::Text, "ADDR", "address of this node; default: that of the default route"),
    Flag::works("bootstrap", Kind::Bool, "", "be the one server; implies -server"),
    Flag::works(
        "client",
        Kind::Text,
        "ADDRS",
        "addresses that HTTP listens on, separated by spaces; default 127.0.0.1",
    ),
    Flag::works("config-file", Kind::List, "FILE", "a JSON file of settings; later files and flags win"),
    Flag::works("data-dir", Kind::Text, "DIR", "where the registry is kept"),
    Flag::works("datacenter", Kind::Text, "NAME", "name of the datacenter; default dc1"),
    Flag::works("dev", Kind::Bool, "", "in memory, on 127.0.0.1, JSON indented"),
    Flag::works("expose-to", Kind::List, "NETWORK", "also listen on the gateway of this Docker network"),
    Flag::works("http-port", Kind::Int, "PORT", "port of the HTTP API; default 8500"),
    Flag::works("insecure-open", Kind::Bool, "", "allow -client addresses that others reach"),
    Flag::works("log-level", Kind::Text, "LEVEL", "trace, debug, info (the default), warn or err"),
    Flag::works("node", Kind::Text, "NAME", "name of this node; default: the host's"),
    Flag::works("server", Kind::Bool, "", "be a server; the only mode there is"),
    Flag::absent("advertise"),
    Flag::absent("advertise-wan"),
    Flag::absent("allow-write-http-from"),
    Flag::absent("alt-domain"),
    Flag::absent("auto-reload-config"),
    Flag::absent("bootstrap-expect"),
    Flag::absent("check_output_max_size"),
    Flag::absent("config-dir"),
    Flag::absent("config-format"),
    Flag::absent("default-query-time"),
    Flag::absent("disable-host-node-id"),
    Flag::absent("disable-keyring-file"),
    Flag::absent("dns-port"),
    Flag::absent("domain"),
    Flag::absent("enable-local-script-checks"),
    Flag::absent("enable-script-checks"),
    Flag::absent("encrypt"),
    Flag::absent("grpc-port"),
    Flag::absent("grpc-tls-port"),
    Flag::absent("hcl"),
    Flag::absent("https-port"),
    Flag::absent("join"),
    Flag::absent("join-wan"),
    Flag::absent("log-file"),
    Flag::absent("log-json"),
    Flag::absent("log-rotate-bytes"),
    Flag::absent("log-rotate-duration"),
    Flag::absent("log-rotate-max-files"),
    Flag::absent("max-query-time"),
    Flag::absent("node-id"),
    Flag::absent("node-meta"),
    Flag::absent("pid-file"),
    Flag::absent("primary-gateway"),
    Flag::absent("protocol"),
    Flag::absent("raft-protocol"),
    Flag::absent("recursor"),
    Flag::absent("rejoin"),
    Flag::absent("retry-interval"),
    Flag::absent("retry-interval-wan"),
    Flag::absent("retry-join"),
    Flag::absent("retry-join-wan"),
    Flag::absent("retry-max"),
    Flag::absent("retry-max-wan"),
    Flag::absent("segment"),
    Flag::absent("serf-lan-allowed-cidrs"),
    Flag::absent("serf-lan-bind"),
    Flag::absent("serf-lan-port"),
    Flag::absent("serf-wan-allowed-cidrs"),
    Flag::absent("serf-wan-bind"),
    Flag::absent("serf-wan-port"),
    Flag::absent("server-port"),
    Flag::absent("syslog"),
    Flag::absent("ui"),
    Flag::absent("ui-content-path"),
    Flag::absent("ui-dir"),
];
