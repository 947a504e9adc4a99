//! The real consul-template against muster's registry, and muster under its name in its place.

use std::path::Path;

use muster_interop::agent::Agent;
use muster_interop::consul_template::{Ours, Rendering};
use muster_interop::go::Go;
use muster_interop::skip::or_skip;
use serde_json::json;

/// What the demo's load balancer renders.
const UPSTREAM: &str = include_str!("../../../examples/demo/lb/default.ctmpl");

fn upstream(servers: &[&str]) -> String {
    let servers: String =
        servers.iter().map(|s| format!("\n    server {s} max_fails=3 fail_timeout=60 weight=1;")).collect();
    format!(
        "\nupstream web {{\n    least_conn;\n    {servers}\n}}\n\nserver {{\n    listen 80 default;\n\n    \
         location / {{\n        proxy_pass http://web;\n    }}\n}}\n"
    )
}

async fn every_change_is_rendered(program: &Path) {
    let agent = Agent::start().await;
    agent.put_key("colour", "blue").await;
    let template = "{{range services}}{{.Name}}={{.Tags | join \",\"}} {{end}}\n\
                    {{range service \"web\"}}{{.ID}}@{{.Node}} {{.Address}}:{{.Port}} {{.Tags | join \",\"}}\n{{end}}\
                    {{key \"colour\"}}\n";
    let rendering = Rendering { program, registry: agent.address(), template: template.as_bytes(), environment: &[] };
    let following = rendering.follow();
    following.shows("consul= \nblue\n").await;

    agent.register_instance("web", 2, &["v1"]).await;
    following.shows("consul= web=v1 \nweb-2@interop 10.0.0.2:8002 v1\nblue\n").await;

    agent.register_instance("web", 1, &["v1", "green"]).await;
    following
        .shows("consul= web=green,v1 \nweb-1@interop 10.0.0.1:8001 green,v1\nweb-2@interop 10.0.0.2:8002 v1\nblue\n")
        .await;

    agent.register_instance("web", 1, &["v2"]).await;
    following.shows("consul= web=v1,v2 \nweb-1@interop 10.0.0.1:8001 v2\nweb-2@interop 10.0.0.2:8002 v1\nblue\n").await;

    agent.put_key("colour", "red").await;
    following.shows("consul= web=v1,v2 \nweb-1@interop 10.0.0.1:8001 v2\nweb-2@interop 10.0.0.2:8002 v1\nred\n").await;

    agent.deregister("web-2").await;
    following.shows("consul= web=v2 \nweb-1@interop 10.0.0.1:8001 v2\nred\n").await;

    agent.deregister("web-1").await;
    following.shows("consul= \nred\n").await;
}

async fn the_upstream_holds_what_passes(program: &Path) {
    let agent = Agent::start().await;
    let environment = &[("APP_NAME", "web")];
    let rendering = Rendering { program, registry: agent.address(), template: UPSTREAM.as_bytes(), environment };
    let following = rendering.follow();
    following.shows(&upstream(&[])).await;

    agent.register_instance("web", 1, &[]).await;
    following.shows(&upstream(&["10.0.0.1:8001"])).await;

    let check = json!({"CheckID": "alive", "TTL": "10m", "Status": "passing"});
    agent.register(json!({"ID": "web-2", "Name": "web", "Address": "10.0.0.2", "Port": 8002, "Check": check})).await;
    following.shows(&upstream(&["10.0.0.1:8001", "10.0.0.2:8002"])).await;

    agent.put("/v1/agent/check/fail/alive", "").await;
    following.shows(&upstream(&["10.0.0.1:8001"])).await;

    agent.put("/v1/agent/check/pass/alive", "").await;
    following.shows(&upstream(&["10.0.0.1:8001", "10.0.0.2:8002"])).await;

    // How muster drains an instance, and how Consul's users always did.
    agent.put("/v1/agent/service/maintenance/web-1?enable=true&reason=muster:%20draining", "").await;
    following.shows(&upstream(&["10.0.0.2:8002"])).await;

    agent.deregister("web-1").await;
    agent.deregister("web-2").await;
    following.shows(&upstream(&[])).await;
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn a_missing_key_is_waited_for() {
    let Some(go) = or_skip("a_missing_key_is_waited_for", Go::find()) else { return };
    let program = go.consul_template();
    let agent = Agent::start().await;
    let template = "{{key \"late/key\"}}|{{keyOrDefault \"no/key\" \"none\"}}|{{keyExists \"late\"}}|\
                    {{range ls \"late\"}}{{.Key}}={{.Value}} {{end}}";
    let rendering =
        Rendering { program: &program, registry: agent.address(), template: template.as_bytes(), environment: &[] };
    let mut following = rendering.follow();
    following.says("missing data for 1 dependencies").await;
    assert!(!following.has_rendered());

    // Neither of these is the key, though one begins like it.
    agent.put_key("late", "parent").await;
    agent.put_key("late/keys", "sibling").await;
    agent.put_key("late/key", "here").await;
    following.shows("here|none|true|key=here keys=sibling ").await;
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn once_renders_and_ends() {
    let Some(go) = or_skip("once_renders_and_ends", Go::find()) else { return };
    let program = go.consul_template();
    let agent = Agent::start().await;
    agent.register_instance("web", 1, &[]).await;
    let environment = &[("APP_NAME", "web")];
    let rendering =
        Rendering { program: &program, registry: agent.address(), template: UPSTREAM.as_bytes(), environment };
    let outcome = rendering.once().await;
    assert_eq!(outcome.code, Some(0), "{}", outcome.said);
    let file = String::from_utf8(outcome.file.expect("a file")).unwrap();
    assert_eq!(file, upstream(&["10.0.0.1:8001"]));
}

async fn a_registry_that_lost_everything_is_followed(program: &Path) {
    let agent = Agent::start_on_lasting_port().await;
    for host in 1..=5 {
        agent.register_instance("web", host, &[]).await;
    }
    let template = "{{range service \"web\"}}{{.ID}} {{end}}";
    let rendering = Rendering { program, registry: agent.address(), template: template.as_bytes(), environment: &[] };
    let following = rendering.follow();
    following.shows("web-1 web-2 web-3 web-4 web-5 ").await;

    // The new one counts from the beginning: its indexes lie below those that the client has seen.
    let address = agent.kill().await;
    let agent = Agent::start_at(address.port()).await;
    agent.register_instance("web", 9, &[]).await;
    following.shows("web-9 ").await;
    agent.register_instance("web", 8, &[]).await;
    following.shows("web-8 web-9 ").await;
}

/// The scenarios, with the real program and with ours.
macro_rules! with_both {
    ($($scenario:ident,)*) => {
        mod theirs {
            use super::{Go, or_skip};

            $(
                #[tokio::test]
                #[ignore = "needs Go: make test-ci runs it"]
                async fn $scenario() {
                    let Some(go) = or_skip(stringify!($scenario), Go::find()) else { return };
                    super::$scenario(&go.consul_template()).await;
                }
            )*
        }

        mod ours {
            use super::Ours;

            $(
                #[tokio::test]
                #[ignore = "needs a built muster: make test-ci runs it"]
                async fn $scenario() {
                    super::$scenario(&Ours::link().program()).await;
                }
            )*
        }
    };
}

with_both! {
    every_change_is_rendered,
    the_upstream_holds_what_passes,
    a_registry_that_lost_everything_is_followed,
}
