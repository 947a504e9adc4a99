//! How much a machine's container may do: all of it where the engine can give all, else all but what is missing.

use muster_docker::hosting::Privileges;

/// Linux's capabilities by their number.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];
/// No machine works without it: a set that lacks it is not the engine's, but that of a container which this program runs in.
const NEEDED: &str = "SYS_ADMIN";
/// Missing in some sandboxes, where `--privileged` then fails as a whole.
const OFTEN_MISSING: &str = "SYS_RESOURCE";

/// The forms to try, best first. `status` is /proc/self/status and `last` /proc/sys/kernel/cap_last_cap of the engine's
/// host, as far as they are known.
pub(super) fn forms(status: Option<&str>, last: Option<&str>) -> Vec<Privileges> {
    let missing = status.and_then(|status| missing(status, last));
    let missing = missing.filter(|missing| !missing.iter().any(|name| name == NEEDED)).unwrap_or_default();
    if missing.is_empty() {
        return vec![Privileges::Privileged, Privileges::AllCapabilitiesBut(vec![OFTEN_MISSING.to_owned()])];
    }
    vec![Privileges::AllCapabilitiesBut(missing)]
}

/// The capabilities that no process there can have.
fn missing(status: &str, last: Option<&str>) -> Option<Vec<String>> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapBnd:"))?;
    let bounding = u64::from_str_radix(line.trim(), 16).ok()?;
    let last = last.and_then(|text| text.trim().parse().ok()).unwrap_or(NAMES.len() - 1);
    let known = NAMES.iter().enumerate().take(last + 1);
    Some(known.filter(|(number, _)| bounding >> number & 1 == 0).map(|(_, name)| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bounding: &str, last: &str) -> Vec<Privileges> {
        forms(Some(&format!("Name:\tx\nCapBnd:\t{bounding}\nCapAmb:\t0\n")), Some(last))
    }

    #[test]
    fn all_there_is_privileged_with_a_way_back() {
        let fallback = Privileges::AllCapabilitiesBut(vec!["SYS_RESOURCE".to_owned()]);
        assert_eq!(form("000001ffffffffff", "40\n"), [Privileges::Privileged, fallback.clone()]);
        // An older kernel has fewer.
        assert_eq!(form("0000003fffffffff", "37"), [Privileges::Privileged, fallback.clone()]);
        assert_eq!(forms(None, None), [Privileges::Privileged, fallback]);
    }

    #[test]
    fn what_is_missing_is_left_out_by_name() {
        let names = |names: &[&str]| Privileges::AllCapabilitiesBut(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(form("000001fffeffffff", "40"), [names(&["SYS_RESOURCE"])]);
        // In a container of Docker's own making nothing is known of the engine.
        assert_eq!(form("00000000a80425fb", "40"), forms(None, None));
        assert_eq!(form("000000fffefeffff", "40"), [names(&["SYS_MODULE", "SYS_RESOURCE", "CHECKPOINT_RESTORE"])]);
    }
}
