//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Raises the limit to what the process may have at most, as Go's programs do at their start, Consul among them. The
/// usual 1,024 are a few clients with a full pool of connections each; beyond it no check can connect any more.
/// Commands that are run from here have it too.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        let current = limit.current.map_or("unlimited".to_owned(), |current| current.to_string());
        warn!("the limit of open files stays at {current}: {error}");
    }
}
