//! One request, one whole answer, within a time.

use std::error::Error;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::UnixStream;

use crate::address::Address;
use crate::answer::Answer;

/// Far above any real answer; a peer that sends without end is not to fill the memory.
const MAX_BODY_BYTES: usize = 256 << 20;
/// Below what servers and the boxes in between keep idle connections for.
const IDLE: Duration = Duration::from_secs(30);
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// A pool of connections to one address.
#[derive(Debug)]
pub(crate) enum Pool {
    Tcp(Client<HttpConnector, Full<Bytes>>),
    Unix(Client<UnixConnector, Full<Bytes>>),
}

impl Pool {
    pub(crate) fn new(address: &Address, connect_timeout: Duration) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(IDLE).pool_timer(TokioTimer::new());
        match address {
            Address::Tcp(_) => {
                let mut connector = HttpConnector::new();
                connector.set_nodelay(true);
                connector.set_keepalive(Some(TCP_KEEPALIVE));
                connector.set_connect_timeout(Some(connect_timeout));
                Self::Tcp(builder.build(connector))
            }
            Address::Unix(path) => Self::Unix(builder.build(UnixConnector(path.clone()))),
        }
    }

    /// Sends `request` and reads the answer to its end. An error is one of the network.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>, within: Duration) -> io::Result<Answer> {
        let exchange = async {
            let response = match self {
                Self::Tcp(client) => client.request(request).await,
                Self::Unix(client) => client.request(request).await,
            };
            let (head, body) = response.map_err(|error| cause(&error))?.into_parts();
            let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|error| cause(&*error))?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        match tokio::time::timeout(within, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no whole answer within {within:?}"))),
        }
    }
}

/// What lies at the bottom: the layers above it only say that a client has failed.
fn cause(error: &(dyn Error + 'static)) -> io::Error {
    let mut innermost = error;
    let mut kind = io::ErrorKind::Other;
    loop {
        if let Some(error) = innermost.downcast_ref::<io::Error>() {
            kind = error.kind();
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => return io::Error::new(kind, innermost.to_string()),
        }
    }
}

/// Connects to a socket, whatever the URI says.
#[derive(Debug, Clone)]
pub(crate) struct UnixConnector(PathBuf);

impl tower_service::Service<Uri> for UnixConnector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}
