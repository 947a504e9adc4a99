//! Watches that files define: whoever is to be told of a change is told, with what is so now.
//!
//! A watch asks this agent's own HTTP API, as Consul's do, and blocks there until what it looks at changes.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use muster_consul_client::{ClientConfig, ConsulClient, RawAnswer};
use muster_wire::query::{path, push_param};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::task::JoinSet;
use tracing::{debug, warn};

use crate::config::{Watch, WatchHandler, WatchRequest, WatchSubject};
use crate::exit::one_line;

/// How long one question is held back.
const HELD: Duration = Duration::from_secs(300);
/// After the first failure; it grows with the square of their number, up to [`LONGEST_PAUSE`]. As in Consul.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(180);
/// How much of what a command says is logged, in bytes.
const SAID: usize = 4096;

/// The watches that run. They end when this is dropped.
pub struct Watches {
    /// Where this agent answers; none: nowhere.
    address: Option<String>,
    defined: Vec<Watch>,
    running: JoinSet<()>,
}

impl Watches {
    /// Nothing is watched yet.
    pub fn at(address: Option<String>) -> Self {
        Self { address, defined: Vec::new(), running: JoinSet::new() }
    }

    /// Whether these can be watched at all.
    pub fn check(&self, wanted: &[Watch]) -> Result<()> {
        check(wanted, self.address.is_some())
    }

    /// Watches these from now on. Those that are as before go on and tell nothing anew.
    pub fn apply(&mut self, wanted: Vec<Watch>) -> Result<()> {
        self.check(&wanted)?;
        let Some(address) = &self.address else { return Ok(()) };
        let same = |one: &Watch, other: &Watch| (&one.subject, &one.handler) == (&other.subject, &other.handler);
        if wanted.len() == self.defined.len() && wanted.iter().zip(&self.defined).all(|(one, other)| same(one, other)) {
            return Ok(());
        }
        self.running = JoinSet::new();
        for watch in wanted.iter().cloned() {
            let client = ConsulClient::new(ClientConfig::new(address))?;
            self.running.spawn(follow(watch, client));
        }
        self.defined = wanted;
        Ok(())
    }
}

/// Whether watches can be watched where the HTTP API is served, or is not.
pub fn check(wanted: &[Watch], is_served: bool) -> Result<()> {
    match wanted.first() {
        Some(watch) if !is_served => {
            bail!("{}: watches: it asks the HTTP API, which is served nowhere: a port would be right", watch.place)
        }
        _ => Ok(()),
    }
}

