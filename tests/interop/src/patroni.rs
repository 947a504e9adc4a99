//! Patroni with PostgreSQL, both Debian's: nodes of one cluster that keep their leader in Consul's key-value store.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use muster_testbed::probe;
use muster_testbed::program::Program;
use muster_testbed::program_path::find_program;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::skip::Missing;

/// The cluster's name.
pub const SCOPE: &str = "interop";
/// How long a leader may be silent, in seconds; Patroni takes no less.
pub const TTL: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// Patroni, PostgreSQL's programs, and whom to run them as, since they refuse root.
#[derive(Debug)]
pub struct Patroni {
    program: PathBuf,
    postgres: PathBuf,
    owner: (u32, u32),
}

/// A node of the cluster. Dropping it ends it.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    program: Program,
    data: PathBuf,
    api: SocketAddr,
    port: u16,
    psql: PathBuf,
    _directory: TempDir,
}

impl Patroni {
    /// What is installed.
    pub fn find() -> Result<Self, Missing> {
        let missing =
            |found: &str| Missing { tool: "Patroni with Consul's client, and PostgreSQL", found: found.to_owned() };
        let program = find_program("patroni").ok_or_else(|| missing("there is no patroni on PATH"))?;
        let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| missing("there is no /usr/lib/postgresql"))?;
        let mut directories: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
        directories.sort();
        let postgres = directories.into_iter().rfind(|directory| directory.join("postgres").is_file());
        let postgres = postgres.ok_or_else(|| missing("there is no PostgreSQL server"))?;
        // The package's user; its home belongs to it.
        let home = fs::metadata("/var/lib/postgresql").map_err(|_| missing("there is no user for PostgreSQL"))?;
        Ok(Self { program, postgres, owner: (home.uid(), home.gid()) })
    }

    /// Starts a node that keeps its place in the registry at `registry`.
    pub fn start(&self, name: &str, registry: SocketAddr) -> Node {
        let directory = tempfile::Builder::new().prefix("muster-patroni-").tempdir().expect("a directory");
        let path = directory.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        chown(path, Some(self.owner.0), Some(self.owner.1)).expect("root gives it away");
        let (api, port) = (free_port(), free_port());
        let file = path.join("patroni.yml");
        fs::write(&file, self.configuration(name, path, registry, api, port)).expect("the directory is there");
        let mut command = Command::new(&self.program);
        command.arg(&file).current_dir(path).uid(self.owner.0).gid(self.owner.1);
        let program = Program::start(&format!("patroni {name}"), command, None).expect("patroni starts");
        Node {
            name: name.to_owned(),
            program,
            data: path.join("data"),
            api: SocketAddr::from((Ipv4Addr::LOCALHOST, api)),
            port,
            psql: self.postgres.join("psql"),
            _directory: directory,
        }
    }

    fn configuration(&self, name: &str, path: &Path, registry: SocketAddr, api: u16, port: u16) -> String {
        let (bin, path) = (self.postgres.display(), path.display());
        format!(
            r#"scope: {SCOPE}
name: {name}
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
consul: {{host: "{registry}", register_service: true}}
bootstrap:
  dcs: {{ttl: {TTL}, loop_wait: 2, retry_timeout: 3, postgresql: {{use_pg_rewind: false}}}}
  initdb: [{{encoding: UTF8}}, {{locale: C}}]
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: "{path}/data"
  bin_dir: "{bin}"
  pgpass: "{path}/pgpass"
  authentication:
    superuser: {{username: postgres, password: "x"}}
    replication: {{username: replicator, password: "x"}}
  parameters: {{unix_socket_directories: "{path}", fsync: "off", max_connections: 20}}
"#
        )
    }
}

impl Node {
    /// `Ok` if it says of itself that it is `role`: `primary` or `replica`, with all that it needs for it.
    pub async fn is(&self, role: &str) -> Result<(), String> {
        let answer = probe::get(self.api, &format!("/{role}"), PATIENCE).await.map_err(|error| error.to_string())?;
        if answer.status.is_success() { Ok(()) } else { Err(format!("{} says {}", self.name, answer.text())) }
    }

    /// The port of its database.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks its database.
    pub async fn sql(&self, statement: &str) -> Result<String, String> {
        let mut psql = Command::new(&self.psql);
        psql.args([
            "-X",
            "-A",
            "-t",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-p",
            &self.port.to_string(),
            "-c",
            statement,
        ]);
        let output = psql.stdin(Stdio::null()).output().await.map_err(|error| error.to_string())?;
        let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
    }

    /// SIGKILL to Patroni and to its database.
    pub async fn kill(&mut self) {
        let database = self.database();
        self.program.kill().await.unwrap_or_else(|error| panic!("{error}"));
        if let Some(pid) = database {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status().await;
        }
    }

    fn database(&self) -> Option<u32> {
        fs::read_to_string(self.data.join("postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Patroni leaves its database running when it is killed.
        if let Some(pid) = self.database() {
            let _ = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

/// The instances of the cluster that carry a tag, as other programs find them.
pub async fn instances_tagged(registry: SocketAddr, tag: &str) -> Result<Vec<u64>, String> {
    let path = format!("/v1/health/service/{SCOPE}?passing&tag={tag}");
    let answer = probe::get(registry, &path, PATIENCE).await.map_err(|error| error.to_string())?;
    let list: Value = answer.json().map_err(|error| error.to_string())?;
    let list = list.as_array().ok_or_else(|| format!("{list}"))?;
    Ok(list.iter().filter_map(|entry| entry["Service"]["Port"].as_u64()).collect())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
