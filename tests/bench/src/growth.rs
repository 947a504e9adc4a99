//! The catalog as it grows from 1,000 instances to 100,000: memory, and what a write costs.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::load::{Load, Sample};
use crate::server::{Kind, Server};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
/// Instances of one service, and on one node.
const OF_A_SERVICE: usize = 10;
const ON_A_NODE: usize = 100;
const CONNECTIONS: usize = 64;
/// Changes that are measured at each size: so many that a large catalog's snapshots, which are saved once for about as
/// many, have their share in the cost and no more.
const CHANGES: usize = 100_000;

/// What one run gave.
pub struct Growth {
    pub idle_mib: f64,
    pub small_mib: f64,
    pub large_mib: f64,
    /// CPU time per change, in microseconds.
    pub small_cost: f64,
    pub large_cost: f64,
}

impl Growth {
    pub fn bytes_per_instance(&self) -> f64 {
        (self.large_mib - self.small_mib) * 1024.0 * 1024.0 / (LARGE - SMALL) as f64
    }

    pub async fn of(program: &Path) -> Result<Self> {
        let server = Server::start(Kind::Muster, program).await?;
        let idle_mib = server.anonymous_memory_mib()?;
        register(0, SMALL).run(&server).await?;
        let small_mib = server.anonymous_memory_mib()?;
        let small_cost = cost(&change(SMALL).run(&server).await?);
        register(SMALL, LARGE).run(&server).await?;
        let large_cost = cost(&change(LARGE).run(&server).await?);
        // Snapshots that are being saved hold older states.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let large_mib = server.anonymous_memory_mib()?;
        server.stop()?;
        Ok(Self { idle_mib, small_mib, large_mib, small_cost, large_cost })
    }
}

fn cost(sample: &Sample) -> f64 {
    sample.cpu_micros.unwrap_or_default()
}

fn register(from: usize, to: usize) -> Load {
    Load::count(CONNECTIONS, to - from, move |number| registration(from + number, 80))
}

/// Other ports, all over the catalog.
fn change(size: usize) -> Load {
    Load::count(CONNECTIONS, CHANGES, move |number| registration(number * 7919 % size, 1000 + number % 60_000))
}

fn registration(instance: usize, port: usize) -> (&'static str, String, String) {
    let (node, service) = (instance / ON_A_NODE, instance / OF_A_SERVICE);
    let address = format!("10.{}.{}.{}", node >> 16 & 255, node >> 8 & 255, node & 255);
    let body = format!(
        r#"{{"Node":"node{node}","Address":"{address}","Service":{{"ID":"i{instance}","Service":"service{service}","Address":"{address}","Port":{port},"Tags":["v1","http"],"Meta":{{"version":"1.2.3"}}}},"Check":{{"CheckID":"service:i{instance}","Name":"Service 'service{service}' check","Status":"passing","ServiceID":"i{instance}"}}}}"#
    );
    ("PUT", "/v1/catalog/register".to_owned(), body)
}
