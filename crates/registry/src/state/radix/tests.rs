use std::collections::BTreeMap;

use muster_model::{Key, MAX_KEY_BYTES};
use proptest::prelude::*;

use super::*;

fn entry(key: &str, index: u64) -> Arc<KvEntry> {
    Arc::new(KvEntry {
        key: Key::new(key).unwrap(),
        value: Arc::from(&b""[..]),
        flags: 0,
        session: None,
        lock_index: 0,
        created: Index(index),
        modified: Index(index),
    })
}

#[test]
fn a_sibling_does_not_move_a_present_keys_index() {
    let mut tree = Radix::default();
    tree.insert(entry("p/x", 1));
    tree.insert(entry("p/y", 2));
    assert_eq!(tree.index_of("p/x"), Index(1));
    assert_eq!(tree.index_under("p/"), Index(2));
    assert_eq!(tree.index_under("q"), Index(2), "nothing there: the nearest branch around it");
}

#[test]
fn around_an_empty_prefix_is_what_shares_most_of_it() {
    let mut tree = Radix::default();
    tree.insert(entry("config/a/x", 1));
    tree.insert(entry("config/b", 2));
    tree.insert(entry("zz", 3));
    for (prefix, nearest, index) in [
        ("config/a/", "config/a/", 1),
        ("config/a/xy", "config/a/x", 1),
        ("config/a,b/", "config/a", 1),
        ("config/c/", "config/", 2),
        ("d", "", 3),
        ("zé", "z", 3),
    ] {
        assert_eq!((tree.nearest(prefix), tree.index_under(prefix)), (nearest, Index(index)), "{prefix}");
    }
    tree.insert(entry("zè", 4));
    assert_eq!(tree.nearest("zé"), "z", "a part of a character is none");
}

#[test]
fn a_deletion_is_remembered_after_the_branch_is_gone() {
    let mut tree = Radix::default();
    tree.insert(entry("a", 1));
    tree.insert(entry("p/x", 2));
    assert!(tree.remove("p/x", Index(3)).is_some());
    assert!(tree.remove("p/x", Index(4)).is_none());
    assert_eq!(tree.index_of("p/x"), Index(3));
    assert_eq!(tree.index_under("p/"), Index(3));
    assert_eq!(tree.index_of("a"), Index(1));
}

#[test]
fn the_deepest_tree_fits_a_thread_of_two_megabytes() {
    let work = || {
        let mut tree = Radix::default();
        for length in 1..=MAX_KEY_BYTES {
            tree.insert(entry(&"a".repeat(length), length as u64));
        }
        let snapshot = tree.clone();
        assert!(tree.remove(&"a".repeat(MAX_KEY_BYTES), Index(9999)).is_some());
        assert_eq!(snapshot.under("").count(), MAX_KEY_BYTES);
        drop(tree);
        drop(snapshot);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Put(String),
    Delete(String),
    DeleteUnder(String),
}

fn key() -> impl Strategy<Value = String> {
    "[ab/]{1,5}"
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => key().prop_map(Step::Put),
        2 => key().prop_map(Step::Delete),
        1 => "[ab/]{0,2}".prop_map(Step::DeleteUnder),
    ]
}

proptest! {
    /// Against a plain map: same contents; every key's and prefix's index is at least its last change,
    /// never goes back, and exact for keys that are there.
    #[test]
    fn agrees_with_a_plain_map(steps in proptest::collection::vec(step(), 1..60), probes in proptest::collection::vec("[ab/]{0,4}", 8)) {
        let mut tree = Radix::default();
        let mut plain: BTreeMap<String, u64> = BTreeMap::new();
        let mut last: BTreeMap<String, (u64, u64)> = probes.iter().map(|p| (p.clone(), (0, 0))).collect();
        for (number, step) in steps.into_iter().enumerate() {
            let index = number as u64 + 1;
            let mut touched = Vec::new();
            let puts = matches!(step, Step::Put(_));
            let nearest: Vec<_> = probes.iter().map(|probe| tree.nearest(probe).to_owned()).collect();
            for (probe, nearest) in probes.iter().zip(&nearest) {
                let leads = |part: &str| part.is_empty() || plain.keys().any(|key| key.starts_with(part));
                let longest = (0..=probe.len()).rev().find(|end| leads(&probe[..*end]));
                prop_assert_eq!(&**nearest, &probe[..longest.unwrap_or(0)]);
            }
            match step {
                Step::Put(key) => {
                    tree.insert(entry(&key, index));
                    plain.insert(key.clone(), index);
                    touched.push(key);
                }
                Step::Delete(key) => {
                    let gone = tree.remove(&key, Index(index)).is_some();
                    prop_assert_eq!(gone, plain.remove(&key).is_some());
                    touched.extend(gone.then_some(key));
                }
                Step::DeleteUnder(prefix) => {
                    let gone = tree.remove_under(&prefix, Index(index));
                    let expected: Vec<_> = plain.keys().filter(|k| k.starts_with(&prefix)).cloned().collect();
                    prop_assert_eq!(gone.iter().map(|e| e.key.as_str().to_owned()).collect::<Vec<_>>(), expected.clone());
                    plain.retain(|k, _| !k.starts_with(&prefix));
                    touched = expected;
                }
            }
            let all: Vec<_> = tree.under("").map(|e| (e.key.as_str().to_owned(), e.modified.0)).collect();
            prop_assert_eq!(all, plain.clone().into_iter().collect::<Vec<_>>());
            for (probe, nearest) in probes.iter().zip(nearest) {
                let moved = tree.index_under(probe).0 == index;
                let around = touched.iter().any(|key| key.starts_with(&nearest));
                prop_assert!(if puts { moved == around } else { moved || !around }, "{probe}, near {nearest}: {touched:?}");
            }
            for (probe, (key_seen, prefix_seen)) in &mut last {
                let under: Vec<_> = plain.range(probe.clone()..).take_while(|(k, _)| k.starts_with(&**probe)).map(|(k, _)| k.clone()).collect();
                prop_assert_eq!(tree.under(probe).map(|e| e.key.as_str().to_owned()).collect::<Vec<_>>(), under);
                let (key_index, prefix_index) = (tree.index_of(probe).0, tree.index_under(probe).0);
                prop_assert!(key_index >= *key_seen && prefix_index >= *prefix_seen, "an index went back");
                if let Some(modified) = plain.get(probe) {
                    prop_assert_eq!(key_index, *modified);
                }
                (*key_seen, *prefix_seen) = (key_index, prefix_index);
            }
        }
    }
}
