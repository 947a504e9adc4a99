//! A client: sends requests over HTTP and writes down what came back.

mod body;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;
use muster_testbed::probe::{self, Answer as HttpAnswer};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::event::{Event, Reply, Request};

const PATIENCE: Duration = Duration::from_secs(180);
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'&').add(b'#').add(b'%').add(b'+');

/// All that was asked and answered.
#[derive(Debug, Clone)]
pub struct Recorder {
    began: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Recorder {
    /// Begins a history.
    pub fn begin() -> Self {
        Self { began: Instant::now(), events: Arc::default() }
    }

    /// What was recorded so far.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests there were so far.
    pub fn count(&self) -> usize {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// One client, that asks one thing at a time.
#[derive(Debug)]
pub struct Client {
    /// Its number.
    pub id: usize,
    /// Its chances.
    pub random: fastrand::Rng,
    /// Whether all writing has ended.
    pub last: bool,
    address: SocketAddr,
    up: watch::Receiver<bool>,
    recorder: Recorder,
    values: u64,
}

impl Client {
    /// A client of the registry at an address; `up` says whether that can be reached.
    pub fn new(id: usize, seed: u64, address: SocketAddr, up: watch::Receiver<bool>, recorder: Recorder) -> Self {
        let random = fastrand::Rng::with_seed(seed.wrapping_mul(1_000).wrapping_add(id as u64));
        Self { id, random, last: false, address, up, recorder, values: 0 }
    }

    /// A text that no other write has.
    pub fn new_value(&mut self) -> String {
        self.values += 1;
        format!("{}-{}", self.id, self.values)
    }

    /// Asks once, as soon as the registry is up, and records it.
    pub async fn ask(&mut self, request: Request) -> Reply {
        // The other end lives as long as the history.
        let _ = self.up.wait_for(|up| *up).await;
        let start = self.recorder.began.elapsed();
        let sent = body::of(&request);
        let method = sent.method.clone();
        let outcome = match method {
            Method::PUT => probe::put(self.address, &sent.path, sent.body, PATIENCE).await,
            other => probe::request(other, self.address, &sent.path, PATIENCE).await,
        };
        let reply = match outcome {
            Ok(answer) => read(&request, &answer),
            Err(error) => Reply::Unknown(error.to_string()),
        };
        let end = self.recorder.began.elapsed();
        let event = Event { client: self.id, start, end, last: self.last, request, reply: reply.clone() };
        self.recorder.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        reply
    }

    /// Asks until there is a reply. For what may be done twice.
    pub async fn insist(&mut self, request: Request) -> Reply {
        loop {
            match self.ask(request.clone()).await {
                Reply::Unknown(_) => {}
                reply => return reply,
            }
        }
    }
}

fn read(request: &Request, answer: &HttpAnswer) -> Reply {
    let text = answer.text();
    match body::read(request, answer) {
        Some(reply) => reply,
        None if text.contains("invalid session") || answer.status.is_client_error() => Reply::Refused(text),
        None => Reply::Unknown(format!("{} {text}", answer.status)),
    }
}

fn in_query(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}
