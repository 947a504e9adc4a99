//! What was made lately, to be used again: two generations, of which the older goes as a whole. What is found in it
//! moves to the younger.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// The latest values by key.
pub(crate) struct Recent<K, V> {
    generations: Mutex<Generations<K, V>>,
    /// The weight of a generation at most, but for its last value.
    limit: usize,
}

struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    /// Of the young.
    weight: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new(), weight: 0 };
        Self { generations: Mutex::new(generations), limit }
    }

    /// What `take` makes of the value at `key`.
    pub(crate) fn find<Q, T>(&self, key: &Q, take: impl Fn(&V) -> Option<T>) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, _)) = generations.young.get(key) {
            return take(value);
        }
        let (key, (value, weight)) = generations.old.remove_entry(key)?;
        let taken = take(&value);
        generations.keep(key, value, weight, self.limit);
        taken
    }

    /// Keeps a value of `weight`.
    pub(crate) fn keep(&self, key: K, value: V, weight: usize) {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).keep(key, value, weight, self.limit);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.len() + generations.old.len()
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn keep(&mut self, key: K, value: V, weight: usize, limit: usize) {
        if self.weight >= limit {
            self.old = mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        if let Some((_, before)) = self.young.insert(key, (value, weight)) {
            self.weight -= before;
        }
    }
}
