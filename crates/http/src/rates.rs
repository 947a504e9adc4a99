//! How many reads and writes a second the registry takes: Consul's `limits.request_limits`.
//!
//! What the agent answers by itself counts for neither, as in Consul, where the limits are the servers'.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use hyper::Method;
use tokio::time::Instant;
use tracing::debug;

use crate::api_error::ApiError;

/// So many seconds' worth may come at once.
const BURST_SECONDS: f64 = 10.0;

/// What becomes of requests that come faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateMode {
    /// They are answered.
    #[default]
    Disabled,
    /// They are answered, and the log says so (at `debug`, as all that is refused).
    Permissive,
    /// They are refused.
    Enforcing,
}

/// What is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RequestLimits {
    /// What becomes of requests that come faster.
    pub mode: RateMode,
    /// How many reads a second; none: any number.
    pub reads: Option<f64>,
    /// How many writes.
    pub writes: Option<f64>,
}

/// The rates, with what is left of them. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub struct Rates(Arc<ArcSwap<Buckets>>);

#[derive(Debug, Default)]
struct Buckets {
    limits: RequestLimits,
    reads: Option<Mutex<Bucket>>,
    writes: Option<Mutex<Bucket>>,
}

/// What is left: it fills at its rate, and is full in the beginning.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    left: f64,
    at: Instant,
}

impl Rates {
    /// What holds from now on. New limits begin with all that may come at once; those that hold already go on.
    pub fn allow(&self, limits: RequestLimits) {
        if self.0.load().limits == limits {
            return;
        }
        let RequestLimits { mode, reads, writes } = limits;
        let bucket = |rate: f64| Mutex::new(Bucket { rate, left: burst(rate), at: Instant::now() });
        let bucket = |rate: Option<f64>| rate.filter(|_| mode != RateMode::Disabled).map(bucket);
        self.0.store(Arc::new(Buckets { limits, reads: bucket(reads), writes: bucket(writes) }));
    }

    /// Whether reads are counted.
    pub(crate) fn counts_reads(&self) -> bool {
        self.0.load().reads.is_some()
    }

    /// Takes a request of this kind, or says that there are too many.
    pub(crate) fn admit(&self, method: &Method, pattern: &str) -> Result<(), ApiError> {
        let is_write = !matches!(*method, Method::GET | Method::HEAD);
        let buckets = self.0.load();
        let bucket = if is_write { &buckets.writes } else { &buckets.reads };
        let Some(bucket) = bucket.as_ref().filter(|_| asks_the_registry(pattern)) else { return Ok(()) };
        if bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now()) {
            return Ok(());
        }
        let kind = if is_write { "writes" } else { "reads" };
        debug!(endpoint = pattern, "more {kind} come than limits.request_limits allows");
        if buckets.limits.mode == RateMode::Permissive {
            return Ok(());
        }
        Err(if is_write {
            ApiError::new(
                503,
                "rate limit exceeded for operation that can only be performed by the leader, try again later",
            )
        } else {
            ApiError::new(429, "rate limit exceeded, try again later or against a different server")
        })
    }
}

/// Whether an endpoint is the registry's and not the agent's own.
fn asks_the_registry(pattern: &str) -> bool {
    let own = ["/v1/agent/", "/v1/status/", "/v1/event/list", "/v1/snapshot", "/v1/acl/", "/v1/operator/"];
    !own.iter().any(|own| pattern.starts_with(own))
}

/// How many may come at once: whole ones, as Consul counts them.
fn burst(rate: f64) -> f64 {
    rate.trunc() * BURST_SECONDS
}

impl Bucket {
    /// Takes one out, if there is one.
    fn take(&mut self, now: Instant) -> bool {
        let filled = now.saturating_duration_since(self.at).as_secs_f64() * self.rate;
        self.left = (self.left + filled).min(burst(self.rate));
        self.at = now;
        let is_there = self.left >= 1.0;
        if is_there {
            self.left -= 1.0;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn what_comes_faster_than_it_may_is_refused_until_time_has_passed() {
        let rates = Rates::default();
        let limits = RequestLimits { mode: RateMode::Enforcing, reads: Some(2.0), writes: None };
        rates.allow(limits);
        let ask = |method: &Method, pattern: &str| rates.admit(method, pattern).map_err(|error| error.status);
        for _ in 0..20 {
            assert_eq!(ask(&Method::GET, "/v1/kv/"), Ok(()));
        }
        assert_eq!(ask(&Method::GET, "/v1/kv/"), Err(429));
        rates.allow(limits);
        assert_eq!(ask(&Method::GET, "/v1/kv/"), Err(429), "a reload that changes nothing fills nothing");
        assert_eq!(ask(&Method::PUT, "/v1/kv/"), Ok(()), "writes have a rate of their own");
        assert_eq!(ask(&Method::GET, "/v1/agent/services"), Ok(()), "the agent answers by itself");
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!([ask(&Method::GET, "/v1/kv/"), ask(&Method::GET, "/v1/kv/")], [Ok(()), Err(429)]);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..30).filter(|_| ask(&Method::GET, "/v1/kv/").is_ok()).count(), 20, "no more than the burst");
    }

    #[tokio::test]
    async fn without_force_nothing_is_refused() {
        let rates = Rates::default();
        for mode in [RateMode::Disabled, RateMode::Permissive] {
            rates.allow(RequestLimits { mode, reads: Some(0.0), writes: Some(0.0) });
            assert_eq!(rates.admit(&Method::PUT, "/v1/kv/"), Ok(()), "{mode:?}");
        }
        rates.allow(RequestLimits { mode: RateMode::Enforcing, reads: Some(0.0), writes: Some(0.0) });
        assert_eq!(rates.admit(&Method::PUT, "/v1/kv/").map_err(|error| error.status), Err(503));
    }
}
