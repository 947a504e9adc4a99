//! Floors, as processes of their own on the servers' core: a hyper server that sends the bytes that muster sends, one
//! that appends what it is sent to a log, one sync for all that wait, and the sync itself. Less work than that answers
//! nothing.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::load;
use crate::server::{SERVER_CORE, cpu_of};

/// A floor that runs.
pub struct Bare {
    process: Child,
    pub address: String,
    _data: tempfile::TempDir,
}

impl Bare {
    /// Sends what `address` answers to a GET of `path`, headers included.
    pub async fn answering(address: &str, path: &str) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let file = data.path().join("answer");
        std::fs::write(&file, load::raw(address, path).await?)?;
        Self::start("answer", &file, data)
    }

    /// Logs what is put.
    pub fn logging() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let file = data.path().join("log");
        Self::start("log", &file, data)
    }

    fn start(what: &str, file: &Path, data: tempfile::TempDir) -> Result<Self> {
        let ready = data.path().join("address");
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(std::env::current_exe()?).args(["bare", what]).arg(file).arg(&ready);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let address = loop {
            match std::fs::read_to_string(&ready) {
                Ok(address) if address.ends_with('\n') => break address.trim().to_owned(),
                _ if process.try_wait()?.is_some() => bail!("the bare server ended"),
                _ => std::thread::sleep(std::time::Duration::from_millis(2)),
            }
        };
        Ok(Self { process, address, _data: data })
    }

    /// What an append of a value and its sync take, in microseconds: the median of many.
    pub fn sync_micros() -> Result<f64> {
        let data = tempfile::tempdir()?;
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(std::env::current_exe()?).args(["bare", "sync"]);
        let output = command.arg(data.path().join("log")).arg(data.path().join("ready")).output()?;
        let text = String::from_utf8(output.stdout)?;
        text.trim().parse().with_context(|| format!("the bare sync said {text:?}"))
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Result<std::time::Duration> {
        cpu_of(self.process.id())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process of a floor: `bare answer|log|sync FILE READY`.
pub fn serve(arguments: &[String]) -> Result<()> {
    let [what, file, ready] = arguments else { bail!("bare takes what to do, a file and where to say its address") };
    let (file, ready) = (PathBuf::from(file), PathBuf::from(ready));
    if what == "sync" {
        println!("{}", sync_micros(File::create(file)?)?);
        return Ok(());
    }
    // As many threads as muster has: one for each core that it may use.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match &**what {
            "answer" => {
                let answer = Arc::new(parse(&std::fs::read(file)?)?);
                listen(&ready, move |_| {
                    let answer = Arc::clone(&answer);
                    async move { response(&answer) }
                })
                .await
            }
            _ => {
                let log = spawn_log(File::create(file)?);
                listen(&ready, move |request| {
                    let log = log.clone();
                    async move { logged(log, request).await }
                })
                .await
            }
        }
    })
}

async fn listen<F>(ready: &Path, answer: impl Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static) -> Result<()>
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address: SocketAddr = listener.local_addr()?;
    let draft = ready.with_extension("new");
    std::fs::write(&draft, format!("{address}\n"))?;
    std::fs::rename(draft, ready)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answered = answer(request);
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let _ =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An answer with its headers.
struct Answer {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

fn parse(raw: &[u8]) -> Result<Answer> {
    let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("no end of headers")?;
    let mut headers = Vec::new();
    for line in std::str::from_utf8(&raw[..end])?.lines().skip(1) {
        let (name, value) = line.split_once(':').context("a header")?;
        // These hyper sends itself.
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("date") {
            headers.push((name.parse()?, HeaderValue::from_str(value.trim())?));
        }
    }
    Ok(Answer { headers, body: Bytes::copy_from_slice(&raw[end + 4..]) })
}

fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body.clone()));
    for (name, value) in &answer.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

type Waiting = (Bytes, oneshot::Sender<()>);

async fn logged(log: mpsc::Sender<Waiting>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let (done, synced) = oneshot::channel();
    let written = log.send((body, done)).await.is_ok() && synced.await.is_ok();
    Response::new(Full::new(Bytes::from_static(if written { b"true" } else { b"false" })))
}

fn sync_micros(mut file: File) -> Result<f64> {
    const TIMES: usize = 500;
    let mut micros = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        file.write_all(&[b'v'; 256])?;
        file.sync_data()?;
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    Ok(micros[TIMES / 2])
}

/// One thread that writes what waits and syncs once for all of it.
fn spawn_log(mut file: File) -> mpsc::Sender<Waiting> {
    let (log, mut waiting) = mpsc::channel::<Waiting>(1024);
    std::thread::spawn(move || {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < 1024
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
            let bytes: Vec<u8> = batch.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
                return;
            }
            for (_, done) in batch {
                let _ = done.send(());
            }
        }
    });
    log
}
