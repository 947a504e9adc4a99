//! Logs.

use super::super::key::{absent, absent_unless, harmless, works};
use super::super::{Fine, Key, Kind};

pub const KEYS: &[Key] = &[
    absent_unless("enable_syslog", Kind::Bool, &[Fine::Bool(false)], "logs go to standard error").flag("syslog"),
    absent("log_file", Kind::Text, "logs go to standard error").flag("log-file"),
    works("log_json", Kind::Bool, "a JSON object per line").flag("log-json"),
    works("log_level", Kind::Text, "trace, debug, info (the default), warn or err").flag("log-level"),
    absent("log_rotate_bytes", Kind::Int, "logs go to standard error").flag("log-rotate-bytes"),
    absent("log_rotate_duration", Kind::Duration, "logs go to standard error").flag("log-rotate-duration"),
    absent("log_rotate_max_files", Kind::Int, "logs go to standard error").flag("log-rotate-max-files"),
    harmless("syslog_facility", Kind::Text, "logs go to standard error"),
];
