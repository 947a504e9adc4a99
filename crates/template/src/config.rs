//! What the renderer is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::Command;

/// What to render, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Rendered in this order.
    pub templates: Vec<TemplateConfig>,
    /// Render everything once, run the commands, and end.
    pub once: bool,
    /// Variables for templates and commands, before the process's own: see [`ConsulEnvironment`].
    pub environment: BTreeMap<String, String>,
    /// When to try again what failed.
    pub retry: Retry,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateConfig {
    /// Where the template's text is.
    pub source: PathBuf,
    /// What it is rendered to.
    pub destination: PathBuf,
    /// What is run when the destination has changed.
    pub command: Option<Command>,
}

/// When to try again what failed: registry, command, file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The first wait, which doubles each time.
    pub backoff: Duration,
    /// The longest wait.
    pub max_backoff: Duration,
    /// How often the registry is tried for one question in a row; counts under `once` only, for a
    /// daemon never gives up.
    pub attempts: u32,
}

impl Default for Retry {
    /// consul-template's own numbers.
    fn default() -> Self {
        Self { backoff: Duration::from_millis(250), max_backoff: Duration::from_secs(60), attempts: 12 }
    }
}

/// How the registry is reached, as consul-template tells it to templates and commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsulEnvironment {
    /// `CONSUL_HTTP_ADDR`, unless empty.
    pub address: String,
    /// `CONSUL_HTTP_AUTH`, unless empty: `user:password`.
    pub auth: String,
    /// `CONSUL_HTTP_TOKEN`, unless empty.
    pub token: String,
    /// `CONSUL_HTTP_TOKEN_FILE`, unless empty.
    pub token_file: String,
    /// `CONSUL_HTTP_SSL`.
    pub ssl: bool,
    /// `CONSUL_HTTP_SSL_VERIFY`.
    pub ssl_verify: bool,
}

impl ConsulEnvironment {
    /// The variables.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let texts = [
            ("CONSUL_HTTP_ADDR", &self.address),
            ("CONSUL_HTTP_AUTH", &self.auth),
            ("CONSUL_HTTP_TOKEN", &self.token),
            ("CONSUL_HTTP_TOKEN_FILE", &self.token_file),
        ];
        let switches = [("CONSUL_HTTP_SSL", self.ssl), ("CONSUL_HTTP_SSL_VERIFY", self.ssl_verify)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.clone()));
        let switches = switches.into_iter().map(|(name, on)| (name, on.to_string()));
        texts.chain(switches).map(|(name, text)| (name.to_owned(), text)).collect()
    }
}

/// A `-template` flag that says too little.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplateFlag {
    /// Nothing but space.
    #[error("template: cannot be empty")]
    Empty,
    /// A source alone.
    #[error("template {0:?} has no destination: IN:OUT or IN:OUT:COMMAND is right")]
    NoDestination(String),
}

/// Reads consul-template's `IN:OUT[:COMMAND]`: a drive letter belongs to its path, empty parts vanish,
/// and further colons belong to the command.
impl FromStr for TemplateConfig {
    type Err = InvalidTemplateFlag;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(InvalidTemplateFlag::Empty);
        }
        let parts = parts(text);
        let [source, destination, command @ ..] = &parts[..] else {
            return Err(InvalidTemplateFlag::NoDestination(text.to_owned()));
        };
        let command = if command.is_empty() { None } else { Command::new(&command.join(":")) };
        Ok(Self { source: source.into(), destination: destination.into(), command })
    }
}

/// Splits at colons, but not after a single letter that is a whole part, if something follows.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // A letter and a colon are a drive only if they come right where the search goes on and are
        // followed by something that is no colon.
        let start = rest.bytes().position(|byte| byte != b':').unwrap_or(rest.len());
        rest = &rest[start..];
        let bytes = rest.as_bytes();
        let drive = matches!(bytes, [letter, b':', next, ..] if letter.is_ascii_alphabetic() && *next != b':');
        let from = if drive { 2 } else { 0 };
        let end = rest[from..].find(':').map_or(rest.len(), |colon| from + colon);
        if end > 0 {
            parts.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_consul_templates_flag() {
        let read = |text: &str| text.parse::<TemplateConfig>().unwrap();
        let lb = read("/in.ctmpl:/etc/nginx/conf.d/default.conf:nginx -s reload");
        assert_eq!(lb.source, PathBuf::from("/in.ctmpl"));
        assert_eq!(lb.destination, PathBuf::from("/etc/nginx/conf.d/default.conf"));
        assert_eq!(lb.command, Command::new("nginx -s reload"));
        assert_eq!(read("in:out").command, None);
        assert_eq!(read("in:out:curl http://x:9090/-/reload").command, Command::new("curl http://x:9090/-/reload"));
        assert_eq!(parts(r"C:\in:D:\out:cmd"), [r"C:\in", r"D:\out", "cmd"]);
        assert_eq!(parts("in::out"), ["in", "out"]);
    }

    #[test]
    fn refuses_what_says_too_little() {
        assert_eq!(" ".parse::<TemplateConfig>().unwrap_err().to_string(), "template: cannot be empty");
        let error = "in.ctmpl".parse::<TemplateConfig>().unwrap_err();
        assert_eq!(error.to_string(), "template \"in.ctmpl\" has no destination: IN:OUT or IN:OUT:COMMAND is right");
    }

    #[test]
    fn tells_the_registrys_address() {
        let environment = ConsulEnvironment { address: "127.0.0.1:8500".into(), ..Default::default() };
        let variables = environment.variables();
        assert_eq!(variables["CONSUL_HTTP_ADDR"], "127.0.0.1:8500");
        assert_eq!(variables["CONSUL_HTTP_SSL"], "false");
        assert_eq!(variables.len(), 3);
    }
}
