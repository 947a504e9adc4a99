//! A persistent radix tree of KV entries that knows, for every key and prefix, when it last changed.
//!
//! Each branch carries the highest index of any change below it, deletions included. So the index of
//! a key, of a missing key and of a prefix is found in one descent, never goes back, and needs no
//! tombstones. Copies share everything; a writer copies only the path that it changes.

use std::sync::Arc;

use muster_model::{Index, KvEntry};

/// Entries by key. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Radix {
    root: Arc<Branch>,
}

#[derive(Debug, Clone)]
struct Branch {
    /// The key's bytes from the parent down to here.
    label: Arc<[u8]>,
    entry: Option<Arc<KvEntry>>,
    /// The highest index of any change at or below this branch.
    changed: Index,
    /// By the first byte of their labels.
    children: Vec<Arc<Branch>>,
}

impl Default for Radix {
    fn default() -> Self {
        Self { root: Arc::new(Branch::new(&[], None, Index(0))) }
    }
}

impl Radix {
    /// The entry at `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<KvEntry>> {
        match self.descend(key.as_bytes()) {
            Descent::At(branch) => branch.entry.as_ref(),
            Descent::Above { .. } | Descent::Within(_) => None,
        }
    }

    /// When `key` last changed: its entry's own index, or, while it is missing, the last change of the
    /// nearest branch around it.
    pub(crate) fn index_of(&self, key: &str) -> Index {
        match self.descend(key.as_bytes()) {
            Descent::At(branch) => branch.entry.as_ref().map_or(branch.changed, |entry| entry.modified),
            Descent::Above { cover, .. } => cover.changed,
            Descent::Within(branch) => branch.changed,
        }
    }

    /// When anything under `prefix` last changed; while nothing is there, anything under [`Self::nearest`].
    pub(crate) fn index_under(&self, prefix: &str) -> Index {
        match self.descend(self.nearest(prefix).as_bytes()) {
            Descent::At(branch) | Descent::Within(branch) => branch.changed,
            Descent::Above { cover, .. } => cover.changed,
        }
    }

    /// The longest part of `prefix` that keys start with: all of it, unless nothing is there.
    pub(crate) fn nearest<'p>(&self, prefix: &'p str) -> &'p str {
        match self.descend(prefix.as_bytes()) {
            Descent::At(_) | Descent::Within(_) => prefix,
            Descent::Above { shared, .. } => {
                let whole = (0..=shared).rev().find(|end| prefix.is_char_boundary(*end));
                &prefix[..whole.unwrap_or(0)]
            }
        }
    }

    /// All entries under `prefix`, in byte order of their keys.
    pub(crate) fn under(&self, prefix: &str) -> Entries<'_> {
        match self.descend(prefix.as_bytes()) {
            Descent::At(branch) | Descent::Within(branch) => Entries { stack: vec![branch] },
            Descent::Above { .. } => Entries { stack: Vec::new() },
        }
    }

    /// Puts `entry` in its place; its `modified` index is when.
    pub(crate) fn insert(&mut self, entry: Arc<KvEntry>) {
        let key = entry.key.clone();
        let mut branch = Arc::make_mut(&mut self.root);
        let mut rest = key.as_str().as_bytes();
        loop {
            branch.changed = branch.changed.max(entry.modified);
            let Some(&first) = rest.first() else {
                branch.entry = Some(entry);
                return;
            };
            let slot = match branch.position(first) {
                Ok(slot) => slot,
                Err(slot) => {
                    let modified = entry.modified;
                    branch.children.insert(slot, Arc::new(Branch::new(rest, Some(entry), modified)));
                    return;
                }
            };
            let child = Arc::make_mut(&mut branch.children[slot]);
            let shared = common(&child.label, rest);
            if shared < child.label.len() {
                child.split(shared);
            }
            rest = &rest[shared..];
            branch = child;
        }
    }

    /// Takes the entry at `key` out, noting that it went at `index`.
    pub(crate) fn remove(&mut self, key: &str, index: Index) -> Option<Arc<KvEntry>> {
        self.get(key)?;
        remove_below(Arc::make_mut(&mut self.root), key.as_bytes(), index)
    }

    /// Takes out everything under `prefix`, noting that it went at `index`.
    pub(crate) fn remove_under(&mut self, prefix: &str, index: Index) -> Vec<Arc<KvEntry>> {
        let gone: Vec<_> = self.under(prefix).cloned().collect();
        for entry in &gone {
            self.remove(entry.key.as_str(), index);
        }
        gone
    }

    /// Where a deletion moved an index that no present entry accounts for, as paths from the root.
    pub(crate) fn unseen_changes(&self) -> Vec<(Vec<u8>, Index)> {
        let mut found = Vec::new();
        let mut stack = vec![(Vec::new(), &*self.root)];
        while let Some((path, branch)) = stack.pop() {
            let own = branch.entry.as_ref().map_or(Index(0), |entry| entry.modified);
            let seen = branch.children.iter().map(|child| child.changed).fold(own, Index::max);
            for child in &branch.children {
                stack.push(([&*path, &*child.label].concat(), child));
            }
            if branch.changed > seen {
                found.push((path, branch.changed));
            }
        }
        found
    }

    /// Puts back one of [`Self::unseen_changes`]; the entries are all there.
    pub(crate) fn raise_at(&mut self, path: &[u8], index: Index) {
        let mut branch = Arc::make_mut(&mut self.root);
        let mut rest = path;
        loop {
            branch.changed = branch.changed.max(index);
            let Some(slot) = rest.first().and_then(|first| branch.position(*first).ok()) else { return };
            let child = Arc::make_mut(&mut branch.children[slot]);
            if !rest.starts_with(&child.label) {
                return;
            }
            rest = &rest[child.label.len()..];
            branch = child;
        }
    }

    fn descend(&self, key: &[u8]) -> Descent<'_> {
        let mut branch = &*self.root;
        let mut rest = key;
        while let Some(&first) = rest.first() {
            let passed = key.len() - rest.len();
            let Ok(slot) = branch.position(first) else { return Descent::Above { cover: branch, shared: passed } };
            let child = &branch.children[slot];
            let shared = common(&child.label, rest);
            if shared == rest.len() && shared < child.label.len() {
                return Descent::Within(child);
            }
            if shared < child.label.len() {
                return Descent::Above { cover: branch, shared: passed + shared };
            }
            rest = &rest[shared..];
            branch = child;
        }
        Descent::At(branch)
    }
}

