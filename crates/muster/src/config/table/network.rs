//! Addresses and ports.

use super::super::key::{harmless, works};
use super::super::{Key, Kind};

const NO_MESH: &str = "nothing listens there: there is no service mesh";
const NO_GOSSIP: &str = "nothing listens there: there is no gossip";
const NO_TLS: &str = "nothing listens there: there is no TLS yet";

pub const KEYS: &[Key] = &[
    works("addresses.dns", Kind::Text, "addresses that DNS listens on; default: client_addr"),
    harmless("addresses.grpc", Kind::Text, NO_MESH),
    harmless("addresses.grpc_tls", Kind::Text, NO_MESH),
    works(
        "addresses.http",
        Kind::Text,
        "addresses that HTTP listens on, or sockets as `unix:///path`; default: client_addr",
    ),
    harmless("addresses.https", Kind::Text, NO_TLS),
    works("advertise_addr", Kind::Text, "address of the node for others; default: bind_addr").flag("advertise"),
    works("advertise_addr_ipv4", Kind::Text, "the same, of IPv4"),
    works("advertise_addr_ipv6", Kind::Text, "the same, of IPv6"),
    works("advertise_addr_wan", Kind::Text, "the node's tagged address `wan`").flag("advertise-wan"),
    works("advertise_addr_wan_ipv4", Kind::Text, "the node's tagged address `wan_ipv4`"),
    works("advertise_addr_wan_ipv6", Kind::Text, "the node's tagged address `wan_ipv6`"),
    works("bind_addr", Kind::Text, "address of the node; default: that of the default route").flag("bind"),
    works("client_addr", Kind::Text, "addresses that HTTP and DNS listen on, separated by spaces; default 127.0.0.1")
        .flag("client"),
    works("ports.dns", Kind::Int, "port of DNS, UDP and TCP; default 8600; -1: none").flag("dns-port"),
    harmless("ports.expose_max_port", Kind::Int, NO_MESH),
    harmless("ports.expose_min_port", Kind::Int, NO_MESH),
    harmless("ports.grpc", Kind::Int, NO_MESH).flag("grpc-port"),
    harmless("ports.grpc_tls", Kind::Int, NO_MESH).flag("grpc-tls-port"),
    works("ports.http", Kind::Int, "port of the HTTP API; default 8500; -1: none").flag("http-port"),
    harmless("ports.https", Kind::Int, NO_TLS).flag("https-port"),
    harmless("ports.proxy_max_port", Kind::Int, NO_MESH),
    harmless("ports.proxy_min_port", Kind::Int, NO_MESH),
    works(
        "ports.serf_lan",
        Kind::Int,
        "port that `members` and /v1/agent/self name; nobody listens there; default 8301",
    )
    .flag("serf-lan-port"),
    works("ports.serf_wan", Kind::Int, "the same, of `members -wan`; default 8302").flag("serf-wan-port"),
    works("ports.server", Kind::Int, "port that /v1/status/leader names; nobody listens there; default 8300")
        .flag("server-port"),
    harmless("ports.sidecar_max_port", Kind::Int, NO_MESH),
    harmless("ports.sidecar_min_port", Kind::Int, NO_MESH),
    harmless("serf_lan", Kind::Text, NO_GOSSIP).flag("serf-lan-bind"),
    harmless("serf_lan_allowed_cidrs", Kind::List, NO_GOSSIP).flag("serf-lan-allowed-cidrs"),
    harmless("serf_wan", Kind::Text, NO_GOSSIP).flag("serf-wan-bind"),
    harmless("serf_wan_allowed_cidrs", Kind::List, NO_GOSSIP).flag("serf-wan-allowed-cidrs"),
    works("tagged_addresses", Kind::Map, "more tagged addresses of the node; those of its own names stay as they are"),
    harmless("translate_wan_addrs", Kind::Bool, "there is one datacenter"),
    works("unix_sockets.group", Kind::Text, "group that sockets are given to, by number or name"),
    works("unix_sockets.mode", Kind::Text, "mode of sockets, in octal"),
    works("unix_sockets.user", Kind::Text, "user that sockets are given to, by number or name"),
];
