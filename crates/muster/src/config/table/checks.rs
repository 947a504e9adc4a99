//! Services and checks that files define, and how checks run.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_SCRIPTS: &str = "checks that run commands are not there yet";

pub const KEYS: &[Key] = &[
    harmless("ae_interval", Kind::Duration, "the catalog is in the same process: nothing to be synchronised"),
    absent("check", Kind::Blocks, "register it by /v1/agent/check/register"),
    absent("check_deregister_interval_min", Kind::Duration, ""),
    absent("check_output_max_size", Kind::Int, "").flag("check_output_max_size"),
    absent("check_reap_interval", Kind::Duration, ""),
    absent("check_update_interval", Kind::Duration, ""),
    absent("checks", Kind::Blocks, "register them by /v1/agent/check/register"),
    absent_unless("discard_check_output", Kind::Bool, &[Fine::Bool(false)], ""),
    absent_unless("enable_agent_tls_for_checks", Kind::Bool, &[Fine::Bool(false)], "there is no TLS yet"),
    harmless("enable_central_service_config", Kind::Bool, "of the service mesh"),
    absent_unless("enable_local_script_checks", Kind::Bool, &[Fine::Bool(false)], NO_SCRIPTS)
        .flag("enable-local-script-checks"),
    absent_unless("enable_script_checks", Kind::Bool, &[Fine::Bool(false)], NO_SCRIPTS).flag("enable-script-checks"),
    absent("service", Kind::Blocks, "register it by /v1/agent/service/register"),
    absent("services", Kind::Blocks, "register them by /v1/agent/service/register"),
];
