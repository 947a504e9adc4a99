//! Services and checks that files define, and how checks run.

use super::super::key::{absent_unless, harmless, works};
use super::super::{Fine, Key, Kind};

pub const KEYS: &[Key] = &[
    harmless("ae_interval", Kind::Duration, "the catalog is in the same process: nothing to be synchronised"),
    works("check", Kind::Blocks, "a check that is registered while it stands here").reloads(),
    works(
        "check_deregister_interval_min",
        Kind::Duration,
        "an instance is not removed sooner than this, however short its deregister_critical_service_after is; default 1m",
    ),
    works("check_output_max_size", Kind::Int, "how much output of a check is kept, in bytes; default 4096")
        .flag("check_output_max_size"),
    harmless(
        "check_reap_interval",
        Kind::Duration,
        "an instance that is to be removed goes when its time is over, without a sweep",
    ),
    works(
        "check_update_interval",
        Kind::Duration,
        "output of a check that changes while its status stays is stored after at most this long; default 5m",
    ),
    works("checks", Kind::Blocks, "checks that are registered while they stand here").reloads(),
    works("discard_check_output", Kind::Bool, "nothing is kept of what checks say, but for their status").reloads(),
    absent_unless("enable_agent_tls_for_checks", Kind::Bool, &[Fine::Bool(false)], "there is no TLS yet"),
    harmless("enable_central_service_config", Kind::Bool, "of the service mesh"),
    works("enable_local_script_checks", Kind::Bool, "checks in these files may run commands, others may not")
        .flag("enable-local-script-checks"),
    works("enable_script_checks", Kind::Bool, "checks may run commands on this host and in its containers")
        .flag("enable-script-checks"),
    works("service", Kind::Blocks, "a service that is registered while it stands here").reloads(),
    works("services", Kind::Blocks, "services that are registered while they stand here").reloads(),
];
