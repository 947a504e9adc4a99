//! All values, asked for by the key's path.

use std::collections::BTreeMap;

use anyhow::{Error, anyhow};
use muster_model::duration_text::GoDuration;

use super::{Block, Effect, Entry, Key, Origin, Setting, keys};

/// The merged configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    entries: BTreeMap<&'static str, Entry>,
    /// Files that were not read, for a warning each.
    pub skipped: Vec<String>,
}

#[allow(dead_code, reason = "which kinds of value are asked for changes with the table")]
impl Settings {
    /// Lays entries over what is there: lists append, maps take the names over, all else is replaced.
    pub fn lay(&mut self, entries: Vec<(&'static Key, Entry)>) {
        for (key, entry) in entries {
            let Some(there) = self.entries.get_mut(key.path) else {
                self.entries.insert(key.path, entry);
                continue;
            };
            match (&mut there.setting, entry.setting) {
                (Setting::List(items), Setting::List(more)) => items.extend(more),
                (Setting::Blocks(items), Setting::Blocks(more)) => items.extend(more),
                (Setting::Map(items), Setting::Map(more)) => items.extend(more),
                (setting, more) => *setting = more,
            }
            there.origin = entry.origin;
        }
    }

    /// A string.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.setting(path)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value.
    pub fn bool(&self, path: &str) -> Option<bool> {
        match self.setting(path)? {
            Setting::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number.
    pub fn int(&self, path: &str) -> Option<i64> {
        match self.setting(path)? {
            Setting::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// A number that need not be whole.
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.setting(path)? {
            Setting::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// A duration.
    pub fn duration(&self, path: &str) -> Option<GoDuration> {
        match self.setting(path)? {
            Setting::Duration(value) => Some(*value),
            _ => None,
        }
    }

    /// A list of strings; empty if nobody said.
    pub fn list(&self, path: &str) -> &[String] {
        match self.setting(path) {
            Some(Setting::List(items)) => items,
            _ => &[],
        }
    }

    /// Names with a string each; none if nobody said.
    pub fn map(&self, path: &str) -> BTreeMap<String, String> {
        match self.setting(path) {
            Some(Setting::Map(items)) => items.clone(),
            _ => BTreeMap::new(),
        }
    }

    /// Blocks; none if nobody said.
    pub fn blocks(&self, path: &str) -> &[Block] {
        match self.setting(path) {
            Some(Setting::Blocks(items)) => items,
            _ => &[],
        }
    }

    /// Where a value was said last.
    pub fn origin(&self, path: &str) -> Option<&Origin> {
        self.entries.get(path).map(|entry| &entry.origin)
    }

    /// What is wrong with a value: its place and name, then `what` (`is "x": … would be right`).
    pub fn wrong(&self, path: &str, what: impl std::fmt::Display) -> Error {
        match self.origin(path) {
            Some(origin) => anyhow!("{} {what}", origin.of(path)),
            None => anyhow!("{path} {what}"),
        }
    }

    /// The keys that are set and do nothing, for the one warning about them.
    pub fn harmless(&self) -> Vec<&'static str> {
        let does_nothing = |path: &str| keys().any(|key| key.path == path && key.effect == Effect::Harmless);
        self.entries.keys().copied().filter(|path| does_nothing(path)).collect()
    }

    /// The keys that say another thing than in `before`, and wait for the next start.
    pub fn changed_for_the_next_start(&self, before: &Self) -> Vec<&'static str> {
        let said = |settings: &Self, path: &str| settings.entries.get(path).map(|entry| entry.setting.clone());
        let waits = keys().filter(|key| key.effect == Effect::Works && !key.reloads);
        waits.map(|key| key.path).filter(|path| said(self, path) != said(before, path)).collect()
    }

    fn setting(&self, path: &str) -> Option<&Setting> {
        debug_assert!(keys().any(|key| key.path == path), "no row in the table for {path}");
        self.entries.get(path).map(|entry| &entry.setting)
    }
}
