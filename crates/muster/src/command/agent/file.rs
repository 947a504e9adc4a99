//! Configuration files of `agent`: JSON with Consul's keys. A key without effect here is an error that names it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use muster_wire::json::{Object, Value, parse};

/// What a file says; none: it does not say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FileSettings {
    pub bind: Option<String>,
    pub bootstrap: Option<bool>,
    pub client: Option<String>,
    pub data_dir: Option<String>,
    pub datacenter: Option<String>,
    pub http_port: Option<i64>,
    pub log_level: Option<String>,
    pub node: Option<String>,
    pub server: Option<bool>,
}

impl FileSettings {
    /// Reads `path` and lays it over what is there.
    pub fn read(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read(path).with_context(|| format!("cannot read configuration file {}", path.display()))?;
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            bail!("{}: only JSON files are read by this version of muster, HCL is not there yet", path.display());
        }
        self.take(&text).with_context(|| format!("{}", path.display()))
    }

    fn take(&mut self, text: &[u8]) -> Result<()> {
        let value = parse(text)?;
        let Some(object) = value.as_object() else { bail!("the file is not a JSON object") };
        for (key, value) in members(object) {
            match key {
                "bind_addr" => self.bind = Some(string(key, value)?),
                "bootstrap" => self.bootstrap = Some(boolean(key, value)?),
                "client_addr" => self.client = Some(string(key, value)?),
                "data_dir" => self.data_dir = Some(string(key, value)?),
                "datacenter" => self.datacenter = Some(string(key, value)?),
                "log_level" => self.log_level = Some(string(key, value)?),
                "node_name" => self.node = Some(string(key, value)?),
                "ports" => self.take_ports(value)?,
                "server" => self.server = Some(boolean(key, value)?),
                _ => bail!(unsupported(key)),
            }
        }
        Ok(())
    }

    fn take_ports(&mut self, value: &Value) -> Result<()> {
        let Some(object) = value.as_object() else { bail!("key \"ports\" is not an object") };
        for (key, value) in members(object) {
            let port = integer(key, value)?;
            match (key, port) {
                ("http", port) => self.http_port = Some(port),
                // Off is what they are.
                (_, -1) => {}
                _ => bail!("key \"ports.{key}\" is not supported by this version of muster; -1 (off) would be right"),
            }
        }
        Ok(())
    }
}

/// Whether a key has an effect, for the table in docs/compatibility.md.
#[cfg(test)]
pub fn is_read(key: &str) -> bool {
    let refused = FileSettings::default().take(format!("{{{key:?}:null}}").as_bytes()).err();
    refused.is_none_or(|error| error.to_string() != unsupported(key))
}

fn unsupported(key: &str) -> String {
    format!("key {key:?} is not supported by this version of muster")
}

fn members(object: &Object) -> impl Iterator<Item = (&str, &Value)> {
    object.0.iter().map(|(key, value)| (&**key, value))
}

fn string(key: &str, value: &Value) -> Result<String> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("key {key:?} is a {}: a string would be right", value.kind()),
    }
}

fn boolean(key: &str, value: &Value) -> Result<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => bail!("key {key:?} is a {}: true or false would be right", other.kind()),
    }
}

fn integer(key: &str, value: &Value) -> Result<i64> {
    match value {
        Value::Number(text) => {
            text.parse().with_context(|| format!("key {key:?} is {text}: a whole number would be right"))
        }
        other => bail!("key {key:?} is a {}: a number would be right", other.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(text: &str) -> Result<FileSettings> {
        let mut settings = FileSettings::default();
        settings.take(text.as_bytes())?;
        Ok(settings)
    }

    #[test]
    fn reads_what_has_an_effect() {
        let settings = take(r#"{"node_name":"n","ports":{"http":1,"dns":-1},"server":true}"#).unwrap();
        assert_eq!(settings.node.as_deref(), Some("n"));
        assert_eq!((settings.http_port, settings.server), (Some(1), Some(true)));
    }

    #[test]
    fn names_what_has_none() {
        let refused = |text| format!("{:#}", take(text).unwrap_err());
        assert_eq!(refused(r#"{"acl":{}}"#), "key \"acl\" is not supported by this version of muster");
        assert!(refused(r#"{"ports":{"dns":8600}}"#).starts_with("key \"ports.dns\" is not supported"));
        assert!(refused(r#"{"server":"yes"}"#).contains("true or false would be right"));
        assert!(take("{").is_err());
    }
}
