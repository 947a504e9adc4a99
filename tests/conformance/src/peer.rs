//! A real Consul: `MUSTER_PEER_CONSUL`, started anew for each sequence.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::exchange::Answer;
use crate::target::{NoTarget, Target};

/// The address of a server as the record names it.
const RECORDED: &str = "127.0.0.1:8300";

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

impl Peer {
    /// Starts one as that of the record: node `rec`, one server, no ACLs, no gRPC.
    pub fn start(program: &Path) -> Result<Self, NoTarget> {
        let failed = |error: std::io::Error| NoTarget::Failed(format!("{}: {error}", program.display()));
        let ports: Vec<u16> = free_ports(4).map_err(failed)?;
        let directory = std::env::temp_dir().join(format!("muster-peer-{}-{}", std::process::id(), ports[0]));
        fs::create_dir_all(&directory).map_err(failed)?;
        let config = json!({
            "node_name": "rec", "bootstrap": true, "server": true, "bind_addr": "127.0.0.1",
            "data_dir": directory.join("data"), "performance": {"raft_multiplier": 1},
            "ports": {"http": ports[0], "server": ports[1], "serf_lan": ports[2], "serf_wan": ports[3],
                      "dns": -1, "grpc": -1, "grpc_tls": -1},
        });
        let file = directory.join("config.json");
        fs::write(&file, config.to_string()).map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("agent").arg("-config-file").arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(failed)?;
        let address = SocketAddr::from(([127, 0, 0, 1], ports[0]));
        let target = Target::of(address, child).ready()?.settled()?;
        Ok(Self { target, server_port: ports[1], directory })
    }

    /// An answer with the address of the server as the record names it.
    pub fn as_recorded(&self, mut answer: Answer) -> Answer {
        if let Ok(text) = std::str::from_utf8(&answer.body) {
            answer.body = text.replace(&format!("127.0.0.1:{}", self.server_port), RECORDED).into_bytes();
        }
        answer
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
