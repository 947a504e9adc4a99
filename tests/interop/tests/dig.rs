//! BIND's dig against muster's DNS.

use std::path::PathBuf;

use muster_interop::agent::Agent;
use muster_interop::debian;
use muster_interop::skip::or_skip;
use serde_json::json;
use tokio::process::Command;

/// dig with the registry that it asks.
struct Dig {
    program: PathBuf,
    agent: Agent,
}

impl Dig {
    /// A registry with forty instances of `web`, on 10.0.0.1 and up.
    async fn start(test: &str) -> Option<Self> {
        let program = or_skip(&format!("dig: {test}"), debian::program("dig", "bind9-dnsutils"))?;
        let agent = Agent::start().await;
        for host in 1..=40 {
            agent.register_instance("web", host, &["v1"]).await;
        }
        Some(Self { program, agent })
    }

    /// What it says, with its own defaults but for `arguments`.
    async fn says(&self, arguments: &str) -> String {
        let mut command = Command::new(&self.program);
        command.args(["-r", "@127.0.0.1", "-p", &self.agent.dns().port().to_string(), "+tries=1", "+timeout=10"]);
        command.args(arguments.split(' '));
        debian::output(command).await
    }

    async fn lines(&self, arguments: &str) -> Vec<String> {
        let mut lines: Vec<_> = self.says(arguments).await.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

#[tokio::test]
#[ignore = "needs dig: make test-ci runs it"]
async fn addresses_srv_and_reverse() {
    let Some(dig) = Dig::start("addresses_srv_and_reverse").await else { return };
    dig.agent.register(json!({"Name": "db", "Address": "10.0.1.1", "Port": 5432, "Tags": ["primary"]})).await;
    for name in ["db.service.consul", "primary.db.service.consul", "DB.Service.dc1.Consul", "0a000101.addr.consul"] {
        assert_eq!(dig.lines(&format!("+short {name} A")).await, ["10.0.1.1"], "{name}");
    }
    assert_eq!(dig.lines("+short _db._tcp.service.consul SRV").await, ["1 1 5432 0a000101.addr.dc1.consul."]);
    assert_eq!(dig.lines("+short -x 10.0.1.1").await, ["db.service.dc1.consul."]);
    assert_eq!(dig.lines("+short interop.node.consul A").await, ["127.0.0.1"]);
    assert_eq!(dig.lines("+short consul NS").await, ["interop.node.dc1.consul."]);
    let soa = dig.says("+short consul SOA").await;
    assert!(soa.starts_with("ns.consul. hostmaster.consul. "), "{soa}");
    let missing = dig.says("none.service.consul A").await;
    assert!(missing.contains("status: NXDOMAIN") && missing.contains("flags: qr aa rd;"), "{missing}");
}

#[tokio::test]
#[ignore = "needs dig: make test-ci runs it"]
async fn what_does_not_fit_is_marked_and_then_got_over_tcp() {
    let Some(dig) = Dig::start("what_does_not_fit_is_marked_and_then_got_over_tcp").await else { return };
    let cut = dig.says("+noedns +ignore web.service.consul A").await;
    assert!(cut.contains("flags: qr aa tc rd;") && cut.contains("ANSWER: 3,"), "{cut}");
    let whole = dig.says("+noedns web.service.consul A").await;
    assert!(whole.contains("Truncated, retrying in TCP mode") && whole.contains("ANSWER: 40,"), "{whole}");
    let large = dig.says("+bufsize=4096 +ignore web.service.consul A").await;
    assert!(large.contains("flags: qr aa rd;") && large.contains("ANSWER: 40,"), "{large}");
    // An address and the node's two texts with each, and EDNS.
    let service = dig.says("web.service.consul SRV").await;
    assert!(service.contains("ANSWER: 40,") && service.contains("ADDITIONAL: 121"), "{service}");
}

#[tokio::test]
#[ignore = "needs dig: make test-ci runs it"]
async fn what_is_no_plain_question() {
    let Some(dig) = Dig::start("what_is_no_plain_question").await else { return };
    let subnet = dig.says("+subnet=10.1.2.0/24 web.service.consul A").await;
    assert!(subnet.contains("CLIENT-SUBNET: 10.1.2.0/24/0"), "{subnet}");
    let status = dig.says("+opcode=STATUS web.service.consul A").await;
    assert!(status.contains("status: NOTIMP"), "{status}");
    let transfer = dig.says("consul AXFR").await;
    assert!(transfer.contains("Transfer failed"), "{transfer}");
    let outside = dig.says("example.com A").await;
    assert!(
        outside.contains("status: REFUSED") && outside.contains("recursion requested but not available"),
        "{outside}"
    );
    let kept_open = dig.says("+keepopen +tcp +short web.service.consul A interop.node.consul A").await;
    assert!(kept_open.lines().count() >= 41, "{kept_open}");
}
