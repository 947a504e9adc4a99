//! What checks may do and how they are run, out of the merged configuration.

use std::sync::Arc;

use anyhow::Result;
use muster_agent::{CheckTimes, ProbeConfig, ScriptChecks};
use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};

use super::http::duration;
use crate::config::Settings;

/// Who may have checks run commands.
pub(super) fn scripts(settings: &Settings) -> ScriptChecks {
    let says = |key| settings.bool(key).unwrap_or(false);
    if says("enable_script_checks") {
        ScriptChecks::On
    } else if says("enable_local_script_checks") {
        ScriptChecks::Local
    } else {
        ScriptChecks::Off
    }
}

/// How long things about checks take.
pub(super) fn times(settings: &Settings) -> Result<CheckTimes> {
    let usual = CheckTimes::default();
    Ok(CheckTimes {
        hold: duration(settings, "check_update_interval")?.unwrap_or(usual.hold),
        shortest_removal: duration(settings, "check_deregister_interval_min")?.unwrap_or(usual.shortest_removal),
    })
}

/// How checks are run.
pub(super) fn probes(settings: &Settings) -> Result<ProbeConfig> {
    let probes = usual_probes()?;
    let Some(bytes) = settings.int("check_output_max_size") else { return Ok(probes) };
    match usize::try_from(bytes) {
        Ok(output_max_bytes) if output_max_bytes > 0 => Ok(ProbeConfig { output_max_bytes, ..probes }),
        _ => {
            Err(settings
                .wrong("check_output_max_size", format!("is {bytes}: a number of bytes above 0 would be right")))
        }
    }
}

/// Containers of Docker checks are those of DOCKER_HOST's engine.
fn usual_probes() -> Result<ProbeConfig> {
    let address = EngineAddress::from_environment(|name| std::env::var(name).ok(), DEFAULT_ADDRESS)?;
    Ok(ProbeConfig::new(Arc::new(Engine::at(address))))
}
