//! What the user chose.

use std::time::Duration;

/// Registrator's flags as they were given. The defaults are Registrator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags {
    /// `-ip`: the address of ports that are published on the host.
    pub ip: String,
    /// `-internal`: register containers' own addresses and ports.
    pub internal: bool,
    /// `-explicit`: only containers with a SERVICE_NAME.
    pub explicit: bool,
    /// `-useIpFromLabel`: the label that holds the address.
    pub use_ip_from_label: String,
    /// `-tags`: appended to every service's tags.
    pub tags: String,
    /// `-ttl`, in seconds. Backends like Consul, which do not expire entries, have no use for it.
    pub ttl: i64,
    /// `-ttl-refresh`, in seconds.
    pub ttl_refresh: i64,
    /// `-resync`, in seconds; 0 or less: not given.
    pub resync: i64,
    /// `-deregister`: `always` or `on-success`.
    pub deregister: String,
    /// `-retry-attempts`; -1: for ever.
    pub retry_attempts: i64,
    /// `-retry-interval`, in milliseconds.
    pub retry_interval: i64,
    /// `-cleanup`: also remove what a predecessor left behind.
    pub cleanup: bool,
    /// `-enable-script-checks`: containers may have commands run on the agent's host. Ours, not Registrator's.
    pub enable_script_checks: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            ip: String::new(),
            internal: false,
            explicit: false,
            use_ip_from_label: String::new(),
            tags: String::new(),
            ttl: 0,
            ttl_refresh: 0,
            resync: 0,
            deregister: "always".to_owned(),
            retry_attempts: 0,
            retry_interval: 2000,
            cleanup: false,
            enable_script_checks: false,
        }
    }
}

/// Everything that decides what a container is registered as, and when it is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Registrator's behaviour to the letter, the mark apart.
    pub compat: bool,
    /// The host that this runs on.
    pub host: Host,
    /// The address of ports that are published on the host, whatever they are bound to.
    pub ip: Option<String>,
    /// Register containers' own addresses and ports.
    pub internal: bool,
    /// Only containers with a SERVICE_NAME.
    pub explicit: bool,
    /// The label that holds the address.
    pub use_ip_from_label: Option<String>,
    /// Appended to every service's tags, in SERVICE_TAGS' form.
    pub tags: String,
    /// When a container that ended is taken out.
    pub deregister: Deregister,
    /// Also remove what has Registrator's form of ID with our host's name and belongs to no container.
    pub cleanup: bool,
    /// Containers may have commands run on the agent's host, as Registrator lets them.
    pub script_checks: bool,
    /// Instances follow a lease of this registrar, and go when it does.
    pub lease: bool,
}

/// The host as it calls itself. Inside a container that is the `--hostname`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// The host's name: the first part of every ID.
    pub name: String,
    /// What that name resolves to, if it does.
    pub address: Option<String>,
}

/// When a container that ended is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deregister {
    /// At once.
    Always,
    /// If it ended with exit code 0 or by a signal; else when it is removed.
    OnSuccess,
}

/// A registrar to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What containers become.
    pub settings: Settings,
    /// How long until containers and registrations are compared although nothing happened.
    pub full_pass_interval: Duration,
    /// How often the registry is tried again at the start before [`crate::Registrar::run`] gives up;
    /// none: for ever.
    pub retry_attempts: Option<u64>,
    /// How long to wait between two of these.
    pub retry_interval: Duration,
}

/// The flags were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFlags {
    /// One without the other.
    #[error("-ttl and -ttl-refresh must be specified together or not at all")]
    TtlAlone,
    /// Entries would expire before they are refreshed.
    #[error("-ttl must be greater than -ttl-refresh")]
    TtlTooShort,
    /// Zero or less.
    #[error("-retry-interval must be greater than 0")]
    RetryInterval,
    /// Neither of the two words.
    #[error("-deregister must be \"always\" or \"on-success\"")]
    Deregister,
    /// Only -1 has a meaning.
    #[error("-retry-attempts must be a number of attempts, or -1 for no limit")]
    RetryAttempts,
    /// A Go template.
    #[error("-tags {tags:?} holds a template, which is not there yet: plain tags, separated by commas, are")]
    TagsTemplate {
        /// What was given.
        tags: String,
    },
}

