//! A registry that answers by a script and keeps what it was asked.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use muster_consul_client::{ClientConfig, ConsulClient};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub token: Option<String>,
    pub body: String,
}

/// An answer.
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub fn json(body: impl Into<String>) -> Self {
        Self { status: 200, headers: vec![("content-type", "application/json".to_owned())], body: body.into() }
    }

    /// An error as Consul words it.
    pub fn error(status: u16, text: &str) -> Self {
        let headers = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: text.to_owned() }
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn index(self, index: u64) -> Self {
        self.header("x-consul-index", index).header("x-consul-knownleader", true)
    }
}

type Script = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// The server; it ends with the test's runtime.
pub struct FakeRegistry {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl FakeRegistry {
    pub async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let registry = Self::new(listener.local_addr().unwrap().to_string());
        let (script, seen, connections): (Script, _, _) =
            (Arc::new(script), registry.seen.clone(), registry.connections.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, script.clone(), seen.clone()));
            }
        });
        registry
    }

    pub async fn start_on_socket(path: &Path, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let registry = Self::new(format!("unix://{}", path.display()));
        let (script, seen): (Script, _) = (Arc::new(script), registry.seen.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, script.clone(), seen.clone()));
            }
        });
        registry
    }

    fn new(address: String) -> Self {
        Self { address, seen: Arc::default(), connections: Arc::default() }
    }

    pub fn client(&self) -> ConsulClient {
        ConsulClient::new(ClientConfig::new(&self.address)).unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that was made.
    pub fn only(&self) -> Seen {
        let [seen] = &self.seen()[..] else { panic!("{:?}", self.seen()) };
        seen.clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: Arc<Mutex<Vec<Seen>>>) {
    let service = service_fn(async |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        let request = Seen {
            method: head.method.to_string(),
            target: head.uri.to_string(),
            token: head.headers.get("x-consul-token").map(|token| token.to_str().unwrap().to_owned()),
            body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        };
        seen.lock().unwrap().push(request.clone());
        let reply = script(&request);
        let mut response = Response::builder().status(reply.status);
        for (name, value) in reply.headers {
            response = response.header(name, value);
        }
        Ok::<_, Infallible>(response.body(Full::new(Bytes::from(reply.body))).unwrap())
    });
    // A client that goes away in the middle is none of the server's business.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// What a broken server does when it has sent its bytes.
#[derive(Clone, Copy)]
pub enum Then {
    Close,
    HoldOpen,
}

/// A server that answers every request with these bytes, whatever they are, in these pieces.
pub async fn start_raw(pieces: &'static [&'static str], then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client may hold one open besides that it does not use.
            tokio::spawn(answer_raw(stream, pieces, then));
        }
    });
    address
}

async fn answer_raw(mut stream: TcpStream, pieces: &'static [&'static str], then: Then) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    for piece in pieces {
        // Whoever asked may have gone.
        let _ = stream.write_all(piece.as_bytes()).await;
        let _ = stream.flush().await;
        tokio::task::yield_now().await;
    }
    if matches!(then, Then::HoldOpen) {
        std::future::pending::<()>().await;
    }
}
