use std::sync::Arc;
use std::time::Duration;

use muster_model::{CheckDefinition, CheckStatus, HttpProbe, Probe, Thresholds, Tls, Weights};

use super::*;
use crate::Status;

fn service(body: &str) -> ServiceRegistration {
    register_service(body.as_bytes()).unwrap()
}

fn service_error(body: &str) -> String {
    register_service(body.as_bytes()).unwrap_err().to_string()
}

fn catalog_error(body: &str) -> String {
    register(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn names_of_fields_have_no_case() {
    let body = r#"{"name":"web","id":"w1","PORT":80,"tags":["a"],"enable_tag_override":true,"service":null}"#;
    assert_eq!(service_error(body), "Request decode failed: json: unknown field \"service\"");
    let body = r#"{"name":"web","id":"w1","PORT":80,"tags":["a"],"enable_tag_override":true,
        "tagged_addresses":{"lan":{"address":"10.0.0.1","Port":81}},"check":{"ttl":"15.0s","status":"passing"}}"#;
    let registration = service(body);
    assert_eq!((registration.service.id.as_str(), registration.service.port), ("w1", 80));
    assert!(registration.service.enable_tag_override);
    assert_eq!(registration.service.tagged_addresses["lan"].port, 81);
    assert_eq!(registration.checks[0].definition, CheckDefinition::ttl(Duration::from_secs(15)));
    assert_eq!(registration.checks[0].status, Some(CheckStatus::Passing));
}

#[test]
fn null_counts_as_missing_and_the_last_repetition_wins() {
    let body = r#"{"Name":"a","Name":"web","Port":1,"Port":null,"Tags":null,"Check":null,"Checks":null,"Meta":{"k":"1","k":"2"}}"#;
    let registration = service(body);
    assert_eq!((registration.service.name.as_str(), registration.service.port), ("web", 1));
    assert_eq!(&*registration.service.meta["k"], "2");
    assert_eq!(registration.checks, []);
    assert_eq!(service_error("null"), "Missing service name");
    assert_eq!(service_error(""), "Request decode failed: EOF");
}

#[test]
fn the_id_defaults_to_the_name_and_weights_to_one() {
    let registration = service(r#"{"Name":"web"}"#);
    assert_eq!(registration.service.id.as_str(), "web");
    assert_eq!(registration.service.weights, Weights { passing: 1, warning: 1 });
    let given = service(r#"{"Name":"web","Weights":{"Passing":3}}"#);
    assert_eq!(given.service.weights, Weights { passing: 3, warning: 0 });
}

#[test]
fn the_first_wrong_type_is_reported_with_gos_path() {
    let field = |body: &str| service_error(body).replace("Request decode failed: json: cannot unmarshal ", "");
    assert_eq!(field(r#"{"Port":"x","Tags":3,"Unknown":1}"#), "string into Go struct field .Alias.Port of type int");
    assert_eq!(field(r#"{"Port":1.5}"#), "number 1.5 into Go struct field .Alias.Port of type int");
    assert_eq!(field(r#"{"Port":99999999999}"#), "number 99999999999 into Go struct field .Alias.Port of type int");
    assert_eq!(field(r#"{"Name":7}"#), "number into Go struct field .Alias.Name of type string");
    assert_eq!(field(r#"{"Tags":[1]}"#), "number into Go struct field .Alias.Tags of type string");
    assert_eq!(field(r#"{"Tags":{}}"#), "object into Go struct field .Alias.Tags of type []string");
    assert_eq!(field(r#"{"Meta":{"a":true}}"#), "bool into Go struct field .Alias.Meta of type string");
    let weights = r#"{"Weights":{"Passing":"1"}}"#;
    assert_eq!(field(weights), "string into Go struct field Weights.Alias.Weights.Passing of type int");
    let check = r#"{"Name":"web","Check":{"Notes":1,"TTL":"x"}}"#;
    assert_eq!(field(check), "number into Go struct field .Alias.Check.Alias.Notes of type string");
    let node = catalog_error(r#"{"Node":1}"#);
    assert!(node.ends_with("number into Go struct field RegisterRequest.Node of type string"), "{node}");
    assert_eq!(
        service_error(r#"{"Name":"x","Namespace":"y"}"#),
        "Request decode failed: json: unknown field \"Namespace\""
    );
}

#[test]
fn durations_are_texts_or_nanoseconds() {
    let check = |check: &str| service(&format!(r#"{{"Name":"x","Check":{check}}}"#)).checks.remove(0);
    assert_eq!(check(r#"{"TTL":5e9}"#).definition, CheckDefinition::ttl(Duration::from_secs(5)));
    let after = check(r#"{"TTL":"1m","deregister_critical_service_after":"90m"}"#);
    assert_eq!(after.definition.deregister_after, Duration::from_secs(5400));
    let error = service_error(r#"{"Name":"x","Check":{"TTL":"10"}}"#);
    assert_eq!(error, "Request decode failed: time: missing unit in duration \"10\"");
    let error = service_error(r#"{"Name":"x","Check":{"TTL":""}}"#);
    assert_eq!(error, "Request decode failed: time: invalid duration \"\"");
}

#[test]
fn each_kind_of_check_is_known_by_name() {
    for (fields, kind) in [
        (r#""HTTP":"http://a","Header":{"a":["b"]},"Method":"GET""#, "http"),
        (r#""TCP":"a:1","tcp_use_tls":true"#, "tcp"),
        (r#""UDP":"a:1""#, "udp"),
        (r#""GRPC":"a:1/b","GRPCUseTLS":true"#, "grpc"),
        (r#""H2PING":"a:1""#, "h2ping"),
        (r#""args":["true"]"#, "script"),
        (r#""ScriptArgs":["true"],"DockerContainerID":"a","Shell":"/bin/sh""#, "docker"),
    ] {
        let body = format!(r#"{{"Name":"x","Checks":[{{"Interval":"10s",{fields}}}]}}"#);
        assert_eq!(service(&body).checks[0].definition.probe.kind(), kind, "{fields}");
        let without = format!(r#"{{"Name":"x","Checks":[{{{fields}}}]}}"#);
        assert!(service_error(&without).starts_with("Invalid check: Interval must be > 0"), "{fields}");
    }
    let alias = service(r#"{"Name":"x","Check":{"AliasService":"y"}}"#);
    assert_eq!(alias.checks[0].definition.probe.kind(), "alias");
    let error = register_service(br#"{"Name":"x","Check":{"OSService":"a","Interval":"1s"}}"#).unwrap_err();
    assert_eq!(error.to_string(), "a check of type os_service is not supported by this version of muster");
    assert_eq!(error.status().code(), 501);
}

#[test]
fn every_field_of_a_check_has_its_place() {
    let check = |fields: &str| {
        let body = format!(r#"{{"Name":"x","Check":{{"Interval":"10s",{fields}}}}}"#);
        service(&body).checks.remove(0).definition
    };
    let tls = Tls { skip_verify: true, server_name: "n".into() };
    let http = check(
        r#""HTTP":"https://a/b","Method":"PUT","Header":{"X-A":["1","2"]},"Body":"b","TLSSkipVerify":true,
        "tls_server_name":"n","DisableRedirects":true,"Timeout":"2s","SuccessBeforePassing":2,
        "FailuresBeforeWarning":3,"FailuresBeforeCritical":4,"OutputMaxSize":99,"DeregisterCriticalServiceAfter":"5m""#,
    );
    assert_eq!(
        http,
        CheckDefinition {
            probe: Probe::Http(HttpProbe {
                method: "PUT".into(),
                header: [("X-A".into(), vec!["1".into(), "2".into()])].into(),
                body: "b".into(),
                tls: tls.clone(),
                disable_redirects: true,
                ..HttpProbe::get("https://a/b")
            }),
            timeout: Duration::from_secs(2),
            thresholds: Thresholds {
                success_before_passing: 2,
                failures_before_warning: 3,
                failures_before_critical: 4
            },
            output_max_bytes: 99,
            deregister_after: Duration::from_secs(300),
            ..CheckDefinition::every(Probe::Http(HttpProbe::get("")), Duration::from_secs(10))
        }
    );
    let probe = |fields: &str| check(fields).probe;
    let (address, secured) = (|| Arc::from("a:1"), || Some(Tls::default()));
    assert_eq!(probe(r#""TCP":"a:1""#), Probe::Tcp { address: address(), tls: None });
    assert_eq!(
        probe(r#""TCP":"a:1","TCPUseTLS":true,"TLSSkipVerify":true,"TLSServerName":"n""#),
        Probe::Tcp { address: address(), tls: Some(tls) }
    );
    assert_eq!(probe(r#""H2PING":"a:1""#), Probe::H2Ping { address: address(), tls: secured() });
    assert_eq!(probe(r#""H2PING":"a:1","H2PingUseTLS":false"#), Probe::H2Ping { address: address(), tls: None });
    assert_eq!(probe(r#""GRPC":"a:1","GRPCUseTLS":true"#), Probe::Grpc { target: address(), tls: secured() });
    let docker = probe(r#""DockerContainerID":"c","Shell":"/bin/sh","ScriptArgs":["a","b"]"#);
    let args = vec![Arc::from("a"), Arc::from("b")];
    assert_eq!(docker, Probe::Docker { container: "c".into(), shell: "/bin/sh".into(), args });
    assert_eq!(probe(r#""HTTP":"http://a","TCP":"b:1""#).kind(), "http", "Consul's order of looking");
    assert_eq!(probe(r#""SuccessBeforePassing":-1,"UDP":"a:1""#), Probe::Udp { address: address() });
}

#[test]
fn wrong_types_in_a_check_are_named_with_gos_path() {
    for (field, expected) in [
        (r#""HTTP":1"#, "number into Go struct field .Alias.Check.Alias.HTTP of type string"),
        (r#""Method":[]"#, "array into Go struct field .Alias.Check.Alias.Method of type string"),
        (r#""Header":"x""#, "string into Go struct field .Alias.Check.Alias.Header of type map[string][]string"),
        (r#""Header":{"a":"x"}"#, "string into Go struct field .Alias.Check.Alias.Header of type []string"),
        (r#""TLSSkipVerify":"true""#, "string into Go struct field .Alias.Check.Alias.TLSSkipVerify of type bool"),
        (r#""tcp_use_tls":1"#, "number into Go struct field .Alias.Check.tcp_use_tls of type bool"),
        (r#""args":"true""#, "string into Go struct field .Alias.Check.args of type []string"),
        (r#""OutputMaxSize":"1""#, "string into Go struct field .Alias.Check.Alias.OutputMaxSize of type int"),
        (
            r#""SuccessBeforePassing":1.5"#,
            "number 1.5 into Go struct field .Alias.Check.Alias.SuccessBeforePassing of type int",
        ),
        (r#""AliasNode":true"#, "bool into Go struct field .Alias.Check.Alias.AliasNode of type string"),
    ] {
        let error = service_error(&format!(r#"{{"Name":"x","Check":{{{field},"Interval":"1s"}}}}"#));
        assert_eq!(error, format!("Request decode failed: json: cannot unmarshal {expected}"), "{field}");
    }
    for (body, expected) in [
        (r#"{"Name":"x","Check":{"CheckID":1}}"#, ".Alias.Check.Alias.CheckID of type types.CheckID"),
        (r#"{"Name":"x","Check":{"ServiceID":1}}"#, ".Alias.Check.ServiceID of type string"),
        (r#"{"Name":"x","enable_tag_override":1}"#, ".enable_tag_override of type bool"),
        (r#"{"Name":"x","tagged_addresses":1}"#, ".tagged_addresses of type map[string]structs.ServiceAddress"),
    ] {
        let text = format!("Request decode failed: json: cannot unmarshal number into Go struct field {expected}");
        assert_eq!(service_error(body), text);
    }
    for (body, expected) in [
        (r#"{"Name":"x","ID":1}"#, ".Alias.ID of type types.CheckID"),
        (r#"{"Name":"x","service_id":1}"#, ".service_id of type string"),
        (r#"{"Name":"x","ServiceID":1}"#, ".Alias.ServiceID of type string"),
    ] {
        let error = register_check(body.as_bytes()).unwrap_err().to_string();
        let text = format!("Request decode failed: json: cannot unmarshal number into Go struct field {expected}");
        assert_eq!(error, text);
    }
    let unknown = service_error(r#"{"Name":"x","Check":{"TTL":"1s","disable_redirects":true}}"#);
    assert_eq!(unknown, "Request decode failed: json: unknown field \"disable_redirects\"");
    let long = "x".repeat(2000);
    let error = service_error(&format!(r#"{{"Name":"x","Check":{{"AliasService":"{long}"}}}}"#));
    assert!(error.starts_with("Validation failed: service ID"), "{error}");
    for (check, text) in [
        (r#"{"AliasService":"y","TCP":"a:1","Interval":"1s"}"#, "Interval cannot be set for Alias checks"),
        (r#"{"AliasService":"y","TTL":"1s"}"#, "TTL must be not be set for Alias checks"),
        (r#"{"TTL":"1s","OutputMaxSize":-1}"#, "MaxOutputMaxSize must be positive"),
        (
            r#"{"HTTP":"http://a","Interval":"-1s"}"#,
            "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks",
        ),
        (r#"{"TTL":"-1s"}"#, "TTL must be > 0 for TTL checks"),
    ] {
        assert_eq!(service_error(&format!(r#"{{"Name":"x","Check":{check}}}"#)), format!("Invalid check: {text}"));
    }
}

#[test]
fn the_catalog_keeps_what_it_is_told_of_a_check_and_shows_it() {
    let body = |definition: &str| {
        format!(r#"{{"Node":"n","Address":"a","Check":{{"Name":"c","Interval":"7s","Timeout":"3s",{definition}}}}}"#)
    };
    // As Consul 1.21.4 answers it.
    let given = r#""Definition":{"http":"http://x","Interval":"10s","Timeout":5000000000,"TTL":"3s","TLSSkipVerify":true,
        "Header":{"a":["b"]},"DeregisterCriticalServiceAfter":"1m","ScriptArgs":["a"],"Method":"","GRPCUseTLS":false}"#;
    let check = register(body(given).as_bytes()).unwrap().checks.remove(0);
    let mut out = Vec::new();
    let row = crate::answer::CheckRow {
        node: &muster_model::NodeName::new("n").unwrap(),
        check: crate::answer::Stored::unindexed(&check),
        service: None,
    };
    crate::answer::health_checks(&mut out, [row]);
    let text = String::from_utf8(out).unwrap();
    let definition = r#""Definition":{"DeregisterCriticalServiceAfter":"1m0s","HTTP":"http://x","Header":{"a":["b"]},"Interval":"10s","ScriptArgs":["a"],"TLSSkipVerify":true,"TTL":3000000000,"Timeout":"5s"}"#;
    assert!(text.contains(definition), "{text}");
    assert!(text.contains(r#""Interval":"7s","Timeout":"3s""#), "{text}");
    assert_eq!(&*check.kind, "http");
    for (definition, kind) in [
        (r#""Definition":{"GRPC":"x","HTTP":"y","Interval":"1s"}"#, "grpc"),
        (r#""Definition":{"TCP":"x","TTL":"1s","Interval":"1s"}"#, "ttl"),
        (r#""Definition":{"UDP":"x","ScriptArgs":["y"],"Interval":"1s"}"#, "udp"),
        (r#""Definition":{"UDP":"x"}"#, ""),
        (r#""Definition":{"HTTP":"x","Interval":"-1s"}"#, ""),
        (r#""Definition":{"TTL":"-1s"}"#, ""),
        (r#""Definition":{"TTL":"1s","TTL":null}"#, ""),
        (r#""Definition":{"TTL":"1s"},"Definition":{"TTL":null}"#, "ttl"),
        (r#""Definition":{"ScriptArgs":["y"],"DockerContainerID":"z","Interval":"-1s"}"#, "script"),
        (r#""Definition":{"ScriptArgs":["y"],"AliasNode":"z"}"#, "alias"),
        (r#""Definition":{"ScriptArgs":["y"],"DockerContainerID":"z"}"#, "script"),
        (r#""Definition":{"ScriptArgs":["y"],"DockerContainerID":"z","Interval":"1s"}"#, "docker"),
        (r#""Definition":{"H2PING":"x","OSService":"y","Interval":"1s"}"#, "h2ping"),
        (r#""Definition":{"HTTP":"x","Interval":"1s"},"Type":"mine""#, "mine"),
    ] {
        assert_eq!(&*register(body(definition).as_bytes()).unwrap().checks[0].kind, kind, "{definition}");
    }
    let error = catalog_error(&body(r#""Definition":{"TCP":1}"#));
    assert!(error.ends_with("of type string"), "{error}");
    assert!(register(body(r#""Definition":{"No":1}"#).as_bytes()).is_ok(), "Consul passes over it");
    let error = catalog_error(&body(r#""Definition":{"Interval":"x"}"#));
    assert_eq!(error, "Request decode failed: time: invalid duration \"x\"");
}

#[test]
fn a_number_that_would_become_another_is_refused() {
    let body = |number: &str| {
        format!(r#"{{"Node":"n","Address":"a","Check":{{"Name":"c","Definition":{{"OutputMaxSize":{number}}}}}}}"#)
    };
    assert!(register(body("9223372036854775807").as_bytes()).is_ok());
    for number in ["9223372036854775808", "18446744073709551615", "-1"] {
        let refused = format!(
            "Request decode failed: json: cannot unmarshal number {number} into Go struct field \
             HealthCheck.Check.Definition.Alias.OutputMaxSize of type uint"
        );
        assert_eq!(catalog_error(&body(number)), refused);
    }
}

#[test]
fn checks_that_come_twice_go_on_in_their_places() {
    let checks = |members: &str| service(&format!(r#"{{"Name":"x",{members}}}"#)).checks;
    for (twice, once) in [
        (r#"[{"TTL":"10s","Name":"a"}],"Checks":[{"Notes":"x"}]"#, r#"[{"TTL":"10s","Name":"a","Notes":"x"}]"#),
        (r#"[{"TTL":"10s","Name":"a"}],"Checks":[{"TTL":null,"Name":"b"}]"#, r#"[{"TTL":"10s","Name":"b"}]"#),
        (r#"[{"TTL":"1s"},{"TTL":"2s"}],"Checks":[{"Notes":"only"}]"#, r#"[{"TTL":"1s","Notes":"only"}]"#),
        (r#"[{"TTL":"1s"}],"Checks":[null,{"TTL":"2s"}]"#, r#"[{"TTL":"2s"}]"#),
        (r#"[null,{"TTL":"2s"}],"Checks":[{"TTL":"1s"},{"Notes":"n"}]"#, r#"[{"TTL":"1s"},{"TTL":"2s","Notes":"n"}]"#),
    ] {
        assert_eq!(checks(&format!(r#""Checks":{twice}"#)), checks(&format!(r#""Checks":{once}"#)), "{twice}");
    }
    let afresh = |between: &str| {
        service_error(&format!(
            r#"{{"Name":"x","Checks":[{{"TTL":"1s"}}],"Checks":{between},"Checks":[{{"Notes":"x"}}]}}"#
        ))
    };
    for between in ["[]", "null", "[null]"] {
        assert_eq!(afresh(between), "Invalid check: TTL must be > 0 for TTL checks", "{between}");
    }
    let catalog =
        |members: &str| register(format!(r#"{{"Node":"n","Address":"a",{members}}}"#).as_bytes()).unwrap().checks;
    let first = r#"{"CheckID":"h","Definition":{"Header":{"A":["1"]},"ScriptArgs":["a","b"],"TCP":"t","HTTP":"h","Interval":"2s"}}"#;
    let second =
        r#"{"Notes":"n","Definition":{"Header":{"B":["3"]},"ScriptArgs":[null],"TCP":null,"HTTP":"","Interval":"1s"}}"#;
    let merged = r#"{"CheckID":"h","Notes":"n","Definition":{"Header":{"A":["1"],"B":["3"]},"ScriptArgs":["a"],"TCP":"t","Interval":"1s"}}"#;
    let twice = catalog(&format!(r#""Checks":[{first}],"Checks":[{second}]"#));
    assert_eq!(twice, catalog(&format!(r#""Checks":[{merged}]"#)));
}

#[test]
fn checks_whose_fields_do_not_go_together_are_refused() {
    let error = |check: &str| service_error(&format!(r#"{{"Name":"x","Check":{check}}}"#));
    let both = error(r#"{"TTL":"1s","Interval":"1s"}"#);
    assert_eq!(both, "Invalid check: Interval and TTL cannot both be specified");
    let order = error(r#"{"TTL":"1s","FailuresBeforeWarning":2,"FailuresBeforeCritical":1}"#);
    assert_eq!(order, "Invalid check: FailuresBeforeWarning can't be higher than FailuresBeforeCritical");
    assert_eq!(service(r#"{"Name":"x","Check":{"Notes":"","Args":[]}}"#).checks, []);
    assert_eq!(service_error(r#"{"Name":"x","Checks":[{}]}"#), "Invalid check: TTL must be > 0 for TTL checks");
}

#[test]
fn values_that_would_reach_rendered_files_are_refused() {
    assert_eq!(service_error(r#"{"Name":"x","Address":"10.0.0.1;\n}"}"#), "Invalid service address");
    assert_eq!(service_error(r#"{"Name":"x","Address":"0.0.0.0"}"#), "Invalid service address");
    assert!(service_error(r#"{"Name":"a\nb"}"#).starts_with("Validation failed: service "));
    assert_eq!(catalog_error(r#"{"Node":"n","Address":"a\u0000"}"#), "Invalid node address");
}

#[test]
fn meta_and_weights_have_consuls_limits() {
    let meta = |key: &str, value: &str| service_error(&format!(r#"{{"Name":"x","Meta":{{"{key}":"{value}"}}}}"#));
    let prefix = "Invalid Service Meta: Couldn't load metadata pair";
    assert_eq!(meta("", "v"), format!("{prefix} ('', 'v'): Key cannot be blank"));
    let long = "k".repeat(129);
    assert_eq!(meta(&long, "v"), format!("{prefix} ('{long}', 'v'): Key is too long (limit: 128 characters)"));
    let reserved = "Key prefix 'consul-' is reserved for internal use";
    assert_eq!(meta("consul-x", "v"), format!("{prefix} ('consul-x', 'v'): {reserved}"));
    assert!(meta("k", &"v".repeat(513)).ends_with("Value is too long (limit: 512 characters)"));
    let weights = |weights: &str| service_error(&format!(r#"{{"Name":"x","Weights":{weights}}}"#));
    assert_eq!(weights(r#"{"Passing":1,"Warning":-1}"#), "Invalid Weights: Warning must be greater or equal than 0");
    assert_eq!(weights(r#"{"Passing":65536}"#), "Invalid Weights: DNS Weight must be between 0 and 65535");
}

#[test]
fn the_catalog_refuses_in_consuls_words() {
    let with_service = |service: &str| catalog_error(&format!(r#"{{"Node":"n","Address":"a","Service":{service}}}"#));
    assert!(register(br#"{"Node":"n","Address":"a","Service":{"Service":"under_score"}}"#).is_ok());
    assert_eq!(with_service(r#"{"Service":"x","Kind":"connect-proxy"}"#), "a service with Kind is not supported");
    assert_eq!(catalog_error(r#"{"Node":"n","Address":"a","ID":"x"}"#), "Bad node ID: uuid string is wrong length");
    let other = catalog_error(r#"{"Node":"n","Address":"a","Check":{"Node":"m","Name":"c"}}"#);
    assert_eq!(other, "Node 'm' for check '' doesn't match register request node 'n'");
    assert!(register(br#"{"Node":"n","SkipNodeUpdate":true,"Check":{"Node":"N","Name":"c"}}"#).is_ok());
}

#[test]
fn of_two_mistakes_the_first_in_the_text_is_told() {
    let told = |body: &str| catalog_error(body).strip_prefix("Request decode failed: json: ").unwrap().to_owned();
    assert_eq!(told(r#"{"Nope":1,"Check":{"Name":5}}"#), "unknown field \"Nope\"");
    let check = "cannot unmarshal number into Go struct field HealthCheck.Check.Name of type string";
    assert_eq!(told(r#"{"Check":{"Name":5,"Nope":1},"Node":1}"#), check);
    assert_eq!(told(r#"{"Checks":[{"Nope":1},{"Name":5}]}"#), "unknown field \"Nope\"");
    let node = "cannot unmarshal bool into Go struct field HealthCheck.Checks.Node of type string";
    assert_eq!(told(r#"{"Checks":[null,{"Node":true}],"Address":5}"#), node);
    let index = "cannot unmarshal string into Go struct field NodeService.Service.RaftIndex.CreateIndex of type uint64";
    assert_eq!(told(r#"{"Service":{"CreateIndex":"x"}}"#), index);
    let map = "cannot unmarshal number into Go struct field NodeService.Service.TaggedAddresses of type \
               structs.ServiceAddress";
    assert_eq!(told(r#"{"Service":{"TaggedAddresses":{"a":1}}}"#), map);
    assert_eq!(told(r#"{"namespace":"x"}"#), "unknown field \"namespace\"");
    // A definition is decoded by itself, so what is wrong with it ends the whole.
    let definition =
        "cannot unmarshal number into Go struct field HealthCheck.Check.Definition.Alias.HTTP of type string";
    assert_eq!(told(r#"{"Nope":1,"Check":{"Name":5,"Definition":{"HTTP":5}}}"#), definition);
    // Durations are read once all else is.
    let tcp = definition.replace("HTTP", "TCP");
    assert_eq!(told(r#"{"Check":{"Definition":{"Interval":"x","TCP":5}}}"#), tcp);
}

#[test]
fn what_is_a_peers_is_not_registered_and_not_there_to_be_removed() {
    let of_peer = r#""PeerName":"p""#;
    for body in [
        format!("{{{of_peer}}}"),
        format!(r#"{{"Node":"n","Service":{{{of_peer}}}}}"#),
        format!(r#"{{"Node":"n","Check":{{{of_peer}}}}}"#),
        format!(r#"{{"Node":"n","Checks":[{{{of_peer}}}]}}"#),
    ] {
        assert_eq!(catalog_error(&body), "cannot register requests with PeerName in them", "{body}");
    }
    let removed = deregister(br#"{"Node":"n","ServiceID":"s","PeerName":"p"}"#).unwrap();
    assert_eq!(removed.target, DeregisterTarget::OfPeer(Arc::from("p")));
}

#[test]
fn parts_of_a_mesh_are_not_looked_into() {
    for body in [r#"{"Name":"q","Proxy":"x"}"#, r#"{"Name":"q","Proxy":{"Upstreams":5},"Connect":{}}"#] {
        assert_eq!(service(body).service.name.as_str(), "q", "{body}");
    }
    let sidecar = service_error(r#"{"Name":"q","Connect":{"SidecarService":"x"}}"#);
    assert_eq!(sidecar, "Validation failed: Connect is not supported");
}

#[test]
fn another_datacenter_is_told_before_what_is_wrong_with_the_body() {
    let there = br#"{"Datacenter":"dc2","Check":{"Node":"other"}}"#;
    assert_eq!(register_in("dc1", there).unwrap_err(), CatalogRequestError::Datacenter);
    assert_eq!(register_in("dc2", there).unwrap_err(), CatalogRequestError::MissingNode);
    assert_eq!(
        deregister_in("dc1", there).unwrap_err().to_string(),
        "Request decode failed: json: unknown field \"Check\""
    );
    let error = deregister_in("dc1", br#"{"Datacenter":"dc2"}"#).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.status()), ("No path to datacenter", Status::Internal));
}

#[test]
fn what_the_client_writes_the_server_reads() {
    let body = r#"{"ID":"w1","Name":"web","Tags":["a","<b>"],"Address":"10.0.0.1","Port":80,"SocketPath":"/s",
        "TaggedAddresses":{"lan":{"Address":"x","Port":1}},"Meta":{"k":"v"},"Weights":{"Passing":5,"Warning":0},
        "EnableTagOverride":true,"Checks":[{"CheckID":"c","Name":"n","Notes":"no","Status":"warning","TTL":"1m30s",
        "DeregisterCriticalServiceAfter":"2m"},{"TTL":"10s"},{"HTTP":"https://a/?b=<c>","Interval":"1s","Timeout":"5s",
        "Method":"HEAD","Header":{"A":["1","2"],"B":[]},"Body":"x","TLSSkipVerify":true,"TLSServerName":"n",
        "DisableRedirects":true,"SuccessBeforePassing":1,"FailuresBeforeWarning":2,"FailuresBeforeCritical":3,
        "OutputMaxSize":7},{"TCP":"a:1","TCPUseTLS":true,"TLSServerName":"n","Interval":"1s"},
        {"UDP":"a:1","Interval":"1s"},{"GRPC":"a:1/s","GRPCUseTLS":true,"Interval":"1s"},
        {"H2PING":"a:1","H2PingUseTLS":false,"Interval":"1s"},{"H2PING":"a:1","Interval":"1s"},
        {"Args":["a","b c"],"Interval":"1s"},{"Args":["a"],"DockerContainerID":"d","Shell":"s","Interval":"1s"},
        {"AliasService":"a","AliasNode":"b"},{"AliasNode":"b"}]}"#;
    let registration = service(body);
    assert_eq!(registration.checks.len(), 12);
    let mut out = Vec::new();
    write_service_registration(&mut out, &registration);
    assert_eq!(register_service(&out), Ok(registration.clone()));

    let catalog = r#"{"Datacenter":"dc2","ID":"00000000-0000-0000-0000-000000000001","Node":"n","Address":"10.0.0.2",
        "TaggedAddresses":{"wan":"1.2.3.4"},"NodeMeta":{"a":"b"},"SkipNodeUpdate":true,
        "Checks":[{"Name":"c","Status":"weird","Output":"o","Notes":"n","Type":"ttl","ServiceID":"w1"}]}"#;
    let mut expected = register(catalog.as_bytes()).unwrap();
    expected.service = Some(registration.service);
    out.clear();
    write_register(&mut out, &expected);
    assert_eq!(register(&out), Ok(expected));

    for body in [
        r#"{"Node":"n"}"#,
        r#"{"Node":"n","ServiceID":"s"}"#,
        r#"{"Node":"n","CheckID":"c"}"#,
        r#"{"Node":"n","PeerName":"p"}"#,
    ] {
        let expected = deregister(body.as_bytes()).unwrap();
        out.clear();
        write_deregister(&mut out, &expected);
        assert_eq!(deregister(&out), Ok(expected));
    }
    out.clear();
    write_check_update(&mut out, &CheckStatus::Warning, "all\nfine");
    let update = CheckUpdate { status: CheckStatus::Warning, output: "all\nfine".into() };
    assert_eq!(update_check(&out), Ok(update));
}

#[test]
fn a_check_on_its_own_is_named_or_refused() {
    let check = register_check(br#"{"Name":"oc","TTL":"1s","service_id":"w1"}"#).unwrap();
    assert_eq!((check.id.as_str(), check.service_id.unwrap().as_str()), ("oc", "w1"));
    assert_eq!(check.check.name, Some(Arc::from("oc")));
    let error = register_check(br#"{"Name":"x","Status":"bad","TTL":"abc"}"#).unwrap_err();
    assert_eq!(error.to_string(), "Request decode failed: time: invalid duration \"abc\"");
}
