//! Logs on stderr.

use anyhow::{Result, bail};
use tracing_subscriber::EnvFilter;

/// Starts logging at `level`, one of Consul's words in any case. `MUSTER_LOG` may say more (tracing's filter language).
pub fn start(level: &str) -> Result<()> {
    let level = match level.to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "info" | "warn") => level.to_owned(),
        "err" | "error" => "error".to_owned(),
        other => bail!("-log-level is {other:?}: trace, debug, info, warn or err would be right"),
    };
    let filter = match std::env::var("MUSTER_LOG") {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| anyhow::anyhow!("MUSTER_LOG is {text:?}: {error}"))?,
        Err(_) => EnvFilter::new(format!("warn,{}", crates(&level))),
    };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).init();
    Ok(())
}

/// Our own crates at `level`; others' are heard when they warn.
fn crates(level: &str) -> String {
    let ours = [
        "muster",
        "muster_agent",
        "muster_consul_client",
        "muster_docker",
        "muster_http",
        "muster_journal",
        "muster_registrar",
        "muster_registry",
        "muster_template",
    ];
    ours.map(|name| format!("{name}={level}")).join(",")
}
