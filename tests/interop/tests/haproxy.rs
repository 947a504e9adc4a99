//! HAProxy with servers from SRV records, as its users have it in front of Consul.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use muster_interop::agent::Agent;
use muster_interop::skip::or_skip;
use muster_interop::{PATIENCE, debian};
use muster_testbed::program::Program;
use muster_testbed::{probe, wait};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::task::JoinSet;

/// HTTP servers that say their own name, each on an address of its own: HAProxy keeps servers of one name and several
/// ports apart only now and then, in front of Consul too.
struct Backends {
    addresses: Vec<SocketAddr>,
    _tasks: JoinSet<()>,
}

impl Backends {
    async fn start(count: usize) -> Self {
        let (mut addresses, mut tasks) = (Vec::new(), JoinSet::new());
        for number in 0..count {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 1 + number as u8), 0))
                .await
                .expect("a free port");
            addresses.push(listener.local_addr().expect("it is bound"));
            tasks.spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let Ok(1..) = stream.read(&mut [0; 4096]).await else { continue };
                    let body = format!("web-{number}");
                    let length = body.len();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
        Self { addresses, _tasks: tasks }
    }
}

fn configuration(dns: SocketAddr, front: SocketAddr) -> String {
    format!(
        "global\n  maxconn 100\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\n\
         resolvers muster\n  nameserver one {dns}\n  accepted_payload_size 8192\n  timeout resolve 100ms\n  \
         timeout retry 100ms\n  hold valid 100ms\n  hold obsolete 0s\n  hold nx 100ms\n\
         frontend front\n  bind {front}\n  default_backend web\n\
         backend web\n  balance roundrobin\n  \
         server-template web 10 _web._tcp.service.consul resolvers muster resolve-prefer ipv4 init-addr none\n"
    )
}

/// HAProxy while the test runs.
struct Proxy {
    front: SocketAddr,
    _program: Program,
    _directory: tempfile::TempDir,
}

impl Proxy {
    fn start(haproxy: PathBuf, dns: SocketAddr) -> Self {
        let front = TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a free port");
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("haproxy.cfg");
        std::fs::write(&file, configuration(dns, front)).expect("a file");
        let mut command = Command::new(haproxy);
        command.arg("-db").arg("-f").arg(&file);
        let program = Program::start("haproxy", command, None).unwrap_or_else(|error| panic!("{error}"));
        Self { front, _program: program, _directory: directory }
    }

    /// Waits until exactly these answer.
    async fn serves(&self, expected: &[&str]) {
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        let what = format!("{expected:?} answer");
        let answering = wait::until(&what, PATIENCE, async || {
            let mut found = BTreeSet::new();
            for _ in 0..12 {
                match probe::get(self.front, "/", PATIENCE).await {
                    Ok(answer) if answer.status.is_success() => drop(found.insert(answer.text())),
                    Ok(answer) => drop(found.insert(answer.status.to_string())),
                    Err(error) => return Err(error.to_string()),
                }
            }
            if found == expected { Ok(()) } else { Err(format!("{found:?} answer")) }
        });
        answering.await.unwrap_or_else(|error| panic!("{error}"));
    }
}

#[tokio::test]
#[ignore = "needs HAProxy: make test-ci runs it"]
async fn a_pool_from_srv_records_grows_and_shrinks() {
    let haproxy = or_skip("HAProxy: a_pool_from_srv_records_grows_and_shrinks", debian::program("haproxy", "haproxy"));
    let Some(haproxy) = haproxy else { return };
    let agent = Agent::start().await;
    let backends = Backends::start(3).await;
    let register = async |number: usize| {
        let address = backends.addresses[number];
        let id = format!("web-{number}");
        agent
            .register(json!({"ID": id, "Name": "web", "Address": address.ip().to_string(), "Port": address.port()}))
            .await;
    };
    register(0).await;
    let proxy = Proxy::start(haproxy, agent.dns());
    proxy.serves(&["web-0"]).await;
    register(1).await;
    register(2).await;
    proxy.serves(&["web-0", "web-1", "web-2"]).await;
    agent.deregister("web-0").await;
    proxy.serves(&["web-1", "web-2"]).await;
    agent.put("/v1/agent/service/maintenance/web-2?enable=true", "").await;
    proxy.serves(&["web-1"]).await;
    agent.put("/v1/agent/service/maintenance/web-2?enable=false", "").await;
    agent.deregister("web-1").await;
    proxy.serves(&["web-2"]).await;
}
