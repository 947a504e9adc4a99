//! A real Consul: `MUSTER_PEER_CONSUL`, started anew for each sequence, HTTP and DNS.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::dns::DnsAnswer;
use crate::exchange::Answer;
use crate::target::{NoTarget, Target, announce};

/// The port of a server, on 127.0.0.1, as the record names it.
const RECORDED: u16 = 8300;

/// A running Consul with a directory of its own.
pub struct Peer {
    /// Where it answers.
    pub target: Target,
    server_port: u16,
    directory: PathBuf,
}

/// The program that `MUSTER_PEER_CONSUL` names.
pub fn program() -> Option<PathBuf> {
    std::env::var_os("MUSTER_PEER_CONSUL").map(PathBuf::from)
}

/// One that was started with these arguments besides, if there is a program; without one it says so by name. That is no
/// failure with `CI=true` either: no registry has a real Consul.
pub fn or_skip(name: &str, arguments: &[String]) -> Option<Peer> {
    let Some(program) = program() else {
        announce(&format!("SKIPPED {name:?} on a real Consul: MUSTER_PEER_CONSUL names none"));
        return None;
    };
    Some(Peer::start(&program, arguments).unwrap_or_else(|error| panic!("{name}: {error:?}")))
}

impl Peer {
    /// Starts one as that of the record: node `rec`, one server, no ACLs, no gRPC.
    pub fn start(program: &Path, arguments: &[String]) -> Result<Self, NoTarget> {
        try_thrice(|| Self::start_once(program, arguments))
    }

    fn start_once(program: &Path, arguments: &[String]) -> Result<Self, NoTarget> {
        let failed = |error: std::io::Error| NoTarget::Failed(format!("{}: {error}", program.display()));
        let ports: Vec<u16> = free_ports(5).map_err(failed)?;
        let directory = std::env::temp_dir().join(format!("muster-peer-{}-{}", std::process::id(), ports[0]));
        fs::create_dir_all(&directory).map_err(failed)?;
        let config = json!({
            "node_name": "rec", "bootstrap": true, "server": true, "bind_addr": "127.0.0.1",
            "data_dir": directory.join("data"), "performance": {"raft_multiplier": 1},
            "ports": {"http": ports[0], "server": ports[1], "serf_lan": ports[2], "serf_wan": ports[3],
                      "dns": ports[4], "grpc": -1, "grpc_tls": -1},
        });
        let file = directory.join("config.json");
        fs::write(&file, config.to_string()).map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("agent").arg("-config-file").arg(&file).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(failed)?;
        let [address, dns] = [ports[0], ports[4]].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let target = Target::of(address, dns, child).ready()?.settled()?;
        Ok(Self { target, server_port: ports[1], directory })
    }

    /// Waits until its agent has told the catalog all of itself, which Consul's does some seconds after the start: from
    /// then on nothing changes by itself.
    pub fn is_quiet(&self) -> Result<(), NoTarget> {
        self.target.wait_for(&["/v1/catalog/nodes?filter=lan+in+TaggedAddresses"])
    }

    /// An answer with the address of the server as the record names it.
    pub fn as_recorded(&self, mut answer: Answer) -> Answer {
        if let Ok(text) = std::str::from_utf8(&answer.body) {
            let [own, recorded] = [self.server_port, RECORDED].map(|port| format!("127.0.0.1:{port}"));
            answer.body = text.replace(&own, &recorded).into_bytes();
        }
        answer
    }

    /// The same for DNS.
    pub fn dns_as_recorded(&self, answer: DnsAnswer) -> DnsAnswer {
        answer.with_server_port(self.server_port, RECORDED)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.target.kill();
        // What is left in a temporary directory hurts nobody.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn free_ports(count: usize) -> std::io::Result<Vec<u16>> {
    let listeners: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<std::io::Result<_>>()?;
    listeners.iter().map(|listener| listener.local_addr().map(|address| address.port())).collect()
}

/// Between finding a free port and using it, somebody else may take it: starts anew then.
fn try_thrice<T>(mut start: impl FnMut() -> Result<T, NoTarget>) -> Result<T, NoTarget> {
    let mut last = None;
    for _ in 0..3 {
        match start() {
            Ok(started) => return Ok(started),
            Err(failed) => last = Some(failed),
        }
    }
    Err(last.unwrap_or_else(|| NoTarget::Failed("never started".into())))
}
