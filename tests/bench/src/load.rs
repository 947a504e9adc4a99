//! Requests over many connections, each with one request under way, for a fixed time.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::server::Server;

/// What one run gave.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Requests a second; or the one number of a row that is no load.
    pub value: f64,
    /// The server's CPU time per request, in microseconds.
    pub cpu_micros: Option<f64>,
    /// 99 of 100 requests took less, in milliseconds.
    pub p99_millis: Option<f64>,
}

/// A load.
#[derive(Clone)]
pub struct Load {
    method: &'static str,
    path: &'static str,
    connections: usize,
    time: Duration,
}

impl Load {
    pub fn get(path: &'static str, connections: usize, time: Duration) -> Self {
        Self { method: "GET", path, connections, time }
    }

    /// Keys of its own for each request under `path`.
    pub fn put(path: &'static str, connections: usize, time: Duration) -> Self {
        Self { method: "PUT", path, connections, time }
    }

    pub async fn run(&self, server: &Server) -> Result<Sample> {
        let cpu = server.cpu()?;
        let begun = Instant::now();
        let mut clients = JoinSet::new();
        for client in 0..self.connections {
            clients.spawn(self.clone().client(server.address.clone(), client, begun + self.time));
        }
        let mut times: Vec<Duration> = Vec::new();
        while let Some(done) = clients.join_next().await {
            times.extend(done??);
        }
        let (elapsed, cpu) = (begun.elapsed(), server.cpu()? - cpu);
        times.sort_unstable();
        let requests = times.len() as f64;
        let p99 = times.get(times.len() * 99 / 100).context("no request was answered")?;
        Ok(Sample {
            value: requests / elapsed.as_secs_f64(),
            cpu_micros: Some(cpu.as_micros() as f64 / requests),
            p99_millis: Some(p99.as_secs_f64() * 1000.0),
        })
    }

    async fn client(self, address: String, client: usize, until: Instant) -> Result<Vec<Duration>> {
        let mut stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(64 << 10));
        let value = "v".repeat(256);
        while Instant::now() < until {
            let request = match self.method {
                "GET" => format!("GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", self.path),
                _ => {
                    let (path, number) = (self.path, times.len());
                    format!("PUT {path}{client}/{number} HTTP/1.1\r\nHost: bench\r\nContent-Length: 256\r\n\r\n{value}")
                }
            };
            let begun = Instant::now();
            stream.write_all(request.as_bytes()).await?;
            answer(&mut stream, &mut buffer).await?;
            times.push(begun.elapsed());
        }
        Ok(times)
    }
}

/// One request on a connection of its own; the body.
pub async fn once(address: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = Vec::new();
    let start = answer(&mut stream, &mut buffer).await?;
    Ok(String::from_utf8_lossy(&buffer[start..]).into_owned())
}

/// Reads one answer, which must be 200 with a length; where its body starts.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end])?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("the server answered {:?}", head.lines().next().unwrap_or_default());
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        match length {
            Some(length) => {
                let whole = end + 4 + length;
                while buffer.len() < whole {
                    if stream.read_buf(buffer).await? == 0 {
                        bail!("the server closed the connection");
                    }
                }
            }
            None if chunked => {
                while !buffer.ends_with(b"0\r\n\r\n") {
                    if stream.read_buf(buffer).await? == 0 {
                        bail!("the server closed the connection");
                    }
                }
            }
            None => bail!("an answer without length"),
        }
        return Ok(end + 4);
    }
}
