//! Services and checks that files define → bodies as `/v1/agent/service/register` and `…/check/register` take them.
//!
//! Files spell fields with underscores, the API without. Which fields there are and what they take is checked
//! here, with file and line; what a field may say is for whoever reads the body, as for any other client.

mod field;

use std::fmt;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use muster_hcl::{Node, Number, Object, Position, Value};
use muster_model::duration_text::GoDuration;
use muster_wire::json::{ArrayWriter, ObjectWriter, push_string};
use muster_wire::request::{register_check, register_service};

use self::field::{CHECK, Field, SERVICE, Takes, makes_a_check_look};
use super::key::{MAX_ITEMS, MAX_TEXT_BYTES};
use super::layer::{found, spelled_twice, too_long, too_many};
use super::{Block, Settings};

/// The longest definition as the API takes it, in bytes, and how many checks one may have: so it fits into the journal,
/// whatever names its checks are given.
const MAX_BYTES: usize = 1 << 20;
const MAX_CHECKS: usize = 256;

/// A definition, ready to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Where it stands.
    pub place: Place,
    /// What it defines.
    pub subject: Subject,
    /// The instance's or the check's ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The body of the registration.
    pub body: Vec<u8>,
}

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Service,
    Check,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Arc<str>, Position);

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.0, self.1)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Service => "service",
            Self::Check => "check",
        })
    }
}

/// All definitions, services first, since checks may name them. A service that is defined twice counts as it is
/// defined last, as in Consul, where the later one replaces it. One that the API would refuse is told here, before
/// anything is made.
pub fn definitions(settings: &Settings) -> Result<Vec<Definition>> {
    let all = as_written(settings)?;
    all.iter().try_for_each(Definition::check)?;
    Ok(all)
}

impl Definition {
    fn check(&self) -> Result<()> {
        let bytes = self.body.len();
        let refused = match self.subject {
            _ if bytes > MAX_BYTES => Some(format!("it has {bytes} bytes: at most {MAX_BYTES} would be right")),
            Subject::Service => register_service(&self.body).err().map(|error| error.to_string()),
            Subject::Check => register_check(&self.body).err().map(|error| error.to_string()),
        };
        match refused {
            Some(refused) => Err(anyhow!("{}: {} {:?}: {refused}", self.place, self.subject, self.id)),
            None => Ok(()),
        }
    }
}

fn as_written(settings: &Settings) -> Result<Vec<Definition>> {
    let mut all: Vec<Definition> = Vec::new();
    let kinds = [
        ("service", Subject::Service),
        ("services", Subject::Service),
        ("check", Subject::Check),
        ("checks", Subject::Check),
    ];
    for (path, subject) in kinds {
        for block in settings.blocks(path) {
            let definition = Reader { file: &block.file, path }.definition(block, subject)?;
            all.retain(|other| (other.subject, &other.id) != (subject, &definition.id));
            all.push(definition);
        }
    }
    Ok(all)
}

/// What files define, whatever else they say: for commands that register it.
pub fn file_definitions(paths: &[String]) -> Result<Vec<Definition>> {
    definitions(&super::read_paths(paths, None)?)
}

struct Reader<'a> {
    file: &'a Arc<str>,
    path: &'static str,
}

