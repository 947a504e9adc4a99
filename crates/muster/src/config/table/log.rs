//! Logs.

use super::super::key::works;
use super::super::{Key, Kind};

pub const KEYS: &[Key] = &[
    works("enable_syslog", Kind::Bool, "logs also go to the host's syslog").flag("syslog"),
    works("log_file", Kind::Text, "logs also go to files named after this one; a directory if it ends in /")
        .flag("log-file"),
    works("log_json", Kind::Bool, "a JSON object per line").flag("log-json"),
    works("log_level", Kind::Text, "trace, debug, info (the default), warn or err").flag("log-level").reloads(),
    works("log_rotate_bytes", Kind::Int, "a new log file after so many bytes; default: however many")
        .flag("log-rotate-bytes"),
    works("log_rotate_duration", Kind::Duration, "a new log file after so long; default 24h")
        .flag("log-rotate-duration"),
    works("log_rotate_max_files", Kind::Int, "so many old log files are kept; 0: all; -1: none")
        .flag("log-rotate-max-files"),
    works("syslog_facility", Kind::Text, "under which facility; default LOCAL0"),
];
