//! Consul's limits on a service's Meta.

use muster_model::Meta;

const MAX_PAIRS: usize = 64;
const MAX_KEY_BYTES: usize = 128;
const MAX_VALUE_BYTES: usize = 512;
const RESERVED_PREFIX: &str = "consul-";

/// Why Meta is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaProblem {
    /// Over 64.
    #[error("Node metadata cannot contain more than {MAX_PAIRS} key/value pairs")]
    TooMany,
    /// One pair is wrong.
    #[error("Couldn't load metadata pair ('{key}', '{value}'): {problem}")]
    Pair {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
        /// What is wrong.
        problem: PairProblem,
    },
}

/// What is wrong with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairProblem {
    /// The key is empty.
    #[error("Key cannot be blank")]
    BlankKey,
    /// Not only letters, digits, `_` and `-`.
    #[error("Key contains invalid characters")]
    KeyCharacters,
    /// The key is over 128 bytes.
    #[error("Key is too long (limit: {MAX_KEY_BYTES} characters)")]
    KeyTooLong,
    /// The key starts with `consul-`.
    #[error("Key prefix '{RESERVED_PREFIX}' is reserved for internal use")]
    ReservedKey,
    /// The value is over 512 bytes.
    #[error("Value is too long (limit: {MAX_VALUE_BYTES} characters)")]
    ValueTooLong,
}

/// Whether Meta keeps within the limits; a node's has the same as a service's.
pub fn check(meta: &Meta) -> Result<(), MetaProblem> {
    if meta.len() > MAX_PAIRS {
        return Err(MetaProblem::TooMany);
    }
    for (key, value) in meta {
        if let Some(problem) = pair_problem(key, value) {
            let (key, value) = (key.as_ref().to_owned(), value.as_ref().to_owned());
            return Err(MetaProblem::Pair { key, value, problem });
        }
    }
    Ok(())
}

fn pair_problem(key: &str, value: &str) -> Option<PairProblem> {
    if key.is_empty() {
        Some(PairProblem::BlankKey)
    } else if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        Some(PairProblem::KeyCharacters)
    } else if key.len() > MAX_KEY_BYTES {
        Some(PairProblem::KeyTooLong)
    } else if key.starts_with(RESERVED_PREFIX) {
        Some(PairProblem::ReservedKey)
    } else if value.len() > MAX_VALUE_BYTES {
        Some(PairProblem::ValueTooLong)
    } else {
        None
    }
}
