//! The names things go by. One type each, so that a service's ID cannot be passed where its name is meant.

use std::fmt;
use std::sync::Arc;

use crate::quoted;

/// The longest name or ID that is accepted, in bytes. Consul has no limit; DNS and Docker names stay far below.
pub const MAX_NAME_BYTES: usize = 1024;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} {problem}")]
pub struct InvalidName {
    /// What was being named, such as `node name`.
    pub what: &'static str,
    /// What is wrong with it.
    pub problem: NameProblem,
    /// The offending value, cut to a printable length.
    pub value: String,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing is left of it.
    #[error("is empty")]
    Empty,
    /// Over [`MAX_NAME_BYTES`].
    #[error("is longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
    /// A line feed, an escape or the like, which a rendered file or a log line would carry on.
    #[error("holds a control character")]
    ControlCharacter,
}

fn checked(what: &'static str, value: &str) -> Result<Arc<str>, InvalidName> {
    let problem = if value.is_empty() {
        NameProblem::Empty
    } else if value.len() > MAX_NAME_BYTES {
        NameProblem::TooLong
    } else if value.chars().any(char::is_control) {
        NameProblem::ControlCharacter
    } else {
        return Ok(Arc::from(value));
    };
    Err(InvalidName { what, problem, value: value.chars().take(64).collect() })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks and keeps `value`.
            pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidName> {
                checked($what, value.as_ref()).map(Self)
            }

            /// The name as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same text, shared.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }

            /// The form that names are compared in: Consul takes `Web` and `web` for the same.
            pub fn folded(&self) -> Arc<str> {
                fold(&self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&quoted(&self.0), f)
            }
        }
    };
}

name!(
    /// A node's name: a host, as Consul's catalog lists it.
    NodeName,
    "node name"
);
name!(
    /// A service's name, shared by all its instances.
    ServiceName,
    "service name"
);
name!(
    /// One instance's ID, unique on its node.
    ServiceId,
    "service ID"
);
name!(
    /// A check's ID, unique on its node.
    CheckId,
    "check ID"
);
name!(
    /// A session's ID, a UUID in text form.
    SessionId,
    "session ID"
);

/// Lower-cases `text`, sharing it when there is nothing to do.
fn fold(text: &Arc<str>) -> Arc<str> {
    if text.chars().any(char::is_uppercase) { Arc::from(text.to_lowercase()) } else { Arc::clone(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_registrator_and_patroni_use() {
        for id in ["host:web.1:80:udp", "scope/member", "My Service", "한글"] {
            assert_eq!(ServiceId::new(id).unwrap().as_str(), id);
        }
    }

    #[test]
    fn refuses_empty_long_and_control() {
        assert_eq!(ServiceName::new("").unwrap_err().problem, NameProblem::Empty);
        assert_eq!(ServiceName::new("x".repeat(1025)).unwrap_err().problem, NameProblem::TooLong);
        let error = ServiceName::new("web;\n}").unwrap_err();
        assert_eq!(error.to_string(), "service name \"web;\\n}\" holds a control character");
    }

    #[test]
    fn folds_for_comparison_only() {
        let name = NodeName::new("Manager1").unwrap();
        assert_eq!(&*name.folded(), "manager1");
        assert_eq!(name.as_str(), "Manager1");
    }
}
