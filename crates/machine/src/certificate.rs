//! A store's certificate authority: its own certificate, its client's, and one for each machine's engine.
//!
//! New keys are ECDSA on P-256: every dockerd and client since 2013 takes them, and they are made in no time. A store that
//! docker-machine made has RSA keys; its authority goes on signing.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::store::{make_directory, write_private};
use crate::{Progress, StoreError};

/// As long as docker-machine's.
const LIFETIME: Duration = Duration::days(1080);
/// Clocks differ; docker-machine allows for five minutes, and VMs were further off than that.
const SKEW: Duration = Duration::hours(1);

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file of the authority is missing while its other half is there.
    #[error("{} is missing, but {} is there: put it back, or remove both and regenerate every machine's certificates", missing.display(), present.display())]
    Half {
        /// The file that is missing.
        missing: PathBuf,
        /// The one that is there.
        present: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is no {what} that can be used", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Making one failed.
    #[error("cannot make a certificate for {subject}")]
    Make {
        /// For whom.
        subject: String,
        /// Why.
        source: rcgen::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The authority of a store.
pub struct Authority {
    /// Its certificate.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its private key, both as PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// Where the authority's and the client's files are.
#[derive(Debug, Clone)]
pub struct AuthorityFiles {
    /// `ca.pem`.
    pub certificate: PathBuf,
    /// `ca-key.pem`.
    pub key: PathBuf,
    /// `cert.pem`.
    pub client_certificate: PathBuf,
    /// `key.pem`.
    pub client_key: PathBuf,
}

impl AuthorityFiles {
    /// docker-machine's names in a directory.
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            certificate: directory.join("ca.pem"),
            key: directory.join("ca-key.pem"),
            client_certificate: directory.join("cert.pem"),
            client_key: directory.join("key.pem"),
        }
    }

    /// Makes what is not there yet, as the first machine of a store needs it, and what has run out. The store is locked
    /// by the caller.
    pub(crate) fn bootstrap(&self, user: &str, progress: &Progress) -> Result<Authority, CertificateError> {
        both_or_none(&self.certificate, &self.key)?;
        both_or_none(&self.client_certificate, &self.client_key)?;
        for path in [&self.certificate, &self.client_certificate] {
            make_directory(path.parent().unwrap_or(Path::new(".")))?;
        }
        let mut client_is_good = self.client_certificate.exists();
        if self.certificate.exists() && has_run_out(&self.certificate)? {
            progress.line("CA certificate is outdated and needs to be regenerated");
            self.make_authority(user, progress)?;
            // The old authority's client is a stranger to the new one.
            client_is_good = false;
        } else if !self.certificate.exists() {
            self.make_authority(user, progress)?;
        }
        let authority = Authority::load(self)?;
        if client_is_good && has_run_out(&self.client_certificate)? {
            progress.line("Client certificate is outdated and needs to be regenerated");
            client_is_good = false;
        }
        if !client_is_good {
            self.make_client(&authority, user, progress)?;
        }
        Ok(authority)
    }

    /// Makes a new client certificate whatever there is. Machines take the old one too as long as it is valid. The store
    /// is locked by the caller.
    pub(crate) fn renew_client(&self, user: &str, progress: &Progress) -> Result<(), CertificateError> {
        for path in [&self.client_certificate, &self.client_key] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::File { action: "remove", path: path.clone(), source: error }.into());
                }
                _ => {}
            }
        }
        self.bootstrap(user, progress).map(drop)
    }

    /// The key first: should this end in between, the certificate that is missing or outdated says what to do again.
    fn make_authority(&self, user: &str, progress: &Progress) -> Result<(), CertificateError> {
        progress.line(&format!("Creating CA: {}", self.certificate.display()));
        let authority = new_authority(user)?;
        write_private(&self.key, authority.key.as_bytes())?;
        Ok(write_private(&self.certificate, authority.certificate.as_bytes())?)
    }

    fn make_client(&self, authority: &Authority, user: &str, progress: &Progress) -> Result<(), CertificateError> {
        progress.line(&format!("Creating client certificate: {}", self.client_certificate.display()));
        let client = authority.client(&format!("{user}.<bootstrap>"))?;
        write_private(&self.client_key, client.key.as_bytes())?;
        Ok(write_private(&self.client_certificate, client.certificate.as_bytes())?)
    }
}

