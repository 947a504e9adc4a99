//! Who listens on a port that is taken, as Linux tells it in `/proc`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Who keeps a port from being listened on.
#[derive(Debug, PartialEq, Eq)]
pub enum Holder {
    /// This process, for another purpose.
    Own,
    /// Such as `process 4711 (nginx)`.
    Other(String),
}

/// The process that keeps `wanted` from being listened on; none where the system does not say, such as of other users'
/// processes.
pub fn find(wanted: SocketAddr) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> =
        tables.iter().flat_map(|table| listeners(table, wanted)).map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let holder = ids.find(|id| has_open(*id, &sockets))?;
    if holder == std::process::id() {
        return Some(Holder::Own);
    }
    let name = fs::read_to_string(format!("/proc/{holder}/comm")).unwrap_or_default();
    Some(Holder::Other(format!("process {holder} ({})", name.trim_end())))
}

fn has_open(process: u32, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let is_one = |target: &std::path::Path| target.to_str().is_some_and(|target| sockets.iter().any(|s| s == target));
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| is_one(&target)))
}

/// The inodes of the sockets in a table of the kernel's that listen where `wanted` is.
fn listeners(table: &str, wanted: SocketAddr) -> Vec<&str> {
    let listening = |line: &str| {
        let mut fields = line.split_whitespace();
        let local = address(fields.nth(1)?)?;
        // 0A: LISTEN.
        (fields.nth(1)? == "0A").then_some(local)
    };
    let is_in_the_way = |local: SocketAddr| {
        local.port() == wanted.port()
            && (local.ip() == wanted.ip() || local.ip().is_unspecified() || wanted.ip().is_unspecified())
    };
    let lines = table.lines().skip(1).filter(|line| listening(line).is_some_and(is_in_the_way));
    lines.filter_map(|line| line.split_whitespace().nth(9)).collect()
}

/// `0100007F:2134`: each group of eight digits is a number of 32 bits in this machine's order of bytes.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::new();
    for start in (0..host.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(host.get(start..start + 8)?, 16).ok()?.to_ne_bytes());
    }
    let host = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical(),
    };
    Some(SocketAddr::new(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2134 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 0100007F:2134 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 20 4 30 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn only_who_listens_there_or_everywhere_is_in_the_way() {
        let at = |text: &str| listeners(TABLE, text.parse().unwrap());
        assert_eq!(at("127.0.0.1:8500"), ["111"]);
        assert_eq!(at("10.0.0.1:8500"), [""; 0]);
        assert_eq!(at("0.0.0.0:8500"), ["111"]);
        assert_eq!(at("10.0.0.1:8080"), ["222"]);
        assert_eq!(at("127.0.0.1:8501"), [""; 0]);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_of_both_families_are_read() {
        assert_eq!(address("0100007F:2134"), Some("127.0.0.1:8500".parse().unwrap()));
        assert_eq!(address("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
        assert_eq!(address("0100007:2134"), None);
    }

    #[test]
    fn an_own_listener_is_found() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            // A machine may be without one of the families.
            let Ok(listener) = TcpListener::bind(host) else { continue };
            let found = find(listener.local_addr().unwrap()).unwrap();
            assert_eq!(found, Holder::Own);
        }
    }
}
