//! What a user should know about what a container says.

/// Something about a container that has no effect, or not the one that was meant. Its text is one line
/// that names the container and the label (or environment variable).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Remark {
    /// A check that runs a command on the agent's host.
    #[error(
        "container {container}: {label} asks for a command to be run, which is off; -enable-script-checks allows it; \
         registered without the check"
    )]
    ScriptsOff {
        /// The container's name.
        container: String,
        /// What asks for it.
        label: String,
    },
    /// A value that means nothing.
    #[error("container {container}: {label}={value:?} is not {expected}; registered without it")]
    BadValue {
        /// The container's name.
        container: String,
        /// Where it stands.
        label: String,
        /// What stands there.
        value: String,
        /// What could.
        expected: &'static str,
    },
    /// A label for a port that the container does not have.
    #[error("container {container}: {label} is for port {port}, which the container does not have")]
    ForeignPort {
        /// The container's name.
        container: String,
        /// Where it stands.
        label: String,
        /// The port.
        port: String,
    },
    /// What Consul would refuse as Meta, and the whole service with it.
    #[error(
        "container {container}: {label} cannot be kept as Meta (letters, digits, _ and - in at most 128 bytes; \
         a value of at most 512 without control characters; at most 64 pairs); registered without it"
    )]
    NoMeta {
        /// The container's name.
        container: String,
        /// Where it stands.
        label: String,
    },
    /// A line feed, an escape or the like, which a rendered file would carry on.
    #[error("container {container}: {label} holds {what} with a control character; registered without it")]
    ControlCharacter {
        /// The container's name.
        container: String,
        /// Where it stands.
        label: String,
        /// What it would have been.
        what: &'static str,
    },
    /// Two ports with one SERVICE_ID.
    #[error("container {container}: two of its ports have the service ID {id:?}; only the last one is registered")]
    OneIdForTwoPorts {
        /// The container's name.
        container: String,
        /// The ID.
        id: String,
    },
    /// A name or ID that cannot be one.
    #[error("container {container}: port {port} is not registered: {error}")]
    Refused {
        /// The container's name.
        container: String,
        /// The port.
        port: u16,
        /// Why.
        error: String,
    },
    /// `-useIpFromLabel` names a label that the container lacks.
    #[error(
        "container {container}: label {label} of -useIpFromLabel is missing; its address is found as if without the flag"
    )]
    NoAddressLabel {
        /// The container's name.
        container: String,
        /// The label.
        label: String,
    },
}
