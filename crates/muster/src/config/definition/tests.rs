use std::sync::Arc;

use muster_hcl::parse_hcl;

use super::super::table::keys;
use super::*;
use crate::config::{Entry, Key, Origin, Setting};

fn key(path: &str) -> &'static Key {
    keys().find(|key| key.path == path).unwrap()
}

/// The definitions of a file, whatever the table says of the keys.
fn read(text: &str) -> Result<Vec<Definition>> {
    let file: Arc<str> = Arc::from("F");
    let root = parse_hcl(text.as_bytes()).unwrap();
    let mut settings = Settings::default();
    for member in &root.object().unwrap().members {
        let Value::List(items) = &member.node.value else { panic!("{member:?}") };
        let blocks = items.iter().map(|node| Block { file: Arc::clone(&file), node: node.clone() }).collect();
        let origin = Origin::File(Arc::clone(&file), member.position);
        settings.lay(vec![(key(&member.key), Entry { setting: Setting::Blocks(blocks), origin })]);
    }
    as_written(&settings)
}

fn body(text: &str) -> String {
    let all = read(text).unwrap();
    String::from_utf8(all[0].body.clone()).unwrap()
}

#[test]
fn every_field_reaches_the_api_under_its_name() {
    let text = r#"
        service {
          id = "w1"
          name = "web"
          tags = ["a", "b"]
          address = "10.0.0.1"
          tagged_addresses { lan_ipv4 { address = "10.0.0.2" port = 81 } }
          meta { my_key = "v" }
          port = 80
          enable_tag_override = true
          weights { passing = 5 warning = 2 }
          token = "secret"
          check { id = "c" ttl = "10s" status = "passing" notes = "n" }
        }"#;
    let expected = r#"{"ID":"w1","Name":"web","Tags":["a","b"],"Address":"10.0.0.1","TaggedAddresses":{"lan_ipv4":{"Address":"10.0.0.2","Port":81}},"Meta":{"my_key":"v"},"Port":80,"EnableTagOverride":true,"Weights":{"Passing":5,"Warning":2},"Check":{"CheckID":"c","TTL":"10s","Status":"passing","Notes":"n"}}"#;
    assert_eq!(body(text), expected);
    let read = register_service(expected.as_bytes()).unwrap();
    assert_eq!((read.service.port, read.service.weights.passing, read.checks.len()), (80, 5, 1));
    assert_eq!(&*read.service.tagged_addresses["lan_ipv4"].address, "10.0.0.2");
}

#[test]
fn every_field_is_one_that_the_api_reads() {
    let sample = |takes| match takes {
        Takes::Text | Takes::Token => "\"x\"",
        Takes::Duration => "\"10s\"",
        Takes::Bool => "true",
        Takes::Int => "1",
        Takes::List => "[\"x\"]",
        Takes::Map(field::Item::Text) => "{ a = \"x\" }",
        Takes::Map(field::Item::List) => "{ a = [\"x\"] }",
        Takes::Map(field::Item::Address) => "{ a = { address = \"x\" port = 1 } }",
        Takes::Group(fields) if fields[0].name == "region" => "{ region = \"x\" }",
        Takes::Group(_) => "{ passing = 1 }",
        Takes::Check => "{ ttl = \"1s\" }",
        Takes::Checks => "[{ ttl = \"1s\" }]",
        Takes::Mesh => "{}",
    };
    for field in SERVICE {
        let rest = if field.name == "name" { "" } else { "name = \"web\"" };
        let body = body(&format!("service {{ {rest} {} = {} }}", field.name, sample(field.takes)));
        let read = register_service(body.as_bytes()).map_err(|error| error.to_string());
        assert!(!read.is_err_and(|error| error.contains("json: ")), "{}: {body}", field.name);
    }
    for field in CHECK {
        let rest = if field.name == "name" { "" } else { "name = \"web\"" };
        let alone = body(&format!("check {{ {rest} {} = {} }}", field.name, sample(field.takes)));
        let read = register_check(alone.as_bytes()).map_err(|error| error.to_string());
        assert!(!read.is_err_and(|error| error.contains("json: ")), "{}: {alone}", field.name);
        let rest = if field.name == "ttl" { "" } else { "ttl = \"1s\"" };
        let check = format!("{rest} {} = {}", field.name, sample(field.takes));
        let inside = body(&format!("service {{ name = \"s\" check {{ {check} }} }}"));
        let read = register_service(inside.as_bytes()).map_err(|error| error.to_string());
        assert!(!read.is_err_and(|error| error.contains("json: ")), "{}: {inside}", field.name);
    }
}