/// Without end.
async fn follow(watch: Watch, client: ConsulClient) {
    let mut index = 0;
    let mut told: Option<String> = None;
    let mut failures = 0;
    loop {
        match look(&watch.subject, &client, index).await {
            Ok((at, now)) => {
                failures = 0;
                // An index that went back is another history's: it is asked for from the start.
                let went_back = at < index && !matches!(watch.subject, WatchSubject::Event(_));
                index = if went_back { 0 } else { at };
                if told.as_ref() != Some(&now) {
                    if let Err(error) = tell(&watch.handler, at, &now).await {
                        warn!(watch = %watch.place, "the handler failed: {}", one_line(&error));
                    }
                    told = Some(now);
                }
            }
            Err(error) => {
                failures += 1;
                let pause = LONGEST_PAUSE.min(PAUSE * failures * failures);
                warn!(watch = %watch.place, "{}; asking again in {pause:?}", one_line(&error));
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// What is so, with its index: as soon as that is not `index` any more.
async fn look(subject: &WatchSubject, client: &ConsulClient, index: u64) -> Result<(u64, String)> {
    let answer = client.get_raw(target(subject, index), HELD).await?;
    let is_key = matches!(subject, WatchSubject::Key(_) | WatchSubject::KeyPrefix(_));
    if answer.status != 200 && !(is_key && answer.status == 404) {
        bail!("the agent answers {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    let at = answer.index.context("the agent's answer has no index")?;
    Ok((at, shape(subject, &answer)?))
}

fn target(subject: &WatchSubject, index: u64) -> String {
    let mut query = String::new();
    let path = match subject {
        WatchSubject::Key(key) => path("/v1/kv/", key),
        WatchSubject::KeyPrefix(prefix) => {
            push_param(&mut query, "recurse", "");
            path("/v1/kv/", prefix)
        }
        WatchSubject::Services => "/v1/catalog/services".to_owned(),
        WatchSubject::Nodes => "/v1/catalog/nodes".to_owned(),
        WatchSubject::Service { name, tags, passing } => {
            tags.iter().for_each(|tag| push_param(&mut query, "tag", tag));
            if *passing {
                push_param(&mut query, "passing", "");
            }
            path("/v1/health/service/", name)
        }
        WatchSubject::ChecksOf(service) => path("/v1/health/checks/", service),
        WatchSubject::ChecksIn(state) => path("/v1/health/state/", state),
        WatchSubject::Event(name) => {
            if !name.is_empty() {
                push_param(&mut query, "name", name);
            }
            "/v1/event/list".to_owned()
        }
    };
    push_param(&mut query, "index", &index.to_string());
    push_param(&mut query, "wait", &format!("{}s", HELD.as_secs()));
    format!("{path}?{query}")
}

/// What a handler is given: the API's JSON, but for keys, which have Consul's own form here.
fn shape(subject: &WatchSubject, answer: &RawAnswer) -> Result<String> {
    let is_list = match subject {
        WatchSubject::Key(_) => false,
        WatchSubject::KeyPrefix(_) => true,
        // With -dev it is set out over lines, and a handler is given one.
        _ => return Ok(compact(&String::from_utf8_lossy(&answer.body))),
    };
    if answer.status == 404 {
        return Ok("null".to_owned());
    }
    let body: Value = serde_json::from_slice(&answer.body).context("the agent's answer is no JSON")?;
    let entries: Vec<String> = body.as_array().into_iter().flatten().map(key_value).collect();
    match entries.first() {
        Some(entry) if !is_list => Ok(entry.clone()),
        _ => Ok(format!("[{}]", entries.join(","))),
    }
}

/// JSON without what stands between its parts.
fn compact(json: &str) -> String {
    let (mut within, mut escaped) = (false, false);
    let is_part = |c: &char| {
        let kept = within || !c.is_ascii_whitespace();
        within ^= *c == '"' && !escaped;
        escaped = within && *c == '\\' && !escaped;
        kept
    };
    json.chars().filter(is_part).collect()
}

/// An entry with its fields in the order of Consul's handlers.
fn key_value(entry: &Value) -> String {
    let fields = ["Key", "CreateIndex", "ModifyIndex", "LockIndex", "Flags", "Value", "Session"];
    let session = Value::from("");
    let field = |name: &str| {
        let value = entry.get(name).unwrap_or(if name == "Session" { &session } else { &Value::Null });
        format!("\"{name}\":{value}")
    };
    format!("{{{}}}", fields.map(field).join(","))
}

async fn tell(handler: &WatchHandler, index: u64, now: &str) -> Result<()> {
    match handler {
        WatchHandler::Command(words) => run(words, index, now).await,
        WatchHandler::Http(request) => send(request, index, now).await,
    }
}

/// The command gets the JSON as its input and the index as `CONSUL_INDEX`.
async fn run(words: &[String], index: u64, now: &str) -> Result<()> {
    let (program, arguments) = words.split_first().context("there is no command")?;
    let mut command = Command::new(program);
    command.args(arguments).env("CONSUL_INDEX", index.to_string()).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot run {program:?}"))?;
    let input = child.stdin.take();
    let written = async {
        if let Some(mut input) = input {
            // Who does not read it does not need to know.
            let _ = input.write_all(format!("{now}\n").as_bytes()).await;
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), written);
    let output = output.with_context(|| format!("cannot wait for {program:?}"))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said[..said.len().min(SAID)]).trim_end().to_owned();
    match output.status.success() {
        true => debug!(command = %program, output = %said, "told of a change"),
        false => bail!("{program:?} ended with {}: {said}", output.status),
    }
    Ok(())
}

async fn send(handler: &WatchRequest, index: u64, now: &str) -> Result<()> {
    let method: Method = handler.method.parse().map_err(|_| anyhow!("{:?} is no method", handler.method))?;
    let mut request = Request::builder().method(method).uri(&handler.url);
    for (name, value) in &handler.headers {
        request = request.header(name, value);
    }
    let request = request.header("Content-Type", "application/json").header("X-Consul-Index", index);
    let request = request.body(Full::new(Bytes::from(format!("{now}\n")))).context("no request can be made of it")?;
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(handler.timeout, client.request(request)).await;
    let answer = answer.map_err(|_| anyhow!("{} did not answer within {:?}", handler.url, handler.timeout))?;
    let status = answer.with_context(|| format!("{} is not reached", handler.url))?.status();
    if status.is_success() { Ok(()) } else { bail!("{} answers {status}", handler.url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_on_one_line_with_its_texts_as_they_are() {
        let set_out = "[\n    {\n        \"a b\": \"c \\\" d\\\\\",\n        \"e\": [ 1, 2 ]\n    }\n]\n";
        assert_eq!(compact(set_out), r#"[{"a b":"c \" d\\","e":[1,2]}]"#);
    }
}
