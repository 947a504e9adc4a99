//! Servers for probes to look at.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::dial::Stream;

/// Listens, and hands every connection on. The address.
pub async fn listen<F>(each: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(stream));
        }
    });
    address
}

/// A port that nobody listens on, as long as this is held: nobody else is given it either.
pub struct Nobody {
    pub address: String,
    _held: TcpSocket,
}

pub fn nobody() -> Nobody {
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Nobody { address: held.local_addr().unwrap().to_string(), _held: held }
}

/// An HTTP/1.1 server, over TLS with a certificate.
pub async fn http(
    certificate: Option<&Certificate>,
    answer: impl Fn(Request<Bytes>) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static,
) -> String {
    let acceptor = certificate.map(|certificate| certificate.acceptor(&[]));
    listen(move |stream| {
        let (answer, acceptor) = (answer.clone(), acceptor.clone());
        async move {
            let Some(stream) = accept(stream, acceptor).await else { return };
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                    Ok::<_, Infallible>(answer(Request::from_parts(parts, body)))
                }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await
}

/// The connection, after the handshake if there is one.
pub async fn accept(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Option<Box<dyn Stream>> {
    match acceptor {
        None => Some(Box::new(stream)),
        Some(acceptor) => acceptor.accept(stream).await.ok().map(|stream| Box::new(stream) as Box<dyn Stream>),
    }
}

/// A certificate that nobody has signed but its holder.
pub struct Certificate {
    pub pem: String,
    chain: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Certificate {
    pub fn new(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = made.signing_key.serialize_der();
        Self { pem: made.cert.pem(), chain: made.cert.der().clone(), key }
    }

    /// Keeps it where another process finds it.
    pub fn write(&self, path: &Path) {
        std::fs::write(path.with_extension("der"), &self.chain).unwrap();
        std::fs::write(path.with_extension("key"), &self.key).unwrap();
    }

    /// What [`Certificate::write`] kept.
    pub fn read(path: &Path) -> Self {
        let chain = std::fs::read(path.with_extension("der")).unwrap();
        let key = std::fs::read(path.with_extension("key")).unwrap();
        Self { pem: String::new(), chain: CertificateDer::from(chain), key }
    }

    pub fn acceptor(&self, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.clone()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.chain.clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
