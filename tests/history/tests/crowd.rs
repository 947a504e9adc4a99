//! Slow, silent and flooding clients: whoever asks properly is answered meanwhile, and afterwards nothing is left of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use muster_history::binary::named_in;
use muster_history::subject::Subject;
use muster_testbed::probe;
use muster_testbed::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

const CLIENTS: usize = 1000;
/// Each address of theirs has so many, below the limit of connections for one.
const EACH: usize = 100;
const REQUESTS: usize = 300;
const PATIENCE: Duration = Duration::from_secs(180);
/// What a crowd may cost in memory: none of what it sends is kept.
const MOST_MEMORY: usize = 256 << 20;

/// How a client is a nuisance.
#[derive(Debug, Clone, Copy)]
enum Nuisance {
    /// Connects and says nothing.
    Silent,
    /// Sends its headers a byte at a time.
    SlowHeaders,
    /// The same, behind a request that was refused before its body was read.
    SlowNextHeaders,
    /// Sends its body a byte at a time.
    SlowBody,
    /// Sends headers without end.
    HeaderFlood,
    /// Sends a body without end.
    BodyFlood,
    /// Asks and never reads the answer.
    Deaf,
}

const KINDS: [Nuisance; 7] = [
    Nuisance::Silent,
    Nuisance::SlowHeaders,
    Nuisance::SlowNextHeaders,
    Nuisance::SlowBody,
    Nuisance::HeaderFlood,
    Nuisance::BodyFlood,
    Nuisance::Deaf,
];

async fn connect(number: usize, address: SocketAddr) -> std::io::Result<TcpStream> {
    let last = u8::try_from(2 + number / EACH).expect("few addresses");
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
    socket.connect(address).await
}

/// Until the server has had enough.
async fn annoy(kind: Nuisance, mut stream: TcpStream) -> std::io::Result<()> {
    let pause = Duration::from_millis(200);
    match kind {
        Nuisance::Silent => {}
        Nuisance::SlowHeaders | Nuisance::SlowNextHeaders => {
            if matches!(kind, Nuisance::SlowNextHeaders) {
                stream.write_all(b"PUT /v1/catalog/nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").await?;
                stream.readable().await?;
            }
            stream.write_all(b"GET /v1/kv/asked HTTP/1.1\r\nX-Slow: ").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(pause).await;
            }
        }
        Nuisance::SlowBody => {
            stream.write_all(b"PUT /v1/kv/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(pause).await;
            }
        }
        Nuisance::HeaderFlood => {
            stream.write_all(b"GET /v1/kv/asked HTTP/1.1\r\n").await?;
            let line = format!("X-Flood: {}\r\n", "x".repeat(4000));
            loop {
                stream.write_all(line.as_bytes()).await?;
            }
        }
        Nuisance::BodyFlood => {
            stream.write_all(b"PUT /v1/agent/service/register HTTP/1.1\r\nHost: x\r\n").await?;
            stream.write_all(b"Content-Length: 100000000000\r\n\r\n").await?;
            let chunk = vec![b' '; 65536];
            loop {
                stream.write_all(&chunk).await?;
            }
        }
        Nuisance::Deaf => loop {
            stream.write_all(b"GET /v1/kv/big?raw HTTP/1.1\r\nHost: x\r\n\r\n").await?;
        },
    }
    std::future::pending().await
}

fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count()
}

fn memory(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|text| text.parse::<usize>().ok()).expect("a number of KiB") << 10
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs muster's binary: tests/history/run"]
async fn a_crowd_of_nuisances_starves_nobody() {
    let subject = Subject::start(&named_in("MUSTER_BIN"), None).await.unwrap();
    let (address, pid) = (subject.address(), subject.pid().unwrap());
    probe::put(address, "/v1/kv/big", "x".repeat(400_000), PATIENCE).await.unwrap();
    let before = descriptors(pid);

    let connected = Arc::new(AtomicUsize::new(0));
    let mut crowd = JoinSet::new();
    let slow_ones =
        (0..CLIENTS).filter(|n| matches!(KINDS[n % KINDS.len()], Nuisance::SlowHeaders | Nuisance::SlowNextHeaders));
    let slow = Arc::new(AtomicUsize::new(slow_ones.count()));
    for number in 0..CLIENTS {
        let (connected, slow) = (Arc::clone(&connected), Arc::clone(&slow));
        crowd.spawn(async move {
            let Ok(stream) = connect(number, address).await else { return };
            connected.fetch_add(1, Ordering::Relaxed);
            let kind = KINDS[number % KINDS.len()];
            let _ = annoy(kind, stream).await;
            if matches!(kind, Nuisance::SlowHeaders | Nuisance::SlowNextHeaders) {
                slow.fetch_sub(1, Ordering::Relaxed);
            }
        });
    }
    until("the crowd is there", PATIENCE, async || match connected.load(Ordering::Relaxed) {
        CLIENTS => Ok(()),
        fewer => Err(fewer),
    })
    .await
    .unwrap();
    for number in 0..REQUESTS {
        let value = number.to_string();
        let put = probe::put(address, "/v1/kv/asked", value.clone(), PATIENCE).await.unwrap();
        assert_eq!(put.text().trim(), "true");
        let got = probe::get(address, "/v1/kv/asked?raw", PATIENCE).await.unwrap();
        assert_eq!(got.text(), value);
    }
    let used = memory(pid);
    assert!(used < MOST_MEMORY, "{used} bytes while the crowd is there");
    until("who is slow with its headers is let go", PATIENCE, async || match slow.load(Ordering::Relaxed) {
        0 => Ok(()),
        more => Err(more),
    })
    .await
    .unwrap();

    crowd.shutdown().await;
    until("nothing is left of the crowd", PATIENCE, async || match descriptors(pid) {
        now if now <= before + 4 => Ok(()),
        now => Err(format!("{now} descriptors, {before} before")),
    })
    .await
    .unwrap();
    println!("history: {REQUESTS} requests answered beside {CLIENTS} nuisances, {} MiB", used >> 20);
}
