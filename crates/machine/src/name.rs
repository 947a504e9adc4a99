//! A machine's name.

use std::fmt;

/// A name that docker-machine takes: letters, digits, `-` and `.`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineName(String);

/// A name was refused. The text is docker-machine's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -")]
pub struct InvalidName;

/// A host's name cannot be longer.
const LONGEST: usize = 63;

impl MachineName {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let ordinary = |byte: u8| byte.is_ascii_alphanumeric();
        let valid = text.len() <= LONGEST
            && text.bytes().next().is_some_and(ordinary)
            && text.bytes().all(|byte| ordinary(byte) || byte == b'-' || byte == b'.');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidName) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MachineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_docker_machine_takes_and_no_path() {
        for name in ["default", "m1", "a.b-c", "9"] {
            assert_eq!(MachineName::parse(name).unwrap().to_string(), name);
        }
        let long = "a".repeat(64);
        for name in ["", "-m", ".hidden", "a/b", "..", "a_b", "a b", "ä", long.as_str()] {
            assert_eq!(MachineName::parse(name), Err(InvalidName), "{name:?}");
        }
    }
}
