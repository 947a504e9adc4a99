//! The flags of `agent`: Consul's, and our own few.
//!
//! A flag that says the same as a configuration key is `keyed`: the key's row in `config/table` says what
//! becomes of it. It moves up to those that work, with its help, when its key gets an effect.

use crate::flags::{Flag, FlagTable, Kind};

/// All flags.
pub const TABLE: FlagTable = FlagTable {
    usage: "muster agent (-bootstrap -data-dir DIR | -dev) [flags]",
    about: "\
Runs the registry: nodes, services, checks and keys behind Consul's HTTP API and DNS. One server is the whole
registry; real Consul agents cannot join it.

  muster agent -dev                              in memory, to try it out
  muster agent -bootstrap -data-dir /var/lib/muster
                                                 durable: what was acknowledged survives a crash
  muster agent -config-dir /etc/consul.d         Consul's files, HCL or JSON; docs/compatibility.md has the keys
  muster agent -dev --expose-to bridge           containers reach it at the bridge's gateway

It listens on 127.0.0.1 only. Another address lets everybody there steer your traffic, since there are
no ACLs yet, and needs --insecure-open.",
    flags: FLAGS,
};

const FLAGS: &[Flag] = &[
    Flag::works("advertise", Kind::Text, "ADDR", "address of this node for others; default: that of -bind"),
    Flag::works("advertise-wan", Kind::Text, "ADDR", "this node's tagged address wan"),
    Flag::works("allow-write-http-from", Kind::List, "NETWORK", "who may write by HTTP; default: everybody"),
    Flag::works("alt-domain", Kind::Text, "DOMAIN", "a second domain that DNS answers for"),
    Flag::works("auto-reload-config", Kind::Bool, "", "read the files again as soon as they change"),
    Flag::works("bind", Kind::Text, "ADDR", "address of this node; default: that of the default route"),
    Flag::works("bootstrap", Kind::Bool, "", "be the one server; implies -server"),
    Flag::works("bootstrap-expect", Kind::Int, "N", "1 is -bootstrap; more is an error, since there is one server"),
    Flag::works("check_output_max_size", Kind::Int, "BYTES", "how much output of a check is kept; default 4096"),
    Flag::works(
        "client",
        Kind::Text,
        "ADDRS",
        "addresses that HTTP and DNS listen on, separated by spaces; default 127.0.0.1",
    ),
    Flag::works("config-dir", Kind::List, "DIR", "all .json and .hcl files in it, in alphabetical order"),
    Flag::works("config-file", Kind::List, "FILE", "a file of settings, .json or .hcl; later files and flags win"),
    Flag::works("config-format", Kind::Text, "FORMAT", "hcl or json: what files are, whatever their names"),
    Flag::works("data-dir", Kind::Text, "DIR", "where the registry is kept"),
    Flag::works("datacenter", Kind::Text, "NAME", "name of the datacenter; default dc1"),
    Flag::works(
        "default-query-time",
        Kind::Text,
        "TIME",
        "a blocking query that does not say waits so long; default 5m",
    ),
    Flag::works("dev", Kind::Bool, "", "in memory, on 127.0.0.1, JSON indented"),
    Flag::works(
        "dns-port",
        Kind::Int,
        "PORT",
        "port of DNS, UDP and TCP; default 8600, with -http-port 0 any that is free; -1: none",
    ),
    Flag::works("domain", Kind::Text, "DOMAIN", "domain that DNS answers for; default consul"),
    Flag::works("enable-local-script-checks", Kind::Bool, "", "checks in configuration files may run commands"),
    Flag::works("enable-script-checks", Kind::Bool, "", "checks may run commands, whoever registers them"),
    Flag::works("expose-to", Kind::List, "NETWORK", "also listen on the gateway of this Docker network"),
    Flag::works("hcl", Kind::List, "TEXT", "settings as HCL; they win over files and flags"),
    Flag::works("http-port", Kind::Int, "PORT", "port of the HTTP API; default 8500; -1: none"),
    Flag::works("insecure-open", Kind::Bool, "", "allow -client addresses that others reach"),
    Flag::works("log-file", Kind::Text, "FILE", "logs also go to files named after this one"),
    Flag::works("log-json", Kind::Bool, "", "logs as a JSON object per line"),
    Flag::works("log-level", Kind::Text, "LEVEL", "trace, debug, info (the default), warn or err"),
    Flag::works("log-rotate-bytes", Kind::Int, "N", "a new log file after so many bytes"),
    Flag::works("log-rotate-duration", Kind::Text, "TIME", "a new log file after so long; default 24h"),
    Flag::works("log-rotate-max-files", Kind::Int, "N", "so many old log files are kept; 0: all; -1: none"),
    Flag::works("max-query-time", Kind::Text, "TIME", "a blocking query waits no longer; default 10m"),
    Flag::works("node", Kind::Text, "NAME", "name of this node; default: the host's"),
    Flag::works("node-id", Kind::Text, "UUID", "ID of this node; default: a random one, kept in the data directory"),
    Flag::works("node-meta", Kind::List, "NAME:VALUE", "stands at the node"),
    Flag::works("pid-file", Kind::Text, "FILE", "holds the process's number while it runs"),
    Flag::works("recursor", Kind::List, "ADDR", "DNS server that is asked what is outside the domain; in this order"),
    Flag::works("serf-lan-port", Kind::Int, "PORT", "what `members` names; nobody listens there; default 8301"),
    Flag::works("serf-wan-port", Kind::Int, "PORT", "what `members -wan` names; nobody listens there; default 8302"),
    Flag::works("server", Kind::Bool, "", "be a server; the only mode there is"),
    Flag::works("server-port", Kind::Int, "PORT", "what /v1/status/leader names; nobody listens there; default 8300"),
    Flag::works("syslog", Kind::Bool, "", "logs also go to the host's syslog"),
    Flag::keyed("disable-host-node-id", Kind::Bool),
    Flag::keyed("disable-keyring-file", Kind::Bool),
    Flag::keyed("encrypt", Kind::Text),
    Flag::keyed("grpc-port", Kind::Int),
    Flag::keyed("grpc-tls-port", Kind::Int),
    Flag::keyed("https-port", Kind::Int),
    Flag::keyed("join", Kind::List),
    Flag::keyed("join-wan", Kind::List),
    Flag::keyed("primary-gateway", Kind::List),
    Flag::keyed("protocol", Kind::Int),
    Flag::keyed("raft-protocol", Kind::Int),
    Flag::keyed("rejoin", Kind::Bool),
    Flag::keyed("retry-interval", Kind::Text),
    Flag::keyed("retry-interval-wan", Kind::Text),
    Flag::keyed("retry-join", Kind::List),
    Flag::keyed("retry-join-wan", Kind::List),
    Flag::keyed("retry-max", Kind::Int),
    Flag::keyed("retry-max-wan", Kind::Int),
    Flag::keyed("segment", Kind::Text),
    Flag::keyed("serf-lan-allowed-cidrs", Kind::List),
    Flag::keyed("serf-lan-bind", Kind::Text),
    Flag::keyed("serf-wan-allowed-cidrs", Kind::List),
    Flag::keyed("serf-wan-bind", Kind::Text),
    Flag::keyed("ui", Kind::Bool),
    Flag::keyed("ui-content-path", Kind::Text),
    Flag::keyed("ui-dir", Kind::Text),
];
