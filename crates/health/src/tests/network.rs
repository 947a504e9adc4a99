//! TCP and UDP, and many checks at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use muster_model::{CheckId, HttpProbe, Tls};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::server::{Certificate, listen, nobody};
use super::*;
use crate::{Config, Scheduler};
use CheckStatus::{Critical, Passing};

#[tokio::test]
async fn a_port_that_takes_connections_passes() {
    let server = listen(|_| async {}).await;
    let tcp = |address: &str| Probe::Tcp { address: address.into(), tls: None };
    assert_eq!(look(tcp(&server)).await, (Passing, format!("TCP connect {server}: Success")));
    let held = nobody();
    let nobody = &held.address;
    assert_eq!(look(tcp(nobody)).await, (Critical, format!("dial tcp {nobody}: connect: connection refused")));
    assert_eq!(look(tcp("nowhere")).await.1, "dial tcp: address nowhere: missing port in address");
    assert_eq!(look(tcp("h:port")).await.1, "dial tcp: address h:port: missing port in address");
    // No name at all, so no server of names is asked, who may be slow or away.
    assert_eq!(look(tcp("no..host:1")).await.1, "dial tcp: lookup no..host: no such host");
    // Of the addresses kept free for documentation: nobody answers, or the network has no way there.
    let late = run_within(tcp("192.0.2.1:1"), Duration::from_millis(50)).await;
    assert!(late.status == Critical && late.output.starts_with("dial tcp 192.0.2.1:1: "), "{late:?}");
}

#[tokio::test]
async fn tls_on_a_port_is_looked_at_if_asked() {
    let acceptor = Certificate::new(&["localhost"]).acceptor(&[]);
    let server = listen(move |stream| {
        let acceptor = acceptor.clone();
        async move { drop(acceptor.accept(stream).await) }
    })
    .await;
    let tls = |skip_verify| Some(Tls { skip_verify, ..Tls::default() });
    let tcp = |tls| Probe::Tcp { address: server.as_str().into(), tls };
    assert_eq!(look(tcp(tls(true))).await, (Passing, format!("TCP+TLS connect {server}: Success")));
    assert_eq!(look(tcp(tls(false))).await.0, Critical);
    let plain = listen(|_| async {}).await;
    assert_eq!(look(Probe::Tcp { address: plain.as_str().into(), tls: tls(true) }).await.0, Critical);
}

#[tokio::test]
async fn a_udp_port_passes_unless_it_refuses() {
    let echo = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = echo.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((_, from)) = echo.recv_from(&mut [0; 16]).await {
            let _ = echo.send_to(b"x", from).await;
        }
    });
    let udp = |address: &str| Probe::Udp { address: address.into() };
    let passing = |address: &str| (Passing, format!("UDP connect {address}: Success"));
    assert_eq!(look(udp(&address)).await, passing(&address));
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let outcome = run_within(udp(&address), Duration::from_millis(50)).await;
    assert_eq!((outcome.status, outcome.output), passing(&address), "silence is no refusal");
    drop(silent);
    let refused = look(udp(&address)).await;
    assert!(
        refused.0 == Critical && refused.1.ends_with(&format!("->{address}: read: connection refused")),
        "{refused:?}"
    );
    assert_eq!(look(udp("x")).await.1, "dial udp: address x: missing port in address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_real_checks_run_within_bounds() {
    const CHECKS: usize = 3000;
    let open = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, peak) = (Arc::clone(&open), Arc::clone(&most));
    let server = server::http(None, move |_| {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        now.fetch_sub(1, Ordering::SeqCst);
        hyper::Response::new(http_body_util::Full::default())
    })
    .await;
    let engine = Arc::new(Engine::at(EngineAddress::parse("unix:///nonexistent").unwrap()));
    let scheduler = Arc::new(Scheduler::new(Config { network_at_once: 32, ..Config::new(engine) }));
    let interval = Duration::from_secs(2);
    for number in 0..CHECKS {
        let probe = match number % 2 {
            0 => Probe::Tcp { address: server.as_str().into(), tls: None },
            _ => Probe::Http(HttpProbe::get(format!("http://{server}/"))),
        };
        let definition = Arc::new(CheckDefinition::every(probe, interval));
        scheduler.start(&CheckId::new(format!("c{number}")).unwrap(), &definition);
    }
    let (sender, mut findings) = mpsc::channel(64);
    let shutdown = CancellationToken::new();
    let (running, until) = (Arc::clone(&scheduler), shutdown.clone());
    let task = tokio::spawn(async move { running.run(sender, until).await });
    let mut seen = BTreeSet::new();
    while seen.len() < CHECKS {
        let finding = findings.recv().await.unwrap();
        assert_eq!(finding.status, Passing, "{finding:?}");
        seen.insert(finding.check);
    }
    shutdown.cancel();
    task.await.unwrap();
    assert!(most.load(Ordering::SeqCst) <= 32);
}
