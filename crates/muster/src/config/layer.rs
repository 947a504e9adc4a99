//! One text → entries, each checked against its key's row.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use muster_hcl::{Member, Node, Number, Object, Value};
use muster_model::duration_text::GoDuration;

use super::{Block, Effect, Entry, Fine, Key, Kind, Origin, Setting, Source, keys};

/// Everything that a source says.
pub fn read(source: &Source) -> Result<Vec<(&'static Key, Entry)>> {
    let mut layer = Layer { file: Arc::clone(&source.name), entries: Vec::new() };
    if let Some(root) = source.root.object() {
        layer.take_object("", root)?;
    }
    Ok(layer.entries)
}

struct Layer {
    file: Arc<str>,
    entries: Vec<(&'static Key, Entry)>,
}

impl Layer {
    fn take_object(&mut self, group: &str, object: &Object) -> Result<()> {
        for member in &object.members {
            // Go matches names of fields whatever their case.
            let name = member.key.to_lowercase();
            let path = if group.is_empty() { name } else { format!("{group}.{name}") };
            self.take(&path, member)?;
        }
        Ok(())
    }

    fn take(&mut self, path: &str, member: &Member) -> Result<()> {
        if member.node.value == Value::Null {
            return if is_known(path) { Ok(()) } else { Err(self.unknown(path, member)) };
        }
        if let Some(key) = keys().find(|key| key.path == path) {
            let entry = Entry {
                setting: self.setting(key, &member.node)?,
                origin: Origin::File(Arc::clone(&self.file), member.position),
            };
            key.accept(&entry)?;
            self.entries.push((key, entry));
            return Ok(());
        }
        if !is_known(path) {
            return Err(self.unknown(path, member));
        }
        match member.node.object() {
            Some(object) => self.take_object(path, object),
            None => Err(self.wrong(path, &member.node, "an object")),
        }
    }

    fn unknown(&self, path: &str, member: &Member) -> anyhow::Error {
        // Consul's words.
        anyhow!("{}:{}: invalid config key {path}", self.file, member.position)
    }

    fn wrong(&self, path: &str, node: &Node, wanted: &str) -> anyhow::Error {
        let found = found(&node.value);
        anyhow!("{}:{}: key {path:?} is {found}: {wanted} would be right", self.file, node.position)
    }

    fn setting(&self, key: &Key, node: &Node) -> Result<Setting> {
        let wrong = || self.wrong(key.path, node, key.kind.wanted());
        Ok(match (key.kind, &node.value) {
            (Kind::Any, _) => Setting::Any,
            (Kind::Group, _) => node.object().map(|_| Setting::Any).ok_or_else(wrong)?,
            (Kind::Bool, Value::Bool(value)) => Setting::Bool(*value),
            (Kind::Int, Value::Number(Number::Integer { value, .. })) => Setting::Int(*value),
            (Kind::Number, Value::Number(Number::Integer { value, .. })) => Setting::Number(*value as f64),
            (Kind::Number, Value::Number(Number::Float(value))) => Setting::Number(*value),
            (Kind::Text, Value::Text(text)) => Setting::Text(text.clone()),
            (Kind::Duration, Value::Text(text)) => Setting::Duration(GoDuration::parse(text).map_err(|_| wrong())?),
            (Kind::List, Value::List(items)) => {
                let texts = items.iter().map(|item| match &item.value {
                    Value::Text(text) => Ok(text.clone()),
                    _ => Err(self.wrong(key.path, item, key.kind.wanted())),
                });
                Setting::List(texts.collect::<Result<_>>()?)
            }
            (Kind::Map, _) => Setting::Map(self.map(key, node.object().ok_or_else(wrong)?)?),
            (Kind::Blocks, _) => Setting::Blocks(self.blocks(key, node)?),
            _ => return Err(wrong()),
        })
    }

    fn map(&self, key: &Key, object: &Object) -> Result<BTreeMap<String, String>> {
        let mut map = BTreeMap::new();
        for Member { key: name, node, .. } in &object.members {
            let path = format!("{}.{name}", key.path);
            match &node.value {
                Value::Text(text) => map.insert(name.clone(), text.clone()),
                _ => return Err(self.wrong(&path, node, Kind::Text.wanted())),
            };
        }
        Ok(map)
    }

    fn blocks(&self, key: &Key, node: &Node) -> Result<Vec<Block>> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let block = |item: &Node| match &item.value {
            Value::Object(_) => Ok(Block { file: Arc::clone(&self.file), node: item.clone() }),
            _ => Err(self.wrong(key.path, item, key.kind.wanted())),
        };
        items.iter().map(block).collect()
    }
}

/// What a value is called where another one would be right.
pub fn found(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("the string {text:?}"),
        Value::List(items) if items.len() > 1 => format!("a list of {}", items.len()),
        Value::Null => "null".to_owned(),
        value @ Value::Object(_) => format!("an {}", value.kind()),
        value => format!("a {}", value.kind()),
    }
}

/// A key, or what keys stand in.
fn is_known(path: &str) -> bool {
    keys().any(|key| key.path == path || key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

impl Key {
    /// Refuses what is not there.
    pub fn accept(&self, entry: &Entry) -> Result<()> {
        let Effect::Absent(fine) = self.effect else { return Ok(()) };
        let is_fine = entry.setting.is_empty()
            || fine.iter().any(|fine| match (fine, &entry.setting) {
                (Fine::Bool(fine), Setting::Bool(value)) => fine == value,
                (Fine::Int(fine), Setting::Int(value)) => fine == value,
                (Fine::Text(fine), Setting::Text(value)) => fine == value,
                _ => false,
            });
        if is_fine {
            return Ok(());
        }
        let instead = if self.help.is_empty() { "see docs/compatibility.md" } else { self.help };
        bail!("{} is not supported by this version of muster: {instead}", entry.origin.of(self.path))
    }
}
