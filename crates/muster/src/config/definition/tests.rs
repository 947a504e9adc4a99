use std::sync::Arc;

use muster_hcl::parse_hcl;
use muster_wire::request::{register_check, register_service};

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
    definitions(&settings)
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
        Takes::Weights => "{ passing = 1 }",
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
        let inside = body(&format!("service {{ name = \"s\" check {{ {} = {} }} }}", field.name, sample(field.takes)));
        let read = register_service(inside.as_bytes()).map_err(|error| error.to_string());
        assert!(!read.is_err_and(|error| error.contains("json: ")), "{}: {inside}", field.name);
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
            "F:1:29: key \"service.port\" is a string: a whole number would be right",
        ),
        ("service { name = 5 }", "F:1:18: key \"service.name\" is a number: a string in quotes would be right"),
        (
            "services = [{ name = \"x\" check { interval = 10 } }]",
            "F:1:45: key \"services.check.interval\" is a number: a duration in quotes such as \"10s\" would be right",
        ),
        (
            "service { name = \"x\" check { ttl = \"1s\" } check { ttl = \"2s\" } }",
            "F:1:28: key \"service.check\" is a list: one object, or checks = [ … ] would be right",
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
            "check { name = \"x\" args = \"a b\" }",
            "F:1:27: key \"check.args\" is a string: a list of strings would be right",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
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
