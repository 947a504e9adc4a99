//! The root certificate of the mesh: made at the first start, kept in the data directory.
//!
//! There is no mesh here yet, but clients ask for the root before they do anything else, and a client that has
//! once seen a root must see the same after a restart.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use muster_wire::answer::ConnectRoot;
use muster_wire::json::{self, ObjectWriter};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber,
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const FILE: &str = "connect-root.json";
/// As long as Consul's root lives.
const LIFE: Duration = Duration::from_secs(87_600 * 3600);

/// The root of a registry that is kept nowhere.
pub fn fresh() -> Result<ConnectRoot> {
    Ok(make()?.0)
}

/// The root in `directory`, made if it is not there.
pub fn of(directory: &Path) -> Result<ConnectRoot> {
    let path = directory.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => read(&bytes).with_context(|| {
            format!("{} does not hold a root certificate: restore it, or remove it to get a new one", path.display())
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let (root, key) = make()?;
            store(&path, &root, &key).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(root)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// A certificate with its key, as Consul's own authority makes them: elliptic, for ten years, with the cluster's
/// trust domain as its name.
fn make() -> Result<(ConnectRoot, KeyPair)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let cluster = uuid::Uuid::new_v4().to_string();
    let (serial, label) = uuid::Uuid::new_v4().as_u64_pair();
    // A positive number, as X.509 wants it.
    let serial = serial >> 1;
    let key_id = digest(&SHA256, &key.subject_public_key_info()).as_ref().to_vec();
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, format!("pri-{:x}.consul.ca.{:.8}.consul", label >> 32, cluster));
    params.distinguished_name = name;
    params.subject_alt_names = vec![SanType::URI(format!("spiffe://{cluster}.consul").try_into()?)];
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params.serial_number = Some(SerialNumber::from(serial));
    params.key_identifier_method = KeyIdMethod::PreSpecified(key_id.clone());
    params.not_before = OffsetDateTime::now_utc().replace_nanosecond(0)?;
    params.not_after = params.not_before + LIFE;
    let root = ConnectRoot {
        id: String::new(),
        serial,
        signing_key_id: colons(&key_id),
        cluster,
        not_before: params.not_before.format(&Rfc3339)?,
        not_after: params.not_after.format(&Rfc3339)?,
        certificate: String::new(),
    };
    let certificate = params.self_signed(&key)?;
    let id = colons(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()).as_ref());
    Ok((ConnectRoot { id, certificate: certificate.pem().replace('\r', ""), ..root }, key))
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// The private key is in the file: nobody else may read it.
fn store(path: &Path, root: &ConnectRoot, key: &KeyPair) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut object = ObjectWriter::new(&mut bytes);
    object.string("id", &root.id);
    object.string("serial", &root.serial.to_string());
    object.string("signing_key_id", &root.signing_key_id);
    object.string("cluster", &root.cluster);
    object.string("not_before", &root.not_before);
    object.string("not_after", &root.not_after);
    object.string("certificate", &root.certificate);
    object.string("private_key", &key.serialize_pem());
    object.end();
    let draft = path.with_extension("json.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn read(bytes: &[u8]) -> Result<ConnectRoot> {
    let value = json::parse(bytes)?;
    let Some(object) = value.as_object() else { bail!("it is a {}: an object would be right", value.kind()) };
    let text = |name: &str| {
        let member = object.0.iter().find(|(key, _)| **key == *name).and_then(|(_, value)| value.as_str());
        member.filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| anyhow!("it has no {name:?}"))
    };
    KeyPair::from_pem(&text("private_key")?).context("its private key cannot be read")?;
    Ok(ConnectRoot {
        id: text("id")?,
        serial: text("serial")?.parse().context("its serial number is none")?,
        signing_key_id: text("signing_key_id")?,
        cluster: text("cluster")?,
        not_before: text("not_before")?,
        not_after: text("not_after")?,
        certificate: text("certificate")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_the_same_after_a_restart_and_nobody_else_reads_its_key() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let root = of(directory.path()).unwrap();
        assert_eq!(of(directory.path()).unwrap(), root);
        assert_ne!(fresh().unwrap().cluster, root.cluster);
        let mode = fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!((root.id.len(), root.signing_key_id.len()), (59, 95));
        assert!(root.certificate.starts_with("-----BEGIN CERTIFICATE-----\n") && !root.certificate.contains("KEY"));
        assert!(root.not_before < root.not_after && root.not_before.ends_with('Z'), "{root:?}");
    }

    #[test]
    fn a_damaged_root_is_named_and_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "{}").unwrap();
        let error = format!("{:#}", of(directory.path()).unwrap_err());
        assert!(error.ends_with("restore it, or remove it to get a new one: it has no \"private_key\""), "{error}");
        assert_eq!(fs::read(directory.path().join(FILE)).unwrap(), b"{}");
    }
}