/// Whether a certificate's time is over.
fn has_run_out(path: &Path) -> Result<bool, CertificateError> {
    let content = |source: Box<dyn std::error::Error + Send + Sync>| CertificateError::Content {
        path: path.to_owned(),
        what: "certificate",
        source,
    };
    let pem = fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
    let der = CertificateDer::from_pem_slice(&pem).map_err(|error| content(error.into()))?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|error| content(error.into()))?;
    Ok(OffsetDateTime::now_utc() > certificate.validity().not_after.to_datetime())
}

fn both_or_none(certificate: &Path, key: &Path) -> Result<(), CertificateError> {
    match (certificate.exists(), key.exists()) {
        (true, false) => Err(CertificateError::Half { missing: key.to_owned(), present: certificate.to_owned() }),
        (false, true) => Err(CertificateError::Half { missing: certificate.to_owned(), present: key.to_owned() }),
        _ => Ok(()),
    }
}

impl Authority {
    fn load(files: &AuthorityFiles) -> Result<Self, CertificateError> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })
        };
        let certificate = read(&files.certificate)?;
        let key = signing_key(&read(&files.key)?).map_err(|source| CertificateError::Content {
            path: files.key.clone(),
            what: "private key",
            source,
        })?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key).map_err(|source| CertificateError::Content {
            path: files.certificate.clone(),
            what: "certificate",
            source: source.into(),
        })?;
        Ok(Self { certificate, issuer })
    }

    /// A certificate for a client.
    fn client(&self, organisation: &str) -> Result<Identity, CertificateError> {
        let mut params = parameters(organisation);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, organisation)
    }

    /// A certificate for the engine of a machine that goes by these addresses and names.
    pub(crate) fn server(&self, organisation: &str, names: &[String]) -> Result<Identity, CertificateError> {
        let made = |source| CertificateError::Make { subject: organisation.to_owned(), source };
        let mut params = parameters(organisation);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::KeyAgreement];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into().map_err(made)?),
            });
        }
        self.sign(params, organisation)
    }

    fn sign(&self, params: CertificateParams, subject: &str) -> Result<Identity, CertificateError> {
        let made = |source| CertificateError::Make { subject: subject.to_owned(), source };
        let key = KeyPair::generate().map_err(made)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(made)?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn new_authority(organisation: &str) -> Result<Identity, CertificateError> {
    let made = |source| CertificateError::Make { subject: organisation.to_owned(), source };
    let mut params = parameters(organisation);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::KeyAgreement,
        KeyUsagePurpose::KeyCertSign,
    ];
    let key = KeyPair::generate().map_err(made)?;
    let certificate = params.self_signed(&key).map_err(made)?;
    Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
}

fn parameters(organisation: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, organisation);
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    params.not_before = OffsetDateTime::now_utc() - SKEW;
    params.not_after = params.not_before + LIFETIME;
    params
}

/// Reads a private key; docker-machine's are in the older form for RSA, which is wrapped for the signer.
fn signing_key(pem: &str) -> Result<KeyPair, Box<dyn std::error::Error + Send + Sync>> {
    let der = match PrivateKeyDer::from_pem_slice(pem.as_bytes())? {
        PrivateKeyDer::Pkcs1(key) => pkcs8(key.secret_pkcs1_der()),
        key => key.secret_der().to_vec(),
    };
    Ok(KeyPair::try_from(der)?)
}

/// PKCS #8's PrivateKeyInfo around a PKCS #1 RSAPrivateKey: version 0, rsaEncryption, the key (RFC 5958, RFC 8017).
fn pkcs8(pkcs1: &[u8]) -> Vec<u8> {
    const VERSION_AND_ALGORITHM: [u8; 18] =
        [2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let mut inner = VERSION_AND_ALGORITHM.to_vec();
    inner.extend(tagged(4, pkcs1));
    tagged(0x30, &inner)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => der.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
            der.push(0x80 | u8::try_from(significant.len()).expect("a length has at most eight bytes"));
            der.extend(significant);
        }
    }
    der.extend(content);
    der
}

#[cfg(test)]
mod tests;
