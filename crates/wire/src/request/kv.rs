//! What `/v1/kv` is asked for: its parameters, since the body is the value itself.

use muster_model::{InvalidKey, Key};

use crate::Status;
use crate::json::{InvalidNumber, parse_uint};
use crate::query::Params;

/// Why a KV request is refused. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKvRequest {
    /// No key where one is needed.
    #[error("Missing key name")]
    MissingKey,
    /// A key over muster's limit.
    #[error("Invalid key: {0}")]
    Key(InvalidKey),
    /// `flags` or `cas` is no number.
    #[error(transparent)]
    Number(#[from] InvalidNumber),
    /// Parameters that exclude each other.
    #[error("Conflicting flags: {0}\n")]
    Conflict(String),
    /// The value is over the limit.
    #[error(
        "Request body({bytes} bytes) too large, max size: {limit} bytes. See https://developer.hashicorp.com/docs/agent/config/config-files#kv_max_value_size."
    )]
    TooLarge {
        /// How long it is.
        bytes: u64,
        /// How long it may be.
        limit: u64,
    },
}

impl BadKvRequest {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::Number(_) => Status::Internal,
            Self::TooLarge { .. } => Status::TooLarge,
            _ => Status::BadRequest,
        }
    }
}

/// A `GET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvGet {
    /// One entry.
    Entry {
        /// Its key.
        key: Key,
        /// In what form.
        shape: KvShape,
    },
    /// All entries under a prefix, which may be empty.
    Recurse {
        /// The prefix.
        prefix: String,
    },
    /// The keys under a prefix, which may be empty.
    Keys {
        /// The prefix.
        prefix: String,
        /// Keys are cut after its first occurrence past the prefix; empty: not cut.
        separator: String,
    },
}

/// In what form an entry is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvShape {
    /// As JSON.
    Json,
    /// The value's bytes.
    Raw,
}

/// A `PUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvPut {
    /// The key.
    pub key: Key,
    /// The client's number.
    pub flags: u64,
    /// Only if the entry's ModifyIndex is this; 0: only if there is none.
    pub cas: Option<u64>,
    /// Lock for this session.
    pub acquire: Option<String>,
    /// Unlock for this session.
    pub release: Option<String>,
}

/// A `DELETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvDelete {
    /// One entry.
    Entry {
        /// Its key.
        key: Key,
        /// Only if its ModifyIndex is this.
        cas: Option<u64>,
    },
    /// All entries under a prefix, which may be empty.
    Recurse {
        /// The prefix.
        prefix: String,
    },
}

impl KvGet {
    /// Reads the (unescaped) path argument and the parameters.
    pub fn read(path: &str, params: &Params<'_>) -> Result<Self, BadKvRequest> {
        if params.has("keys") {
            let separator = ["separator", "seperator"].iter().find_map(|name| params.non_empty(name));
            return Ok(Self::Keys { prefix: path.to_owned(), separator: separator.unwrap_or_default().to_owned() });
        }
        if params.has("recurse") {
            return Ok(Self::Recurse { prefix: path.to_owned() });
        }
        let shape = if params.has("raw") { KvShape::Raw } else { KvShape::Json };
        Ok(Self::Entry { key: key(path)?, shape })
    }
}

impl KvPut {
    /// Reads the (unescaped) path argument and the parameters.
    pub fn read(path: &str, params: &Params<'_>) -> Result<Self, BadKvRequest> {
        let key = key(path)?;
        refuse_conflict(params, &["cas", "acquire", "release"])?;
        let session = |name: &str| params.has(name).then(|| params.get(name).to_owned());
        Ok(Self {
            key,
            flags: number(params, "flags")?.unwrap_or_default(),
            cas: number(params, "cas")?,
            acquire: session("acquire"),
            release: session("release"),
        })
    }
}

impl KvDelete {
    /// Reads the (unescaped) path argument and the parameters.
    pub fn read(path: &str, params: &Params<'_>) -> Result<Self, BadKvRequest> {
        refuse_conflict(params, &["recurse", "cas"])?;
        if params.has("recurse") {
            return Ok(Self::Recurse { prefix: path.to_owned() });
        }
        Ok(Self::Entry { key: key(path)?, cas: number(params, "cas")? })
    }
}

fn key(path: &str) -> Result<Key, BadKvRequest> {
    Key::new(path).map_err(|error| match error {
        InvalidKey::Empty => BadKvRequest::MissingKey,
        InvalidKey::TooLong => BadKvRequest::Key(error),
    })
}

/// A number that is there counts, even empty.
fn number(params: &Params<'_>, name: &str) -> Result<Option<u64>, InvalidNumber> {
    params.has(name).then(|| parse_uint(params.get(name))).transpose()
}

fn refuse_conflict(params: &Params<'_>, names: &[&str]) -> Result<(), BadKvRequest> {
    match names.iter().filter(|name| params.has(name)).count() {
        0 | 1 => Ok(()),
        _ => Err(BadKvRequest::Conflict(params.encode())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(query: &str) -> Result<KvPut, BadKvRequest> {
        KvPut::read("a", &Params::parse(query).unwrap())
    }

    #[test]
    fn presence_decides_what_is_asked() {
        let get = |path: &str, query: &str| KvGet::read(path, &Params::parse(query).unwrap());
        let keys = KvGet::Keys { prefix: "a/".into(), separator: "/".into() };
        assert_eq!(get("a/", "keys&recurse&seperator=/"), Ok(keys));
        assert_eq!(get("", "recurse=false"), Ok(KvGet::Recurse { prefix: String::new() }));
        assert_eq!(get("", "raw"), Err(BadKvRequest::MissingKey));
        let delete = KvDelete::read("", &Params::parse("recurse").unwrap());
        assert_eq!(delete, Ok(KvDelete::Recurse { prefix: String::new() }));
    }

    #[test]
    fn refuses_in_consuls_words() {
        assert_eq!(put("cas=").unwrap_err().to_string(), "strconv.ParseUint: parsing \"\": invalid syntax");
        assert_eq!(put("flags=-1").unwrap_err().status(), Status::Internal);
        let conflict = KvDelete::read("cas", &Params::parse("recurse&cas=1").unwrap()).unwrap_err();
        assert_eq!(conflict.to_string(), "Conflicting flags: cas=1&recurse=\n");
        assert_eq!(put("acquire=x&release=x").unwrap_err().status(), Status::BadRequest);
        assert_eq!(put("acquire=x&flags=7").unwrap().acquire.as_deref(), Some("x"));
    }
}
