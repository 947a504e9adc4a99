//! Logs on stderr, in files and to syslog, as lines or as JSON; the level can be changed while it runs.

mod file;
mod json;
mod syslog;

use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};

use file::LogFile;
pub use file::LogFileSettings;
pub use syslog::facility;
use syslog::{SOCKET, Syslog};

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// One of Consul's words in any case.
    pub level: String,
    /// A JSON object per line.
    pub json: bool,
    /// In files besides.
    pub file: Option<LogFileSettings>,
    /// To syslog besides, under this facility.
    pub syslog: Option<u8>,
}

/// Changes the level of logs that run.
pub struct LogLevel(Box<dyn Fn(EnvFilter) -> Result<()> + Send + Sync>);

impl LogLevel {
    /// From now on. `MUSTER_LOG` still says more.
    pub fn set(&self, level: &str) -> Result<()> {
        (self.0)(filter(level)?)
    }
}

/// Starts logging at `level`, as lines.
pub fn start(level: &str) -> Result<()> {
    start_as(&LogSettings { level: level.to_owned(), json: false, file: None, syslog: None }).map(drop)
}

/// Starts logging. `MUSTER_LOG` may say more than the level (tracing's filter language).
pub fn start_as(settings: &LogSettings) -> Result<LogLevel> {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let colours = terminal && settings.file.is_none() && settings.syslog.is_none();
    let mut writer = BoxMakeWriter::new(std::io::stderr);
    if let Some(file) = &settings.file {
        let path = file.path.display();
        let file = LogFile::open(file.clone()).with_context(|| format!("cannot write log file {path}"))?;
        writer = BoxMakeWriter::new(writer.and(Mutex::new(file)));
    }
    if let Some(facility) = settings.syslog {
        let syslog = Syslog::connect(SOCKET.as_ref(), facility);
        let syslog = syslog.with_context(|| format!("enable_syslog is set, and syslog is not reached at {SOCKET}"))?;
        writer = BoxMakeWriter::new(writer.and(syslog));
    }
    let builder = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter(&settings.level)?)
        .with_writer(writer);
    if settings.json {
        let builder = builder.with_ansi(false).event_format(json::JsonLines).with_filter_reloading();
        let handle = builder.reload_handle();
        builder.init();
        return Ok(LogLevel(Box::new(move |filter| Ok(handle.reload(filter)?))));
    }
    let builder = builder.with_ansi(colours).with_filter_reloading();
    let handle = builder.reload_handle();
    builder.init();
    Ok(LogLevel(Box::new(move |filter| Ok(handle.reload(filter)?))))
}

/// Whether it is one of Consul's words.
pub fn is_level(level: &str) -> bool {
    matches!(level.to_ascii_lowercase().as_str(), "trace" | "debug" | "info" | "warn" | "err" | "error")
}

fn filter(level: &str) -> Result<EnvFilter> {
    let level = match level.to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "info" | "warn") => level.to_owned(),
        "err" | "error" => "error".to_owned(),
        other => bail!("-log-level is {other:?}: trace, debug, info, warn or err would be right"),
    };
    match std::env::var("MUSTER_LOG") {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| anyhow::anyhow!("MUSTER_LOG is {text:?}: {error}")),
        Err(_) => Ok(EnvFilter::new(format!("warn,{}", crates(&level)))),
    }
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
        "muster_machine",
        "muster_registrar",
        "muster_registry",
        "muster_template",
    ];
    ours.map(|name| format!("{name}={level}")).join(",")
}
