//! `/v1/agent/connect/ca/roots`: the certificate authority that clients of Consul's mesh ask for.

use super::entity::indexes;
use super::stored::Stored;
use crate::json::{ArrayWriter, ObjectWriter};

/// A self-signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectRoot {
    /// The SHA-1 of the certificate, in hexadecimal with colons: its ID.
    pub id: String,
    /// The serial number.
    pub serial: u64,
    /// The key's ID, in hexadecimal with colons.
    pub signing_key_id: String,
    /// The cluster's ID; its trust domain is this under `.consul`.
    pub cluster: String,
    /// RFC 3339.
    pub not_before: String,
    /// RFC 3339.
    pub not_after: String,
    /// PEM.
    pub certificate: String,
}

/// `/v1/agent/connect/ca/roots` and `/v1/connect/ca/roots`.
pub fn connect_roots(out: &mut Vec<u8>, root: Stored<'_, ConnectRoot>) {
    let value = root.value;
    let mut object = ObjectWriter::new(out);
    object.string("ActiveRootID", &value.id);
    object.string("TrustDomain", &format!("{}.consul", value.cluster));
    let mut list = ArrayWriter::new(object.member("Roots"));
    let mut inner = ObjectWriter::new(list.item());
    inner.string("ID", &value.id);
    inner.string("Name", "Consul CA Primary Cert");
    inner.uint("SerialNumber", value.serial);
    inner.string("SigningKeyID", &value.signing_key_id);
    inner.string("ExternalTrustDomain", &value.cluster);
    inner.string("NotBefore", &value.not_before);
    inner.string("NotAfter", &value.not_after);
    inner.string("RootCert", &value.certificate);
    inner.raw("IntermediateCerts", "null");
    inner.bool("Active", true);
    inner.string("PrivateKeyType", "ec");
    inner.uint("PrivateKeyBits", 256);
    indexes(&mut inner, root);
    inner.end();
    list.end();
    object.end();
}
