//! TLS to an engine: our certificate against its, both from one authority.
//!
//! Only the authority in `ca.pem` counts, not the system's: an engine's certificate is signed by its owner.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::{ClientConfig, RootCertStore};

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} holds no {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// They do not fit together, or nothing known to us could use them.
    #[error("{} cannot be used", path.display())]
    Unusable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// A client of the engine at `host`, with the certificates in a directory; nothing is connected yet.
pub(crate) fn connect(
    host: &str,
    directory: &Path,
    timeout_seconds: u64,
) -> Result<Result<Docker, bollard::errors::Error>, CertificateError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = HttpsConnector::from((http, configuration(directory)?));
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_max_idle_per_host(0);
    let client = Arc::new(builder.build(connector));
    let transport = move |request: BollardRequest| {
        let client = Arc::clone(&client);
        async move { client.request(request).await.map_err(bollard::errors::Error::from) }
    };
    let address = Some(format!("https://{host}"));
    Ok(Docker::connect_with_custom_transport(transport, address, timeout_seconds, API_DEFAULT_VERSION))
}

fn configuration(directory: &Path) -> Result<ClientConfig, CertificateError> {
    let mut roots = RootCertStore::empty();
    let path = directory.join("ca.pem");
    for certificate in certificates(&path)? {
        roots.add(certificate).map_err(|source| CertificateError::Unusable { path: path.clone(), source })?;
    }
    let chain = certificates(&directory.join("cert.pem"))?;
    let path = directory.join("key.pem");
    let key = PrivateKeyDer::from_pem_slice(&read(&path)?).map_err(|source| CertificateError::Content {
        path: path.clone(),
        what: "private key",
        source,
    })?;
    let unusable = |source| CertificateError::Unusable { path: directory.to_owned(), source };
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(unusable)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let content = |source| CertificateError::Content { path: path.to_owned(), what: "certificate", source };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?).collect::<Result<_, _>>().map_err(content)?;
    if found.is_empty() {
        return Err(content(pem::Error::NoItemsFound));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })
}
