//! An example application: counts its hits in Redis and says which container answered.
//!
//! `GET /` adds one to the counter and answers `{"container":"…","hits":N}`; `GET /health` answers without touching
//! Redis. Settings come from the environment, as in any Compose file: `APP_PORT` (4000), `REDIS_HOST` or
//! `REDIS_IP` (redis), `REDIS_PORT` (6379). SIGTERM lets requests in flight finish and stops; it runs as PID 1, so without a handler
//! every `docker stop` would take its ten seconds of grace.

mod answer;
mod counter;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use answer::Application;
use counter::Counter;

/// How long requests in flight may take to finish after SIGTERM.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let port = port_from_environment("APP_PORT", 4000)?;
    let redis_host = std::env::var("REDIS_HOST").or_else(|_| std::env::var("REDIS_IP"));
    let redis_host = redis_host.unwrap_or_else(|_| "redis".to_owned());
    let redis_port = port_from_environment("REDIS_PORT", 6379)?;
    let container = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_err(|error| format!("cannot read the host name: {error}"))?;
    let application = Application::new(container.trim(), Counter::new(redis_host, redis_port));

    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .await
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    let address = listener.local_addr().map_err(|error| format!("cannot read the listener's address: {error}"))?;
    println!("listening on {address}");
    serve(listener, Arc::new(application)).await.map_err(|error| format!("cannot serve: {error}"))
}

async fn serve(listener: TcpListener, application: Arc<Application>) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let connections = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: serving what is open frees some.
                    eprintln!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        };
        let application = Arc::clone(&application);
        let service = service_fn(move |request| {
            let application = Arc::clone(&application);
            async move { Ok::<_, std::convert::Infallible>(application.answer(&request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(75))
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client that goes away in mid-request is no news.
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_REQUESTS, connections.shutdown()).await;
    Ok(())
}

fn port_from_environment(name: &str, default: u16) -> Result<u16, String> {
    match std::env::var(name) {
        Ok(text) => text.parse().map_err(|_| format!("{name}={text} is not a port number")),
        Err(_) => Ok(default),
    }
}
