//! muster under the name consul-template against the real one: same registry, same templates, same bytes.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use muster_interop::agent::Agent;
use muster_interop::consul_template::{Ours, Rendering};
use muster_interop::go::Go;
use muster_interop::skip::or_skip;
use serde_json::json;

const ENVIRONMENT: &[(&str, &str)] = &[("APP_NAME", "web")];
const DEMO: &[u8] = include_bytes!("../../../examples/demo/lb/default.ctmpl");
/// What both leave with when a template is wrong.
const TEMPLATE_ERROR: i32 = 14;

/// A registry with all that templates look at: states, tags, metadata, another node, odd keys.
async fn populated() -> Agent {
    let agent = Agent::start().await;
    let meta = json!({"team": "shop", "with-dash": "d"});
    let check = |id: &str, status: &str| json!({"CheckID": id, "Name": "heartbeat", "TTL": "10m", "Status": status});
    for (host, tags, status) in [
        (3, &["v2"][..], "warning"),
        (1, &["v1", "green"], "passing"),
        (2, &[], "passing"),
        (4, &["green"], "critical"),
    ] {
        let id = format!("web-{host}");
        let weights = json!({"Passing": host + 1, "Warning": 1});
        let check = check(&format!("alive-{host}"), status);
        let service = json!({"ID": id, "Name": "web", "Address": format!("10.0.0.{host}"), "Port": 8000 + host,
            "Tags": tags, "Meta": meta, "Weights": weights, "Check": check});
        agent.register(service).await;
    }
    agent.put("/v1/agent/check/update/alive-1", r#"{"Status": "passing", "Output": "all \"well\"\n<ok>"}"#).await;
    agent.register_instance("web", 5, &["v1"]).await;
    agent.put("/v1/agent/service/maintenance/web-5?enable=true&reason=new%20disk", "").await;
    agent.register(json!({"Name": "no-address", "Port": 7000})).await;
    let foreign = json!({"Node": "legacy", "Address": "192.0.2.7", "NodeMeta": {"rack": "7"},
        "TaggedAddresses": {"lan": "192.0.2.7", "wan": "198.51.100.7"},
        "Service": {"ID": "web-0", "Service": "web", "Port": 80, "Tags": ["Old"]}});
    agent.put("/v1/catalog/register", &foreign.to_string()).await;
    for (key, value) in [
        ("app/colour", "blue"),
        ("app/empty", ""),
        ("app/lines", "one\ntwo\n\nthree"),
        ("app/number", "41"),
        ("app/odd", "<é> {{.}} \u{0}\t%"),
        ("app/pairs", "a=1; b = 2;c"),
        ("app/encoded", "bXVzdGVy"),
        ("app/%C3%BCnd%20%2525%20+%20x", "odd name"),
    ] {
        agent.put_key(key, value).await;
    }
    agent
}

fn templates(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut templates: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect();
    templates.sort();
    templates
}

fn rendering<'a>(program: &'a Path, registry: SocketAddr, template: &'a [u8]) -> Rendering<'a> {
    Rendering { program, registry, template, environment: ENVIRONMENT }
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn templates_render_to_the_same_bytes() {
    let Some(go) = or_skip("templates_render_to_the_same_bytes", Go::find()) else { return };
    let (theirs, ours) = (go.consul_template(), Ours::link());
    let agent = populated().await;
    let mut different = Vec::new();
    let mut templates = templates("renders");
    templates.push(("the demo's load balancer".into(), DEMO.into()));
    for (name, template) in &templates {
        let expected = rendering(&theirs, agent.address(), template).once().await;
        assert_eq!(expected.code, Some(0), "consul-template itself refuses {name}: {}", expected.said);
        assert!(expected.file.is_some(), "consul-template itself writes nothing for {name}");
        let got = rendering(&ours.program(), agent.address(), template).once().await;
        if (got.code, &got.file) != (expected.code, &expected.file) {
            let text =
                |file: &Option<Vec<u8>>| file.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            different.push(format!(
                "{name}: exit {:?}, {}\n--- theirs\n{}\n--- ours\n{}",
                got.code,
                got.said,
                text(&expected.file),
                text(&got.file)
            ));
        }
    }
    assert!(different.is_empty(), "{} of {} differ\n{}", different.len(), templates.len(), different.join("\n\n"));
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn a_wrong_template_ends_both_alike() {
    let Some(go) = or_skip("a_wrong_template_ends_both_alike", Go::find()) else { return };
    let (theirs, ours) = (go.consul_template(), Ours::link());
    let agent = populated().await;
    let mut different = Vec::new();
    let templates = templates("fails");
    for (name, template) in &templates {
        let expected = rendering(&theirs, agent.address(), template).once().await;
        assert_eq!((expected.code, &expected.file), (Some(TEMPLATE_ERROR), &None), "{name}: {}", expected.said);
        let got = rendering(&ours.program(), agent.address(), template).once().await;
        // Theirs: `(cli) FILE: execute: template: :1:6: executing "" at <1>: …`; ours: `FILE:1:6: at <1>: …`.
        let (_, reason) = expected.said.split_once(" template: ").expect("consul-template names the place");
        let reason = reason.trim_end().replace("executing \"\" ", "");
        if (got.code, &got.file) != (expected.code, &expected.file) || !got.said.contains(&reason) {
            different.push(format!("{name}: exit {:?}, {} instead of {reason}", got.code, got.said));
        }
    }
    assert!(different.is_empty(), "{} of {} differ\n{}", different.len(), templates.len(), different.join("\n"));
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn a_template_that_fails_only_without_data_is_rendered_by_ours() {
    let Some(go) = or_skip("a_template_that_fails_only_without_data_is_rendered_by_ours", Go::find()) else { return };
    let (theirs, ours) = (go.consul_template(), Ours::link());
    let agent = populated().await;
    // consul-template executes it before it has asked anybody, and takes the error for the template's.
    let template = b"{{(index (service \"web\") 0).ID}}";
    let expected = rendering(&theirs, agent.address(), template).once().await;
    assert_eq!((expected.code, &expected.file), (Some(TEMPLATE_ERROR), &None), "{}", expected.said);
    let got = rendering(&ours.program(), agent.address(), template).once().await;
    assert_eq!((got.code, got.file.as_deref()), (Some(0), Some(&b"web-1"[..])), "{}", got.said);
}
