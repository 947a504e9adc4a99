//! A server under test: a process of its own on empty data, pinned to a core.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::load;

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Muster,
    Consul,
    /// The least that could do the work, where there is such a thing.
    Bare,
}

pub struct Server {
    process: Child,
    pub address: String,
    /// DNS, on the same address.
    pub dns_port: String,
    /// From the start of the process to a leader and an own node in the catalog.
    pub start_time: Duration,
    _data: tempfile::TempDir,
}

/// The core that servers run on; the client has the others.
pub const SERVER_CORE: &str = "0";

impl Server {
    pub async fn start(kind: Kind, program: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let ports = free_ports(5)?;
        let directory = data.path().join("data");
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(program).args(["agent", "-bootstrap", "-server", "-node", "bench"]);
        command.arg("-data-dir").arg(&directory).args([
            "-bind",
            "127.0.0.1",
            "-http-port",
            &ports[0],
            "-dns-port",
            &ports[4],
            "-log-level",
            "err",
        ]);
        if kind == Kind::Consul {
            let off = ["-grpc-port", "-1", "-grpc-tls-port", "-1"];
            let own = ["-server-port", &ports[1], "-serf-lan-port", &ports[2], "-serf-wan-port", &ports[3]];
            command.args(off).args(own);
        }
        let begun = Instant::now();
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self {
            process,
            address: format!("127.0.0.1:{}", ports[0]),
            dns_port: ports[4].clone(),
            start_time: Duration::ZERO,
            _data: data,
        };
        loop {
            if let Ok(body) = load::once(&server.address, "GET", "/v1/health/service/consul?passing", "").await
                && body.contains("serfHealth")
            {
                break;
            }
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("not ready within a minute");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.start_time = begun.elapsed();
        Ok(server)
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(self.process.id())
    }

    /// Memory that is its own, not a file's.
    pub fn anonymous_memory_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).context("RssAnon")?;
        let kib: f64 = line.split_whitespace().nth(1).context("RssAnon")?.parse()?;
        Ok(kib / 1024.0)
    }

    pub fn stop(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A process's CPU time so far, in ticks of 10 ms.
pub fn cpu_of(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn free_ports(count: usize) -> Result<Vec<String>> {
    let holders: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<std::io::Result<_>>()?;
    holders.iter().map(|holder| Ok(holder.local_addr()?.port().to_string())).collect()
}
