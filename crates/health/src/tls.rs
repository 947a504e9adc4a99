//! TLS for probes: the system's certificate authorities, or none at all where a check says so.

use std::sync::{Arc, OnceLock};

use muster_model::Tls;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tracing::warn;

use crate::dial::DialError;

/// What is spoken inside: nothing said, or HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    Anything,
    Http2,
}

/// Wraps a connection to `host` (a name or an IP address, perhaps with a port).
pub(crate) async fn wrap(
    stream: TcpStream,
    host: &str,
    settings: &Tls,
    inside: Inside,
) -> Result<TlsStream<TcpStream>, DialError> {
    let name = if settings.server_name.is_empty() { host } else { &settings.server_name };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| DialError::Tls(format!("{name:?} is no name that a certificate can be for")))?;
    let connector = TlsConnector::from(config(settings.skip_verify, inside));
    connector.connect(name, stream).await.map_err(|error| DialError::Tls(told(&error)))
}

/// What went wrong, where Go has words for it in those.
fn told(error: &std::io::Error) -> String {
    use rustls::{CertificateError, Error, InvalidMessage};
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match cause {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "first record does not look like a TLS handshake".to_owned()
        }
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "failed to verify certificate: x509: certificate signed by unknown authority".to_owned()
        }
        _ => error.to_string(),
    }
}

/// One of four, each made at its first use and kept.
fn config(skip_verify: bool, inside: Inside) -> Arc<ClientConfig> {
    static CONFIGS: [OnceLock<Arc<ClientConfig>>; 4] = [const { OnceLock::new() }; 4];
    let place = usize::from(skip_verify) + 2 * usize::from(inside == Inside::Http2);
    Arc::clone(CONFIGS[place].get_or_init(|| Arc::new(make(skip_verify, inside))))
}

fn make(skip_verify: bool, inside: Inside) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need");
    let builder = if skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_root_certificates(roots())
    };
    let mut config = builder.with_no_client_auth();
    if inside == Inside::Http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    // Each run is to see the certificate that the server has now.
    config.resumption = rustls::client::Resumption::disabled();
    config
}

/// The system's certificate authorities (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others), read once.
fn roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let load = || {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            warn!(%error, "some of the system's certificate authorities cannot be read");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(load))
}

/// For checks with `TLSSkipVerify`: takes any certificate, but its holder must have its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
