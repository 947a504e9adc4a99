//! Many clients that block on one service, and one change of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::load::{self, Sample};
use crate::server::Server;

const CLIENTS: usize = 2000;
const CLIENTS_OF_AN_ADDRESS: usize = 100;

/// The server's CPU time, in milliseconds, from the change until all have their answers.
pub async fn run(server: &Server) -> Result<Sample> {
    let target = "/v1/health/service/web?passing";
    let head = load::head(&server.address, target).await?;
    let index = load::header(&head, "x-consul-index").context("an index")?.to_owned();
    let mut waiting = Vec::new();
    for client in 0..CLIENTS {
        // From many addresses: each may have 200 connections.
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 1, (client / CLIENTS_OF_AN_ADDRESS) as u8], 0)))?;
        let mut stream = socket.connect(server.address.parse()?).await?;
        let request = format!("GET {target}&index={index}&wait=5m HTTP/1.1\r\nHost: bench\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        waiting.push(stream);
    }
    until_quiet(server).await?;
    let (before, begun) = (server.cpu()?, Instant::now());
    let body = r#"{"ID":"web0","Name":"web","Address":"10.0.0.99","Port":81,"Tags":["v1"]}"#;
    load::once(&server.address, "PUT", "/v1/agent/service/register", body).await?;
    for mut stream in waiting {
        let mut buffer = Vec::new();
        let start = load::answer(&mut stream, &mut buffer).await?;
        if !String::from_utf8_lossy(&buffer[start..]).contains("10.0.0.99") {
            bail!("a client was answered without the change");
        }
    }
    let elapsed = begun.elapsed();
    let cpu = server.cpu()? - before;
    Ok(Sample {
        value: cpu.as_secs_f64() * 1000.0,
        p99_millis: Some(elapsed.as_secs_f64() * 1000.0),
        ..Sample::default()
    })
}

/// Waits until the server has taken all requests: then it needs next to no CPU.
async fn until_quiet(server: &Server) -> Result<()> {
    let mut last = server.cpu()?;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = server.cpu()?;
        if now - last <= Duration::from_millis(10) {
            return Ok(());
        }
        last = now;
    }
    bail!("the server does not come to rest")
}
