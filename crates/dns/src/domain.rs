//! The domain that is answered for.

use std::fmt;

use crate::name;

/// Why a text is no domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no DNS domain: letters, digits and hyphens with dots between them, such as consul")]
pub struct InvalidDomain {
    /// What was given.
    pub text: String,
}

/// A domain, compared without case.
#[derive(Clone, PartialEq, Eq)]
pub struct Domain {
    /// In wire form, lower-case, with the last zero.
    wire: Box<[u8]>,
}

impl Domain {
    /// Reads `consul`, `consul.` or `sd.example.com`.
    pub fn new(text: &str) -> Result<Self, InvalidDomain> {
        let mut wire = Vec::new();
        let sound = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !sound || !name::push_labels(&text.to_ascii_lowercase(), &mut wire) {
            return Err(InvalidDomain { text: text.to_owned() });
        }
        wire.push(0);
        Ok(Self { wire: wire.into() })
    }

    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// Its first label.
    pub fn first_label(&self) -> &str {
        name::labels(&self.wire).next().and_then(|label| std::str::from_utf8(label).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name::to_text(&self.wire))
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_dot_and_case_make_no_difference() {
        assert_eq!(Domain::new("Consul").unwrap(), Domain::new("consul.").unwrap());
        assert_eq!(Domain::new("sd.example.com").unwrap().to_string(), "sd.example.com.");
        assert_eq!(Domain::new("sd.example.com").unwrap().first_label(), "sd");
    }

    #[test]
    fn what_no_question_could_end_in_is_refused() {
        for text in ["", ".", "a..b", "a b", "ü", "-a/"] {
            let line = Domain::new(text).unwrap_err().to_string();
            assert!(line.contains(&format!("{text:?} is no DNS domain")), "{line}");
        }
    }
}
