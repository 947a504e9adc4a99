//! `watches`: what is looked at, and what is told of its changes. Consul's rules of what goes together.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use muster_hcl::{Member, Node, Object, Value};
use muster_model::duration_text::GoDuration;

use super::{Block, Settings};

/// How long a handler over HTTP may take, if nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// A watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// `file:line:column`.
    pub place: String,
    /// What is looked at.
    pub subject: WatchSubject,
    /// Whom its changes are told.
    pub handler: WatchHandler,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchSubject {
    Key(String),
    KeyPrefix(String),
    Services,
    Nodes,
    Service { name: String, tags: Vec<String>, passing: bool },
    ChecksOf(String),
    ChecksIn(String),
    Event(String),
}

/// Whom changes are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchHandler {
    /// A command with its arguments.
    Command(Vec<String>),
    /// A request over HTTP.
    Http(WatchRequest),
}

/// A request that tells of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchRequest {
    pub url: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub timeout: Duration,
}

/// All watches.
pub fn watches(settings: &Settings) -> Result<Vec<Watch>> {
    settings.blocks("watches").iter().map(|block| watch(block).map_err(|error| placed(block, &error))).collect()
}

fn placed(block: &Block, error: &anyhow::Error) -> anyhow::Error {
    anyhow!("{}: watches: {error}", place(block))
}

fn place(block: &Block) -> String {
    format!("{}:{}", block.file, block.node.position)
}

fn watch(block: &Block) -> Result<Watch> {
    let object = block.node.object().ok_or_else(|| anyhow!("is no object"))?;
    let mut fields = Fields { members: object.members.iter().collect() };
    let kind = fields.text("type")?.ok_or_else(|| {
        anyhow!("type is missing: key, keyprefix, services, nodes, service, checks or event would be right")
    })?;
    // There are one datacenter and no access control, and every answer is current.
    for ignored in ["datacenter", "token", "stale"] {
        fields.take(ignored);
    }
    let subject = subject(&kind, &mut fields)?;
    let handler = handler(&mut fields)?;
    if let Some(unknown) = fields.members.first() {
        bail!("{} is unknown to a watch of type {kind}", unknown.key);
    }
    Ok(Watch { place: place(block), subject, handler })
}

fn subject(kind: &str, fields: &mut Fields<'_>) -> Result<WatchSubject> {
    let needed = |value: Option<String>, name: &str| {
        value
            .filter(|text| !text.is_empty())
            .ok_or_else(|| anyhow!("{name} is missing: a watch of type {kind} needs it"))
    };
    Ok(match kind {
        "key" => WatchSubject::Key(needed(fields.text("key")?, "key")?),
        "keyprefix" => WatchSubject::KeyPrefix(needed(fields.text("prefix")?, "prefix")?),
        "services" => WatchSubject::Services,
        "nodes" => WatchSubject::Nodes,
        "service" => WatchSubject::Service {
            name: needed(fields.text("service")?, "service")?,
            tags: fields.texts("tag")?,
            passing: fields.bool("passingonly")?,
        },
        "checks" => match (fields.text("service")?, fields.text("state")?) {
            (Some(_), Some(_)) => bail!("service and state cannot go together: one of them would be right"),
            (Some(service), None) => WatchSubject::ChecksOf(service),
            (None, state) => match state.as_deref().unwrap_or("any") {
                state @ ("any" | "passing" | "warning" | "critical") => WatchSubject::ChecksIn(state.to_owned()),
                other => bail!("state is {other:?}: any, passing, warning or critical would be right"),
            },
        },
        "event" => WatchSubject::Event(fields.text("name")?.unwrap_or_default()),
        other @ ("connect_roots" | "connect_leaf" | "agent_service") => {
            bail!("type {other:?} is not supported by this version of muster")
        }
        other => bail!("type is {other:?}: key, keyprefix, services, nodes, service, checks or event would be right"),
    })
}

fn handler(fields: &mut Fields<'_>) -> Result<WatchHandler> {
    let kind = fields.text("handler_type")?.unwrap_or_else(|| "script".to_owned());
    let shell = fields.text("handler")?.filter(|line| !line.is_empty());
    let arguments = fields.texts("args")?;
    let request = fields.object("http_handler_config")?;
    match (kind.as_str(), shell, arguments.is_empty(), request) {
        ("script", None, false, None) => Ok(WatchHandler::Command(arguments)),
        ("script", Some(line), true, None) => {
            Ok(WatchHandler::Command(["/bin/sh", "-c", &line].map(str::to_owned).to_vec()))
        }
        ("http", None, true, Some(request)) => Ok(WatchHandler::Http(http(request)?)),
        ("http", None, true, None) => bail!("handler_type http needs http_handler_config"),
        ("script", None, true, None) => bail!("args is missing: the command that is told of changes"),
        ("script" | "http", ..) => {
            bail!("only one handler is allowed: args, or http_handler_config with handler_type http")
        }
        (other, ..) => bail!("handler_type is {other:?}: script or http would be right"),
    }
}

fn http(object: &Object) -> Result<WatchRequest> {
    let mut fields = Fields { members: object.members.iter().collect() };
    let url = fields.text("path")?.ok_or_else(|| anyhow!("http_handler_config.path is missing: an http:// URL"))?;
    if !url.starts_with("http://") {
        bail!("http_handler_config.path is {url:?}: an http:// URL would be right, there is no TLS yet");
    }
    let timeout = match fields.text("timeout")? {
        None => PATIENCE,
        Some(text) => match GoDuration::parse(&text) {
            Ok(time) if time.nanos() > 0 => time.or_zero(),
            _ => bail!("http_handler_config.timeout is {text:?}: a duration such as \"10s\" would be right"),
        },
    };
    let method = fields.text("method")?.unwrap_or_else(|| "POST".to_owned());
    let mut headers = Vec::new();
    if let Some(object) = fields.object("header")? {
        for member in &object.members {
            let values = texts(&member.node).ok_or_else(|| anyhow!("header {} is no list of strings", member.key))?;
            headers.extend(values.into_iter().map(|value| (member.key.clone(), value)));
        }
    }
    fields.bool("tls_skip_verify")?;
    if let Some(unknown) = fields.members.first() {
        bail!("http_handler_config.{} is unknown", unknown.key);
    }
    Ok(WatchRequest { url, method, headers, timeout })
}

/// The members that nobody has taken yet.
struct Fields<'a> {
    members: Vec<&'a Member>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str) -> Option<&'a Node> {
        let at = self.members.iter().position(|member| member.key.eq_ignore_ascii_case(name))?;
        Some(&self.members.remove(at).node).filter(|node| node.value != Value::Null)
    }

    fn text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name).map(|node| &node.value) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(_) => bail!("{name} is no string in quotes"),
        }
    }

    fn bool(&mut self, name: &str) -> Result<bool> {
        match self.take(name).map(|node| &node.value) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => bail!("{name} is neither true nor false"),
        }
    }

    /// One string, or a list of them.
    fn texts(&mut self, name: &str) -> Result<Vec<String>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(node) => texts(node).ok_or_else(|| anyhow!("{name} is no list of strings")),
        }
    }

    fn object(&mut self, name: &str) -> Result<Option<&'a Object>> {
        match self.take(name) {
            None => Ok(None),
            Some(node) => node.object().map(Some).ok_or_else(|| anyhow!("{name} is no object")),
        }
    }
}

fn texts(node: &Node) -> Option<Vec<String>> {
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    match &node.value {
        Value::List(items) => items.iter().map(text).collect(),
        _ => Some(vec![text(node)?]),
    }
}

#[cfg(test)]
mod tests;
