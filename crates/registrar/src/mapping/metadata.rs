//! The `SERVICE_*` settings of a container.

use std::collections::BTreeMap;

use muster_docker::Container;

/// One setting as it was given.
pub(super) struct Pair<'a> {
    /// The variable's or label's name.
    pub source: &'a str,
    /// That without `SERVICE_`, in lower case.
    pub key: String,
    /// Its value.
    pub value: &'a str,
}

/// The settings that count for one port.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    entries: BTreeMap<String, Entry>,
}

/// A setting that counts for a port.
#[derive(Debug)]
pub(super) struct Entry {
    /// The variable's or label's name.
    pub source: String,
    /// Its value.
    pub value: String,
    /// It was given for just this port.
    pub for_port: bool,
}

/// All settings: environment first, then labels, so that a label wins.
pub(super) fn pairs(container: &Container) -> impl Iterator<Item = Pair<'_>> {
    let environment = container.env.iter().filter_map(|pair| pair.split_once('='));
    let labels = container.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    environment.chain(labels).filter_map(|(source, value)| {
        let key = source.strip_prefix("SERVICE_")?.to_lowercase();
        Some(Pair { source, key, value })
    })
}

/// The port in `80_name`. A number alone is an ordinary key.
pub(super) fn port_of(key: &str) -> Option<&str> {
    let (port, _) = key.split_once('_')?;
    port.parse::<i64>().is_ok().then_some(port)
}

impl Metadata {
    /// What a container says for `port`. What is said for just this port wins, whatever the order.
    pub fn read(container: &Container, port: u16) -> Self {
        let port = port.to_string();
        let mut entries = BTreeMap::new();
        for pair in pairs(container) {
            let entry = |for_port| Entry { source: pair.source.to_owned(), value: pair.value.to_owned(), for_port };
            match port_of(&pair.key) {
                Some(number) if number == port => {
                    entries.insert(pair.key[number.len() + 1..].to_owned(), entry(true));
                }
                Some(_) => {}
                None if entries.get(&pair.key).is_some_and(|known: &Entry| known.for_port) => {}
                None => {
                    entries.insert(pair.key.clone(), entry(false));
                }
            }
        }
        Self { entries }
    }

    /// The value, unless it is empty: an empty one counts as not given.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.value.as_str())
    }

    /// The same with its source.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| !entry.value.is_empty())
    }

    /// Whether it was given, if only as nothing, for just this port.
    pub fn is_for_port(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.for_port)
    }

    /// Takes a setting out.
    pub fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }

    /// All that is left, by key; empty values included.
    pub fn into_entries(self) -> impl Iterator<Item = (String, Entry)> {
        self.entries.into_iter()
    }
}
