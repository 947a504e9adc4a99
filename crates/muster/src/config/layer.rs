//! One text → entries, each checked against its key's row.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use muster_hcl::{Member, Node, Number, Object, Value};
use muster_model::duration_text::GoDuration;

use super::key::{MAX_ITEMS, MAX_TEXT_BYTES};
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
        if let Some((member, other)) = spelled_twice(object) {
            // Consul's words, and what makes it so.
            let path = join(group, &member.key);
            return Err(anyhow!("{}: {other} stands there too", self.unknown(&path, member)));
        }
        for member in &object.members {
            // Go matches names of fields whatever their case.
            let name = member.key.to_lowercase();
            self.take(&join(group, &name), member)?;
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
            (Kind::Free, _) => node.object().map(|_| Setting::Any).ok_or_else(wrong)?,
            (Kind::Bool, Value::Bool(value)) => Setting::Bool(*value),
            (Kind::Int, Value::Number(Number::Integer { value, .. })) => Setting::Int(*value),
            (Kind::Number, Value::Number(Number::Integer { value, .. })) => Setting::Number(*value as f64),
            (Kind::Number, Value::Number(Number::Float(value))) => Setting::Number(*value),
            (Kind::Text, Value::Text(text)) => Setting::Text(self.text(key.path, node, text)?),
            (Kind::Duration, Value::Text(text)) => Setting::Duration(GoDuration::parse(text).map_err(|_| wrong())?),
            (Kind::List, Value::List(items)) => {
                self.few(key.path, node, items.len())?;
                let texts = items.iter().map(|item| match &item.value {
                    Value::Text(text) => self.text(key.path, item, text),
                    _ => Err(self.wrong(key.path, item, key.kind.wanted())),
                });
                Setting::List(texts.collect::<Result<_>>()?)
            }
            (Kind::Map, _) => Setting::Map(self.map(key, node, node.object().ok_or_else(wrong)?)?),
            (Kind::Blocks, _) => Setting::Blocks(self.blocks(key, node)?),
            (Kind::Items(names), Value::List(items)) => {
                self.few(key.path, node, items.len())?;
                items.iter().enumerate().try_for_each(|(place, item)| self.item(key, names, place, item))?;
                Setting::Any
            }
            _ => return Err(wrong()),
        })
    }

    fn text(&self, path: &str, node: &Node, text: &str) -> Result<String> {
        if text.len() <= MAX_TEXT_BYTES {
            return Ok(text.to_owned());
        }
        Err(too_long(&self.file, node, path, text))
    }

    fn few(&self, path: &str, node: &Node, count: usize) -> Result<()> {
        if count <= MAX_ITEMS {
            return Ok(());
        }
        Err(too_many(&self.file, node, path, count, MAX_ITEMS))
    }

    /// One of a list of objects that nobody reads.
    fn item(&self, key: &Key, names: &[&str], place: usize, item: &Node) -> Result<()> {
        let path = format!("{}[{place}]", key.path);
        let object = item.object().ok_or_else(|| self.wrong(&path, item, "an object"))?;
        for Member { key: name, node, position } in &object.members {
            let path = format!("{path}.{name}");
            if !names.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                return Err(anyhow!("{}:{position}: invalid config key {path}", self.file));
            }
            match &node.value {
                Value::Null => {}
                Value::Text(text) => drop(self.text(&path, node, text)?),
                _ => return Err(self.wrong(&path, node, Kind::Text.wanted())),
            }
        }
        Ok(())
    }

    fn map(&self, key: &Key, node: &Node, object: &Object) -> Result<BTreeMap<String, String>> {
        self.few(key.path, node, object.members.len())?;
        let mut map = BTreeMap::new();
        for Member { key: name, node, .. } in &object.members {
            self.text(key.path, node, name)?;
            let path = format!("{}.{name}", key.path);
            match &node.value {
                Value::Text(text) => map.insert(name.clone(), self.text(&path, node, text)?),
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

/// The path of what stands in a group.
fn join(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") }
}

/// A key that stands there under two spellings, as it is not to be spelled, with the other one: Consul takes the one
/// that is spelled as it is, and knows no other.
pub fn spelled_twice(object: &Object) -> Option<(&Member, &str)> {
    let mut seen: BTreeMap<String, &Member> = BTreeMap::new();
    for member in &object.members {
        let name = member.key.to_lowercase();
        let Some(before) = seen.insert(name.clone(), member) else { continue };
        return Some(if member.key == name { (before, &member.key) } else { (member, &before.key) });
    }
    None
}

/// A string that nobody means.
pub fn too_long(file: &str, node: &Node, path: &str, text: &str) -> anyhow::Error {
    let (place, bytes) = (node.position, text.len());
    anyhow!("{file}:{place}: key {path:?} has a string of {bytes} bytes: at most {MAX_TEXT_BYTES} would be right")
}

/// More than anybody means.
pub fn too_many(file: &str, node: &Node, path: &str, count: usize, most: usize) -> anyhow::Error {
    anyhow!("{file}:{}: key {path:?} has {count} entries: at most {most} would be right", node.position)
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