fn wrong_values(takes: Takes) -> &'static [&'static str] {
    match takes {
        Takes::Text | Takes::Token => &["5", "true", "[\"a\"]", "{}"],
        Takes::Duration => &["5", "\"soon\"", "\"5\"", "\"9999999999h\"", "[]"],
        Takes::Bool => &["\"true\"", "1", "{}"],
        Takes::Int => &["\"1\"", "1.5", "true", "[1]"],
        Takes::List => &["\"a\"", "[1]", "[[]]", "{}"],
        Takes::Map(field::Item::Text) => &["\"a\"", "[1]", "{ a = 1 }"],
        Takes::Map(field::Item::List) => &["\"a\"", "{ a = \"x\" }", "{ a = [1] }"],
        Takes::Map(field::Item::Address) => &["\"a\"", "{ a = \"x\" }", "{ a = { port = \"1\" } }"],
        Takes::Group(_) => &["5", "{ passing = [] }", "{ region = [] }"],
        Takes::Check => &["5", "{ ttl = 1 }", "[1, 2]"],
        Takes::Checks => &["\"x\"", "[1]", "[{ ttl = 1 }]"],
        Takes::Mesh => &["5", "{ a = 1 }"],
    }
}

#[test]
fn every_field_says_what_it_is_and_where() {
    for (subject, fields) in [("service", SERVICE), ("check", CHECK)] {
        for field in fields {
            for value in wrong_values(field.takes) {
                let text = format!("{subject} {{ {} = {value} }}", field.name);
                let line = read(&text).expect_err(&text).to_string();
                assert!(line.starts_with("F:1:") && !line.contains('\n'), "{text}: {line}");
                assert!(
                    line.contains(&format!("key \"{subject}.{}", field.name)) || line.contains("config key"),
                    "{text}: {line}"
                );
            }
        }
    }
    for group in ["check", "weights", "tagged_addresses"] {
        let text = match group {
            "tagged_addresses" => "service { tagged_addresses { lan { nope = 1 } } }".to_owned(),
            group => format!("service {{ {group} {{ nope = 1 }} }}"),
        };
        let line = read(&text).unwrap_err().to_string();
        assert!(line.contains(&format!("invalid config key service.{group}")) && line.ends_with(".nope"), "{line}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let refused = |text: &str| read(text).unwrap_err().to_string();
    let cases = [
        ("service { port = 80 }", "F:1:9: service has no name"),
        ("service {\n name = \"x\"\n prot = 80 }", "F:3:2: invalid config key service.prot"),
        (
            "service { name = \"x\" port = \"80\" }",
            "F:1:29: key \"service.port\" is the string \"80\": a whole number would be right",
        ),
        ("service { name = 5 }", "F:1:18: key \"service.name\" is a number: a string in quotes would be right"),
        (
            "services = [{ name = \"x\" check { interval = 10 } }]",
            "F:1:45: key \"services.check.interval\" is a number: a duration in quotes such as \"10s\" would be right",
        ),
        (
            "service { name = \"x\" check { ttl = \"1s\" } check { ttl = \"2s\" } }",
            "F:1:28: key \"service.check\" is a list of 2: one object, or checks = [ … ] would be right",
        ),
        (
            "service { name = \"x\" checks = [{ ttl = \"1s\" }, { notes = \"n\" }] }",
            "F:1:48: key \"service.checks[1]\" looks at nothing: ttl, http, tcp or another kind would be right",
        ),
        (
            "service { name = \"x\" meta { a = 1 } }",
            "F:1:33: key \"service.meta.a\" is a number: a string in quotes would be right",
        ),
        (
            "service { name = \"x\" connect { native = true } }",
            "F:1:30: key \"service.connect\" is not supported by this version of muster: there is no service mesh",
        ),
        (
            "service { name = \"x\" checks = [{ ttl = \"1s\" }, { http = \"u\" interval = \"x\" }] }",
            "F:1:72: key \"service.checks[1].interval\" is the string \"x\": a duration in quotes such as \"10s\" would \
             be right",
        ),
        (
            "check { name = \"x\" args = \"a b\" }",
            "F:1:27: key \"check.args\" is the string \"a b\": a list of strings would be right",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn names_of_fields_have_consuls_spellings_and_no_others() {
    for field in ["EnableTagOverride = 1", "TaggedAddresses = 1", "check { AliasNode = 1 }", "check { CheckID = 1 }"] {
        let line = read(&format!("service {{ name = \"x\" {field} }}")).unwrap_err().to_string();
        assert!(line.contains("invalid config key service."), "{line}");
    }
    for field in ["ServiceID", "DockerContainerID", "DeregisterCriticalServiceAfter"] {
        assert!(read(&format!("check {{ name = \"x\" {field} = \"1m\" }}")).is_ok(), "{field}");
    }
}

#[test]
fn services_come_before_checks_and_the_last_of_an_id_counts() {
    let all = read(
        "check { name = \"c\" ttl = \"1s\" }\nservices = [{ name = \"b\" }, { id = \"a\" name = \"x\" }]\n\
         service { name = \"a\" }\nservice { name = \"b\" port = 2 }",
    );
    let all = all.unwrap();
    let ids: Vec<_> = all.iter().map(|definition| (definition.subject, definition.id.as_str())).collect();
    assert_eq!(ids, [(Subject::Service, "b"), (Subject::Service, "a"), (Subject::Check, "c")]);
}
