//! TLS.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_TLS: &str = "there is no TLS yet: put a proxy in front, or let HTTP listen on loopback only";
const NO_FILES: &str = "there is no TLS yet";
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
    absent_unless("tls.defaults.verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("tls.defaults.verify_outgoing", Kind::Bool, OFF, NO_TLS),
    harmless("tls.grpc", Kind::Group, "there is no service mesh"),
    absent("tls.https.ca_file", Kind::Text, NO_TLS),
    absent("tls.https.ca_path", Kind::Text, NO_TLS),
    absent("tls.https.cert_file", Kind::Text, NO_TLS),
    absent("tls.https.key_file", Kind::Text, NO_TLS),
    harmless("tls.https.tls_cipher_suites", Kind::Text, NO_FILES),
    harmless("tls.https.tls_min_version", Kind::Text, NO_FILES),
    absent_unless("tls.https.verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("tls.https.verify_outgoing", Kind::Bool, OFF, NO_TLS),
    harmless("tls.internal_rpc", Kind::Group, "there are no calls between servers"),
    harmless("tls_cipher_suites", Kind::Text, NO_FILES),
    harmless("tls_min_version", Kind::Text, NO_FILES),
    harmless("tls_prefer_server_cipher_suites", Kind::Bool, NO_FILES),
    absent_unless("verify_incoming", Kind::Bool, OFF, NO_TLS),
    absent_unless("verify_incoming_https", Kind::Bool, OFF, NO_TLS),
    harmless("verify_incoming_rpc", Kind::Bool, "there are no calls between servers"),
    absent_unless("verify_outgoing", Kind::Bool, OFF, NO_TLS),
    harmless("verify_server_hostname", Kind::Bool, "there are no calls between servers"),
];
