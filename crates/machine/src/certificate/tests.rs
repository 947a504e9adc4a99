use std::sync::{Arc, Mutex};

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

use super::*;

const EXISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/docker-machine-store/certs");

/// Whether a client that trusts `authority` takes `identity` for a host of this name.
fn holds_for(authority: &str, identity: &Identity, name: &str) -> Result<(), String> {
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(der(authority)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let verified = verifier.verify_server_cert(&der(&identity.certificate), &[], &name, &[], UnixTime::now());
    verified.map(drop).map_err(|error| error.to_string())
}

fn lines() -> (Progress, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    (Progress::new(move |line| kept.lock().unwrap().push(line.to_owned())), lines)
}

#[test]
fn the_first_machine_makes_the_authority_and_the_next_ones_use_it() {
    let directory = tempfile::tempdir().unwrap();
    let files = AuthorityFiles::in_directory(&directory.path().join("certs"));
    let (progress, said) = lines();
    files.bootstrap("ann", &progress).unwrap();
    let (certificate, client) = (&files.certificate, &files.client_certificate);
    let expected = [
        format!("Creating CA: {}", certificate.display()),
        format!("Creating client certificate: {}", client.display()),
    ];
    assert_eq!(*said.lock().unwrap(), expected);
    let before = fs::read(certificate).unwrap();
    let authority = files.bootstrap("bob", &progress).unwrap();
    assert_eq!((fs::read(certificate).unwrap(), said.lock().unwrap().len()), (before, 2));
    let names = ["192.168.99.100".to_owned(), "localhost".to_owned(), "m1.example".to_owned()];
    let server = authority.server("ann.m1", &names).unwrap();
    for name in ["192.168.99.100", "localhost", "m1.example"] {
        holds_for(&authority.certificate, &server, name).unwrap();
    }
    assert!(holds_for(&authority.certificate, &server, "192.168.99.101").unwrap_err().contains("not valid for name"));
}

#[test]
fn the_rsa_authority_of_an_existing_store_signs() {
    let authority = AuthorityFiles::in_directory(Path::new(EXISTING)).bootstrap("ann", &lines().0).unwrap();
    let server = authority.server("ann.m1", &["10.0.0.1".to_owned()]).unwrap();
    holds_for(&authority.certificate, &server, "10.0.0.1").unwrap();
}

/// Overwrites a certificate by one of `by`'s that ended yesterday.
fn let_run_out(path: &Path, by: &Authority) {
    let mut params = parameters("ann");
    params.not_before = OffsetDateTime::now_utc() - LIFETIME;
    params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    fs::write(path, params.signed_by(&KeyPair::generate().unwrap(), &by.issuer).unwrap().pem()).unwrap();
}

#[test]
fn what_has_run_out_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let files = AuthorityFiles::in_directory(directory.path());
    let (progress, said) = lines();
    let authority = files.bootstrap("ann", &progress).unwrap();
    let read = || [&files.certificate, &files.client_certificate].map(|path| fs::read(path).unwrap());

    let_run_out(&files.client_certificate, &authority);
    let [before, client_before] = read();
    files.bootstrap("ann", &progress).unwrap();
    let [after, client] = read();
    assert!(after == before && client != client_before);
    let created = format!("Creating client certificate: {}", files.client_certificate.display());
    let outdated = "Client certificate is outdated and needs to be regenerated";
    assert_eq!(said.lock().unwrap()[2..], [outdated, created.as_str()]);

    let_run_out(&files.certificate, &authority);
    let authority = files.bootstrap("ann", &progress).unwrap();
    let [after, new_client] = read();
    assert!(after != before && new_client != client, "the old authority's client is nobody's");
    assert_eq!(said.lock().unwrap()[4], "CA certificate is outdated and needs to be regenerated");
    let server = authority.server("ann.m1", &["10.0.0.1".to_owned()]).unwrap();
    holds_for(&authority.certificate, &server, "10.0.0.1").unwrap();
}

#[test]
fn a_new_client_on_request_leaves_the_authority() {
    let directory = tempfile::tempdir().unwrap();
    let files = AuthorityFiles::in_directory(directory.path());
    files.bootstrap("ann", &lines().0).unwrap();
    let read =
        || [&files.certificate, &files.client_certificate, &files.client_key].map(|path| fs::read(path).unwrap());
    let before = read();
    files.renew_client("ann", &lines().0).unwrap();
    let after = read();
    assert_eq!(after[0], before[0]);
    assert!(after[1] != before[1] && after[2] != before[2]);
}

#[test]
fn a_file_that_is_no_certificate_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let files = AuthorityFiles::in_directory(directory.path());
    files.bootstrap("ann", &lines().0).unwrap();
    fs::write(&files.client_certificate, "nothing").unwrap();
    let refused = files.bootstrap("ann", &lines().0).err().unwrap().to_string();
    assert_eq!(refused, format!("{} is no certificate that can be used", files.client_certificate.display()));
}

#[test]
fn half_an_authority_is_an_error_that_names_both_files() {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(Path::new(EXISTING).join("ca.pem"), directory.path().join("ca.pem")).unwrap();
    let files = AuthorityFiles::in_directory(directory.path());
    let refused = files.bootstrap("ann", &lines().0).err().unwrap().to_string();
    assert!(refused.contains("ca-key.pem is missing") && refused.contains("ca.pem is there"), "{refused}");
    assert!(!files.client_certificate.exists());
}

#[test]
fn a_name_that_no_certificate_can_have_is_refused() {
    let authority = AuthorityFiles::in_directory(Path::new(EXISTING)).bootstrap("ann", &lines().0).unwrap();
    assert!(authority.server("ann.m1", &["münchen".to_owned()]).is_err());
}
