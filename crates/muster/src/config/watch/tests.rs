use std::sync::Arc;

use muster_hcl::parse_hcl;

use super::super::{Source, layer};
use super::*;

fn read(text: &str) -> Result<Vec<Watch>> {
    let root = parse_hcl(text.as_bytes()).unwrap();
    let mut settings = Settings::default();
    settings.lay(layer::read(&Source { name: Arc::from("F"), root }).unwrap());
    watches(&settings)
}

#[test]
fn each_kind_is_read_as_consuls_files_spell_it() {
    let text = r#"
        watches = [
          { type = "key" key = "a/b" args = ["notify", "x"] },
          { type = "keyprefix" prefix = "a/" handler_type = "script" handler = "notify >> log" },
          { type = "service" service = "web" tag = ["t", "u"] passingonly = true args = ["x"] stale = true },
          { type = "checks" service = "web" args = "one" },
          { type = "checks" args = ["x"] datacenter = "dc1" token = "t" },
          { type = "event" name = "deploy" args = ["x"] },
          { type = "nodes" handler_type = "http"
            http_handler_config { path = "http://h:1/x" method = "PUT" timeout = "3s" tls_skip_verify = false
                                  header { x-foo = ["a", "b"] } } },
          { type = "services" handler_type = "http" http_handler_config { path = "http://h" } },
        ]"#;
    let read = read(text).unwrap();
    let text = |text: &str| text.to_owned();
    let subjects: Vec<_> = read.iter().map(|watch| watch.subject.clone()).collect();
    assert_eq!(
        subjects,
        [
            WatchSubject::Key(text("a/b")),
            WatchSubject::KeyPrefix(text("a/")),
            WatchSubject::Service { name: text("web"), tags: vec![text("t"), text("u")], passing: true },
            WatchSubject::ChecksOf(text("web")),
            WatchSubject::ChecksIn(text("any")),
            WatchSubject::Event(text("deploy")),
            WatchSubject::Nodes,
            WatchSubject::Services,
        ]
    );
    assert_eq!(read[0].handler, WatchHandler::Command(vec![text("notify"), text("x")]));
    assert_eq!(read[1].handler, WatchHandler::Command(["/bin/sh", "-c", "notify >> log"].map(str::to_owned).to_vec()));
    assert_eq!(
        read[6].handler,
        WatchHandler::Http(WatchRequest {
            url: text("http://h:1/x"),
            method: text("PUT"),
            headers: vec![(text("x-foo"), text("a")), (text("x-foo"), text("b"))],
            timeout: Duration::from_secs(3),
        })
    );
    let WatchHandler::Http(usual) = &read[7].handler else { panic!("{:?}", read[7]) };
    assert_eq!((usual.method.as_str(), usual.timeout), ("POST", PATIENCE));
}

#[test]
fn mistakes_are_told_with_their_place_and_what_would_be_right() {
    let refused = |watch: &str| read(&format!("watches = [{watch}]")).unwrap_err().to_string();
    for (watch, expected) in [
        ("{ args = [\"x\"] }", "type is missing"),
        ("{ type = \"nope\" args = [\"x\"] }", "type is \"nope\": key, keyprefix,"),
        ("{ type = \"connect_leaf\" args = [\"x\"] }", "type \"connect_leaf\" is not supported"),
        ("{ type = \"key\" args = [\"x\"] }", "key is missing"),
        ("{ type = \"key\" key = 7 args = [\"x\"] }", "key is no string in quotes"),
        ("{ type = \"nodes\" bogus = 1 args = [\"x\"] }", "bogus is unknown to a watch of type nodes"),
        ("{ type = \"nodes\" }", "args is missing"),
        ("{ type = \"nodes\" args = [7] }", "args is no list of strings"),
        ("{ type = \"nodes\" args = [\"x\"] handler = \"y\" }", "only one handler is allowed"),
        ("{ type = \"nodes\" handler_type = \"http\" }", "handler_type http needs http_handler_config"),
        ("{ type = \"nodes\" handler_type = \"mail\" args = [\"x\"] }", "handler_type is \"mail\""),
        ("{ type = \"checks\" service = \"a\" state = \"any\" args = [\"x\"] }", "cannot go together"),
        ("{ type = \"checks\" state = \"odd\" args = [\"x\"] }", "state is \"odd\""),
        (
            "{ type = \"nodes\" handler_type = \"http\" http_handler_config { path = \"https://x\" } }",
            "there is no TLS yet",
        ),
        (
            "{ type = \"nodes\" handler_type = \"http\" http_handler_config { path = \"http://x\" timeout = \"x\" } }",
            "timeout is \"x\"",
        ),
        (
            "{ type = \"nodes\" handler_type = \"http\" http_handler_config { path = \"http://x\" pth = 1 } }",
            "http_handler_config.pth is unknown",
        ),
    ] {
        let error = refused(watch);
        assert!(error.starts_with("F:1:12: watches: ") && error.contains(expected), "{watch}: {error}");
    }
}
