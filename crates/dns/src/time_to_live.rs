//! How long answers about a service may be kept.

use std::collections::BTreeMap;

/// Times to live by service: an exact name, a beginning (`web*`), or all (`*`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceTimes {
    exact: BTreeMap<String, u32>,
    /// Longest first.
    beginnings: Vec<(String, u32)>,
}

impl ServiceTimes {
    /// From the pairs of Consul's `service_ttl`, in seconds.
    pub fn new(pairs: impl IntoIterator<Item = (String, u32)>) -> Self {
        let mut times = Self::default();
        for (name, seconds) in pairs {
            let name = name.to_lowercase();
            match name.strip_suffix('*') {
                Some(beginning) => times.beginnings.push((beginning.to_owned(), seconds)),
                None => drop(times.exact.insert(name, seconds)),
            }
        }
        times.beginnings.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        times
    }

    /// The seconds for a service, by its lower-case name. Exact wins over the longest beginning.
    pub(crate) fn of(&self, service: &str) -> u32 {
        if self.exact.is_empty() && self.beginnings.is_empty() {
            return 0;
        }
        let beginning = || self.beginnings.iter().find(|(beginning, _)| service.starts_with(beginning.as_str()));
        self.exact.get(service).or_else(|| beginning().map(|(_, seconds)| seconds)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_then_longest_beginning_then_all() {
        let pairs = [("*", 1), ("we*", 2), ("web*", 3), ("Web", 4)];
        let times = ServiceTimes::new(pairs.map(|(name, seconds)| (name.to_owned(), seconds)));
        assert_eq!(["web", "web-2", "west", "db"].map(|name| times.of(name)), [4, 3, 2, 1]);
        assert_eq!(ServiceTimes::default().of("web"), 0);
    }
}
