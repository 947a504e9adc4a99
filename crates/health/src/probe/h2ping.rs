//! An HTTP/2 server answers a ping.

use std::time::Duration;

use h2::Ping;
use muster_model::Tls;

use super::host;
use crate::Outcome;
use crate::dial::{DialError, Stream, connect};
use crate::tls::{self, Inside};

pub(super) async fn run(address: &str, tls: Option<&Tls>, timeout: Duration) -> Outcome {
    let ping = async {
        let stream = open(address, tls).await.map_err(|error| format!("Failed to dial to {address}: {error}"))?;
        ping(stream).await.map_err(|error| format!("HTTP2 ping failed: {error}"))
    };
    match tokio::time::timeout(timeout, ping).await {
        Ok(Ok(())) => Outcome::passing("HTTP2 ping was successful"),
        Ok(Err(text)) => Outcome::critical(text),
        Err(_) => Outcome::critical("HTTP2 ping failed: context deadline exceeded"),
    }
}

/// A connection for HTTP/2.
pub(super) async fn open(address: &str, tls: Option<&Tls>) -> Result<Box<dyn Stream>, DialError> {
    let stream = connect(address).await?;
    Ok(match tls {
        None => Box::new(stream),
        Some(settings) => Box::new(tls::wrap(stream, host(address), settings, Inside::Http2).await?),
    })
}

async fn ping(stream: Box<dyn Stream>) -> Result<(), h2::Error> {
    let (_sender, mut connection) = h2::client::handshake(stream).await?;
    let mut pings = connection.ping_pong().expect("nobody else took it");
    tokio::select! {
        answer = pings.ping(Ping::opaque()) => answer.map(drop),
        // It ends by itself only when something is wrong, or at the server's wish.
        ended = connection => ended.and(Err(h2::Reason::NO_ERROR.into())),
    }
}
