//! What machine to make, and whether one can be so: looked at whole before anything is made.

use muster_docker::{EngineAddress, InvalidAddress};

use crate::certificate::AuthorityFiles;
use crate::{AuthOptions, ContainerOptions, EngineOptions, InvalidOption, MachineName};

/// What machine to make.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its name.
    pub name: MachineName,
    /// How its host is to be.
    pub container: ContainerOptions,
    /// How its engine is to be.
    pub engine: EngineOptions,
    /// What its certificate is to name.
    pub auth: AuthOptions,
    /// The authority of the store, or another.
    pub authority: AuthorityFiles,
    /// Who makes it, for the certificates' organisation.
    pub user: String,
}

/// A machine that nobody can make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrder {
    /// Its host.
    #[error(transparent)]
    Host(#[from] InvalidOption),
    /// Where its host is to run.
    #[error("--container-engine: {0}")]
    Engine(#[from] InvalidAddress),
    /// A text of one of the flags.
    #[error("--{flag} has {value:?}: {wanted} would be right")]
    Text {
        /// The flag, without dashes.
        flag: &'static str,
        /// What it has.
        value: String,
        /// What it should have.
        wanted: &'static str,
    },
}

impl Order {
    /// Whether a machine can be so, as far as that shows without asking an engine.
    pub fn validate(&self) -> Result<(), InvalidOrder> {
        self.container.validate()?;
        if !self.container.engine.is_empty() {
            EngineAddress::parse(&self.container.engine)?;
        }
        let image = std::slice::from_ref(&self.container.image);
        each("container-image", image, "an image such as muster/machine:trixie", is_word)?;
        let engine = &self.engine;
        each("engine-opt", &engine.arbitrary_flags, "a flag of dockerd's without its dashes, FLAG=VALUE,", is_flag)?;
        each("engine-env", &engine.env, "NAME=VALUE", is_pair)?;
        each("engine-label", &engine.labels, "NAME=VALUE", is_pair)?;
        each("engine-insecure-registry", &engine.insecure_registry, "HOST, HOST:PORT or a network", is_word)?;
        each("engine-registry-mirror", &engine.registry_mirror, "a URL such as https://mirror.example", is_url)?;
        if !engine.storage_driver.is_empty() {
            let driver = std::slice::from_ref(&engine.storage_driver);
            each("engine-storage-driver", driver, "a name such as overlay2", is_name)?;
        }
        each("tls-san", &self.auth.server_cert_sans, "a host's name or an address", is_host)
    }
}

fn each(
    flag: &'static str,
    values: &[String],
    wanted: &'static str,
    is_right: fn(&str) -> bool,
) -> Result<(), InvalidOrder> {
    match values.iter().find(|value| !is_right(value)) {
        Some(value) => Err(InvalidOrder::Text { flag, value: value.clone(), wanted }),
        None => Ok(()),
    }
}

/// What stands in a line of a file, or as one word of a command line.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

fn is_word(text: &str) -> bool {
    is_line(text) && !text.contains(char::is_whitespace) && !text.starts_with('-')
}

fn is_flag(text: &str) -> bool {
    is_line(text) && is_word(text.split('=').next().unwrap_or_default())
}

fn is_pair(text: &str) -> bool {
    is_line(text) && text.split_once('=').is_some_and(|(name, _)| is_word(name))
}

fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| is_word(rest) && !rest.starts_with('/') && !rest.contains(['?', '#', '@']))
}

fn is_name(text: &str) -> bool {
    is_word(text) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_host(text: &str) -> bool {
    is_word(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn texts_are_what_their_flags_take() {
        let cases: [Case<'_>; 6] = [
            (is_word, &["muster/machine:trixie", "r:5000", "10.0.0.0/8"], &["", "a b", "-x", "a\n"]),
            (is_flag, &["debug", "log-opt=max size"], &["", "--debug", "=x", "a b=c", "x=\n"]),
            (is_pair, &["tier=db", "x=", "x=a b"], &["tier", "=db", "a b=c", "", "a=\nb"]),
            (is_url, &["https://m.example/", "http://m:5000"], &["m.example", "https://", "ftp://m", "http://a b"]),
            (is_name, &["overlay2", "fuse-overlayfs"], &["over lay", "a/b"]),
            (is_host, &["db.example", "10.0.0.1", "fd00::1", "*.example"], &["", "a b", "ü", "x/y"]),
        ];
        for (is_right, right, wrong) in cases {
            assert!(right.iter().all(|text| is_right(text)), "{right:?}");
            assert!(!wrong.iter().any(|text| is_right(text)), "{wrong:?}");
        }
    }
}
