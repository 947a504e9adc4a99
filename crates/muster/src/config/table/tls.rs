//! TLS.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_TLS: &str = "there is no TLS yet: put a proxy in front, or let HTTP listen on loopback only";
const NO_FILES: &str = "there is no TLS yet";
const NO_MESH: &str = "there is no service mesh";
const NO_CALLS: &str = "there are no calls between servers";
const ONLY_GRPC: &str = "only tls.grpc takes it";
const OFF: &[Fine] = &[Fine::Bool(false)];

pub const KEYS: &[Key] = &[
    absent("ca_file", Kind::Text, NO_TLS),
    absent("ca_path", Kind::Text, NO_TLS),
    absent("cert_file", Kind::Text, NO_TLS),
    absent("key_file", Kind::Text, NO_TLS),
    absent("tls.defaults.ca_file", Kind::Text, NO_TLS),
    absent("tls.defaults.ca_path", Kind::Text, NO_TLS),
    absent("tls.defaults.cert_file", Kind::Text, NO_TLS),
    absent("tls.defaults.key_file", Kind::Text, NO_TLS),
    harmless("tls.defaults.tls_cipher_suites", Kind::Text, NO_FILES),
    harmless("tls.defaults.tls_min_version", Kind::Text, NO_FILES),
    absent_unless("tls.defaults.use_auto_cert", Kind::Bool, OFF, ONLY_GRPC),
    absent_unless("tls.defaults.verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("tls.defaults.verify_outgoing", Kind::Bool, OFF, NO_TLS),
    harmless("tls.defaults.verify_server_hostname", Kind::Bool, NO_CALLS),
    harmless("tls.grpc.ca_file", Kind::Text, NO_MESH),
    harmless("tls.grpc.ca_path", Kind::Text, NO_MESH),
    harmless("tls.grpc.cert_file", Kind::Text, NO_MESH),
    harmless("tls.grpc.key_file", Kind::Text, NO_MESH),
    harmless("tls.grpc.tls_cipher_suites", Kind::Text, NO_MESH),
    harmless("tls.grpc.tls_min_version", Kind::Text, NO_MESH),
    harmless("tls.grpc.use_auto_cert", Kind::Bool, NO_MESH),
    harmless("tls.grpc.verify_incoming", Kind::Bool, NO_MESH),
    harmless("tls.grpc.verify_outgoing", Kind::Bool, NO_MESH),
    harmless("tls.grpc.verify_server_hostname", Kind::Bool, NO_MESH),
    absent("tls.https.ca_file", Kind::Text, NO_TLS),
    absent("tls.https.ca_path", Kind::Text, NO_TLS),
    absent("tls.https.cert_file", Kind::Text, NO_TLS),
    absent("tls.https.key_file", Kind::Text, NO_TLS),
    harmless("tls.https.tls_cipher_suites", Kind::Text, NO_FILES),
    harmless("tls.https.tls_min_version", Kind::Text, NO_FILES),
    absent_unless("tls.https.use_auto_cert", Kind::Bool, OFF, ONLY_GRPC),
    absent_unless("tls.https.verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("tls.https.verify_outgoing", Kind::Bool, OFF, NO_TLS),
    absent_unless(
        "tls.https.verify_server_hostname",
        Kind::Bool,
        OFF,
        "only tls.defaults and tls.internal_rpc take it",
    ),
    harmless("tls.internal_rpc.ca_file", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.ca_path", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.cert_file", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.key_file", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.tls_cipher_suites", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.tls_min_version", Kind::Text, NO_CALLS),
    harmless("tls.internal_rpc.use_auto_cert", Kind::Bool, NO_CALLS),
    harmless("tls.internal_rpc.verify_incoming", Kind::Bool, NO_CALLS),
    harmless("tls.internal_rpc.verify_outgoing", Kind::Bool, NO_CALLS),
    harmless("tls.internal_rpc.verify_server_hostname", Kind::Bool, NO_CALLS),
    harmless("server_name", Kind::Text, NO_FILES),
    harmless("tls_cipher_suites", Kind::Text, NO_FILES),
    harmless("tls_min_version", Kind::Text, NO_FILES),
    harmless("tls_prefer_server_cipher_suites", Kind::Bool, NO_FILES),
    absent_unless("verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("verify_incoming_https", Kind::Bool, OFF, NO_TLS),
    harmless("verify_incoming_rpc", Kind::Bool, NO_CALLS),
    absent_unless("verify_outgoing", Kind::Bool, OFF, NO_TLS),
    harmless("verify_server_hostname", Kind::Bool, NO_CALLS),
];
