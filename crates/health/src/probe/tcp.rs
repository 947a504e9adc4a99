//! A port takes connections.

use std::time::Duration;

use muster_model::Tls;

use super::host;
use crate::Outcome;
use crate::dial::{DialError, connect, connect_within};
use crate::tls::{self, Inside};

pub(super) async fn run(address: &str, tls: Option<&Tls>, timeout: Duration) -> Outcome {
    let Some(settings) = tls else {
        return match connect_within(address, timeout).await {
            Ok(_) => Outcome::passing(format!("TCP connect {address}: Success")),
            Err(error) => Outcome::critical(error.to_string()),
        };
    };
    let both = async {
        let stream = connect(address).await?;
        tls::wrap(stream, host(address), settings, Inside::Anything).await.map(drop)
    };
    let late = || DialError::Timeout { network: "tcp", address: address.to_owned() };
    match tokio::time::timeout(timeout, both).await.unwrap_or_else(|_| Err(late())) {
        Ok(()) => Outcome::passing(format!("TCP+TLS connect {address}: Success")),
        Err(error) => Outcome::critical(error.to_string()),
    }
}