impl Config {
    /// Checks the flags in Registrator's order. `full_pass_interval` counts where no `-resync` is given.
    pub fn new(flags: Flags, host: Host, compat: bool, full_pass_interval: Duration) -> Result<Self, InvalidFlags> {
        if (flags.ttl == 0) != (flags.ttl_refresh == 0) {
            return Err(InvalidFlags::TtlAlone);
        }
        if flags.ttl > 0 && flags.ttl <= flags.ttl_refresh {
            return Err(InvalidFlags::TtlTooShort);
        }
        let positive = |number: i64| u64::try_from(number).ok().filter(|number| *number > 0);
        let retry_interval = positive(flags.retry_interval).ok_or(InvalidFlags::RetryInterval)?;
        let deregister = match flags.deregister.as_str() {
            "always" => Deregister::Always,
            "on-success" => Deregister::OnSuccess,
            _ => return Err(InvalidFlags::Deregister),
        };
        let retry_attempts = match flags.retry_attempts {
            -1 => None,
            number => Some(u64::try_from(number).map_err(|_| InvalidFlags::RetryAttempts)?),
        };
        // Below zero is none too, as in Registrator.
        let full_pass_interval = positive(flags.resync).map_or(full_pass_interval, Duration::from_secs);
        if flags.tags.contains("{{") {
            return Err(InvalidFlags::TagsTemplate { tags: flags.tags });
        }
        let settings = Settings {
            compat,
            host,
            ip: Some(flags.ip).filter(|ip| !ip.is_empty()),
            internal: flags.internal,
            explicit: flags.explicit,
            use_ip_from_label: Some(flags.use_ip_from_label).filter(|label| !label.is_empty()),
            tags: flags.tags,
            deregister,
            cleanup: flags.cleanup,
            script_checks: compat || flags.enable_script_checks,
            lease: !compat,
        };
        let retry_interval = Duration::from_millis(retry_interval);
        Ok(Self { settings, full_pass_interval, retry_attempts, retry_interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut Flags)) -> Result<Config, InvalidFlags> {
        let mut flags = Flags::default();
        change(&mut flags);
        Config::new(flags, Host::default(), true, Duration::from_secs(60))
    }

    #[test]
    fn mistakes_are_told_in_registrators_words() {
        let text = |change: fn(&mut Flags)| config(change).unwrap_err().to_string();
        let together = "-ttl and -ttl-refresh must be specified together or not at all";
        assert_eq!(text(|flags| flags.ttl = 40), together);
        assert_eq!(text(|flags| flags.ttl_refresh = 15), together);
        assert_eq!(text(|flags| (flags.ttl, flags.ttl_refresh) = (15, 15)), "-ttl must be greater than -ttl-refresh");
        assert_eq!(text(|flags| flags.retry_interval = 0), "-retry-interval must be greater than 0");
        let deregister = "-deregister must be \"always\" or \"on-success\"";
        assert_eq!(text(|flags| flags.deregister = "never".into()), deregister);
        assert!(text(|flags| flags.tags = "a,{{.Name}}".into()).contains("\"a,{{.Name}}\" holds a template"));
        assert!(text(|flags| flags.retry_attempts = -2).starts_with("-retry-attempts"));
    }

    #[test]
    fn resync_is_the_interval_where_it_is_given() {
        assert_eq!(config(|_| ()).unwrap().full_pass_interval, Duration::from_secs(60));
        assert_eq!(config(|flags| flags.resync = 7).unwrap().full_pass_interval, Duration::from_secs(7));
        assert_eq!(config(|flags| flags.resync = -1).unwrap().full_pass_interval, Duration::from_secs(60));
        assert_eq!(config(|flags| flags.retry_attempts = -1).unwrap().retry_attempts, None);
        assert!(config(|flags| (flags.ttl, flags.ttl_refresh) = (40, 15)).is_ok());
    }
}