impl Reader<'_> {
    fn definition(&self, block: &Block, subject: Subject) -> Result<Definition> {
        let place = Place(Arc::clone(self.file), block.node.position);
        let object = block.node.object().ok_or_else(|| anyhow!("{place}: {subject} is not an object"))?;
        let fields = if subject == Subject::Service { SERVICE } else { CHECK };
        let mut body = Vec::new();
        self.object(&mut body, self.path, object, fields, subject == Subject::Check)?;
        let text = |key: &str| match object.members.iter().find(|member| member.key.eq_ignore_ascii_case(key)) {
            Some(member) => match &member.node.value {
                Value::Text(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            },
            None => None,
        };
        let name = text("name").ok_or_else(|| anyhow!("{place}: {subject} has no name"))?;
        let id = text("id").unwrap_or_else(|| name.clone());
        Ok(Definition { place, subject, id, name, body })
    }

    /// `alone`: a check that is registered on its own, whose ID the API calls `ID`.
    fn object(&self, out: &mut Vec<u8>, path: &str, object: &Object, fields: &[Field], alone: bool) -> Result<()> {
        if let Some((member, other)) = spelled_twice(object) {
            let (file, position, key) = (self.file, member.position, &member.key);
            return Err(anyhow!("{file}:{position}: invalid config key {path}.{key}: {other} stands there too"));
        }
        let mut writer = ObjectWriter::new(out);
        for member in &object.members {
            let name = member.key.to_lowercase();
            let path = format!("{path}.{name}");
            let Some(field) = fields.iter().find(|field| field.name == name || field.alias == name) else {
                // Consul's words.
                return Err(anyhow!("{}:{}: invalid config key {path}", self.file, member.position));
            };
            if matches!((field.takes, &member.node.value), (_, Value::Null) | (Takes::Token, Value::Text(_))) {
                continue;
            }
            // Where both stand, Consul reads the one and does not look at the older.
            if name != field.name && object.members.iter().any(|other| other.key.eq_ignore_ascii_case(field.name)) {
                continue;
            }
            let api = if field.api == "CheckID" && alone { "ID" } else { field.api };
            self.value(writer.member(api), &path, &member.node, field.takes)?;
        }
        writer.end();
        Ok(())
    }

    fn value(&self, out: &mut Vec<u8>, path: &str, node: &Node, takes: Takes) -> Result<()> {
        match (takes, &node.value) {
            (_, Value::Text(text)) if text.len() > MAX_TEXT_BYTES => {
                return Err(too_long(self.file, node, path, text));
            }
            (Takes::List, Value::List(items)) if items.len() > MAX_ITEMS => {
                return Err(too_many(self.file, node, path, items.len(), MAX_ITEMS));
            }
            (Takes::Checks, Value::List(items)) if items.len() > MAX_CHECKS => {
                return Err(too_many(self.file, node, path, items.len(), MAX_CHECKS));
            }
            (Takes::Text, Value::Text(text)) => push_string(out, text),
            (Takes::Duration, Value::Text(text)) if GoDuration::parse(text).is_ok() => push_string(out, text),
            (Takes::Bool, Value::Bool(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            (Takes::Int, Value::Number(Number::Integer { value, .. })) => {
                out.extend_from_slice(value.to_string().as_bytes());
            }
            (Takes::List, Value::List(items)) => {
                let mut writer = ArrayWriter::new(out);
                for item in items {
                    self.value(writer.item(), path, item, Takes::Text)?;
                }
                writer.end();
            }
            (Takes::Checks, Value::List(items)) => {
                let mut writer = ArrayWriter::new(out);
                for (place, item) in items.iter().enumerate() {
                    // Which of several, as Consul counts them.
                    self.value(writer.item(), &format!("{path}[{place}]"), item, Takes::Check)?;
                }
                writer.end();
            }
            (Takes::Check | Takes::Group(_) | Takes::Map(_) | Takes::Mesh, _) => {
                let object = node.object().ok_or_else(|| self.wrong(path, node, takes))?;
                self.nested(out, path, node, object, takes)?;
            }
            _ => return Err(self.wrong(path, node, takes)),
        }
        Ok(())
    }

    fn nested(&self, out: &mut Vec<u8>, path: &str, node: &Node, object: &Object, takes: Takes) -> Result<()> {
        match takes {
            Takes::Check => {
                self.object(out, path, object, CHECK, false)?;
                self.looks_at_something(path, node, object)
            }
            Takes::Group(fields) => self.object(out, path, object, fields, false),
            Takes::Map(_) if object.members.len() > MAX_ITEMS => {
                Err(too_many(self.file, node, path, object.members.len(), MAX_ITEMS))
            }
            Takes::Map(item) => {
                let mut writer = ObjectWriter::new(out);
                for member in &object.members {
                    let path = format!("{path}.{}", member.key);
                    match item.fields() {
                        Some(fields) => {
                            let object = member
                                .node
                                .object()
                                .ok_or_else(|| self.wrong(&path, &member.node, Takes::Map(item)))?;
                            self.object(writer.entry(&member.key), &path, object, fields, false)?;
                        }
                        None => self.value(writer.entry(&member.key), &path, &member.node, item.takes())?,
                    }
                }
                writer.end();
                Ok(())
            }
            _ if object.members.is_empty() => {
                out.extend_from_slice(b"{}");
                Ok(())
            }
            _ => Err(anyhow!(
                "{}:{}: key {path:?} is not supported by this version of muster: there is no service mesh",
                self.file,
                node.position
            )),
        }
    }

    /// The API takes a check inside a service that says nothing for none; in a file it is a mistake, as for Consul.
    fn looks_at_something(&self, path: &str, node: &Node, object: &Object) -> Result<()> {
        let mut looks = object.members.iter().filter(|member| makes_a_check_look(&member.key));
        if looks.any(|member| member.node.value != Value::Null) {
            return Ok(());
        }
        let (file, position) = (self.file, node.position);
        Err(anyhow!("{file}:{position}: key {path:?} looks at nothing: ttl, http, tcp or another kind would be right"))
    }

    fn wrong(&self, path: &str, node: &Node, takes: Takes) -> anyhow::Error {
        let hint = match (takes, &node.value) {
            (Takes::Check, Value::List(items)) if items.len() > 1 => "one object, or checks = [ … ]",
            _ => takes.wanted(),
        };
        let found = found(&node.value);
        anyhow!("{}:{}: key {path:?} is {found}: {hint} would be right", self.file, node.position)
    }
}

#[cfg(test)]
mod tests;
