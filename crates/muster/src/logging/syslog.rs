//! Logs to the host's syslog (`enable_syslog`), each line with its severity.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Where every system's syslog listens, journald too.
pub const SOCKET: &str = "/dev/log";

/// Names of facilities by their number (RFC 3164, section 4.1.1).
const FACILITIES: [(&str, u8); 20] = [
    ("KERN", 0),
    ("USER", 1),
    ("MAIL", 2),
    ("DAEMON", 3),
    ("AUTH", 4),
    ("SYSLOG", 5),
    ("LPR", 6),
    ("NEWS", 7),
    ("UUCP", 8),
    ("CRON", 9),
    ("AUTHPRIV", 10),
    ("FTP", 11),
    ("LOCAL0", 16),
    ("LOCAL1", 17),
    ("LOCAL2", 18),
    ("LOCAL3", 19),
    ("LOCAL4", 20),
    ("LOCAL5", 21),
    ("LOCAL6", 22),
    ("LOCAL7", 23),
];

/// The number of a facility, whatever its case.
pub fn facility(name: &str) -> Option<u8> {
    FACILITIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

/// A connection to syslog.
pub struct Syslog {
    socket: UnixDatagram,
    facility: u8,
}

/// Writes one event.
pub struct Line<'a> {
    syslog: &'a Syslog,
    severity: u8,
}

impl Syslog {
    /// Connects to who listens at `path`.
    pub fn connect(path: &Path, facility: u8) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Self { socket, facility })
    }
}

impl<'a> MakeWriter<'a> for Syslog {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { syslog: self, severity: 6 }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line<'a> {
        let severity = match *event.level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        Line { syslog: self, severity }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let priority = self.syslog.facility * 8 + self.severity;
        let mut packet = format!("<{priority}>muster[{}]: ", std::process::id()).into_bytes();
        packet.extend_from_slice(bytes.strip_suffix(b"\n").unwrap_or(bytes));
        // A syslog that is away or too slow loses lines, and must stop nothing.
        let _ = self.syslog.socket.send(&packet);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_one_packet_with_its_severity() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let listener = UnixDatagram::bind(&path).unwrap();
        let syslog = Syslog::connect(&path, facility("local0").unwrap()).unwrap();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false).with_writer(syslog).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(file = "x", "read again");
            tracing::error!("no");
        });
        let mut buffer = [0; 256];
        for (priority, text) in [(16 * 8 + 4, "WARN read again file=\"x\""), (16 * 8 + 3, "ERROR no")] {
            let length = listener.recv(&mut buffer).unwrap();
            let line = std::str::from_utf8(&buffer[..length]).unwrap();
            let (head, message) = line.split_once(": ").unwrap();
            assert_eq!(head, format!("<{priority}>muster[{}]", std::process::id()));
            assert_eq!(message.trim(), text);
        }
    }

    #[test]
    fn who_does_not_listen_is_told() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Syslog::connect(&directory.path().join("none"), 16).is_err());
        assert_eq!((facility("LOCAL7"), facility("local8")), (Some(23), None));
    }
}