/// Where a key leads.
enum Descent<'a> {
    /// Exactly to a branch.
    At(&'a Branch),
    /// Into the label of this branch: all of it lies under the key.
    Within(&'a Branch),
    /// Nowhere; `cover` is the last branch on the way, `shared` how many bytes of the key lead somewhere.
    Above { cover: &'a Branch, shared: usize },
}

impl Branch {
    fn new(label: &[u8], entry: Option<Arc<KvEntry>>, changed: Index) -> Self {
        Self { label: Arc::from(label), entry, changed, children: Vec::new() }
    }

    fn position(&self, first: u8) -> Result<usize, usize> {
        self.children.binary_search_by_key(&first, |child| child.label[0])
    }

    /// Cuts the label after `at` bytes and hangs what was here below.
    fn split(&mut self, at: usize) {
        let below = Self {
            label: Arc::from(&self.label[at..]),
            entry: self.entry.take(),
            changed: self.changed,
            children: std::mem::take(&mut self.children),
        };
        self.label = Arc::from(&self.label[..at]);
        self.children = vec![Arc::new(below)];
    }

    /// Joins with an only child, which inherits the last change.
    fn merge(&mut self) {
        if self.entry.is_some() || self.children.len() != 1 {
            return;
        }
        let Some(child) = self.children.pop() else { return };
        let child = Arc::unwrap_or_clone(child);
        self.label = [&*self.label, &*child.label].concat().into();
        self.changed = self.changed.max(child.changed);
        self.entry = child.entry;
        self.children = child.children;
    }
}

/// Removes an entry that is there. Recursion is as deep as the key is long at most (`MAX_KEY_BYTES`).
fn remove_below(branch: &mut Branch, rest: &[u8], index: Index) -> Option<Arc<KvEntry>> {
    branch.changed = branch.changed.max(index);
    let Some(&first) = rest.first() else { return branch.entry.take() };
    let slot = branch.position(first).ok()?;
    let child = Arc::make_mut(&mut branch.children[slot]);
    let gone = remove_below(child, &rest[child.label.len()..], index);
    if child.entry.is_none() && child.children.is_empty() {
        branch.children.remove(slot);
    } else {
        child.merge();
    }
    gone
}

fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Entries in key order.
pub(crate) struct Entries<'a> {
    stack: Vec<&'a Branch>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a Arc<KvEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let branch = self.stack.pop()?;
            self.stack.extend(branch.children.iter().rev().map(|child| &**child));
            if let Some(entry) = &branch.entry {
                return Some(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests;
