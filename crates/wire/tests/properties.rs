//! What must hold for any input: nothing panics, and our JSON is serde_json's where Go's rules are the same.

#![allow(clippy::unwrap_used, reason = "tests")]

use muster_wire::duration_text::GoDuration;
use muster_wire::json::{self, Value};
use muster_wire::query::{Params, path, push_param, unescape_path};
use muster_wire::{read, request};
use proptest::prelude::*;

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        // Quarters, which are exact in either base.
        any::<i16>().prop_map(|quarters| (f64::from(quarters) / 4.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => {
            // serde_json reads some fractions and numbers over 64 bits inexactly.
            let (a, b) = (a.parse::<f64>().unwrap(), b.as_f64().unwrap());
            a == b || (a - b).abs() <= b.abs() * 1e-12
        }
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            b.iter().all(|(name, value)| a.get(name).is_some_and(|ours| same(ours, value)))
                && a.0.iter().all(|(name, _)| b.contains_key(name))
        }
        _ => false,
    }
}

/// The first value of `text`, by serde_json; none where its rules differ from Go's (numbers out of range,
/// halves of surrogate pairs, its own nesting limit).
fn theirs(text: &str) -> Option<Result<serde_json::Value, ()>> {
    match serde_json::Deserializer::from_str(text).into_iter().next()? {
        Ok(value) => Some(Ok(value)),
        Err(error) => {
            let message = error.to_string();
            let differs = ["out of range", "surrogate", "recursion", "hex escape"];
            (!differs.iter().any(|words| message.contains(words))).then_some(Err(()))
        }
    }
}

proptest! {
    #[test]
    fn json_is_read_as_serde_json_reads_it(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert!(same(&json::parse(text.as_bytes()).unwrap(), &value));
    }

    #[test]
    fn damaged_json_is_refused_where_serde_json_refuses(
        value in any_json(), at in any::<prop::sample::Index>(), with in r#"[\[\]{}:,"\\0-9eEtfnu. +-]{0,2}"#,
    ) {
        let text = format!("[{value}]");
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        let place = *at.get(&places);
        let end = text[place..].chars().next().map_or(place, |c| place + c.len_utf8());
        let damaged = format!("{}{with}{}", &text[..place], &text[end..]);
        if damaged.starts_with('[')
            && let Some(theirs) = theirs(&damaged)
        {
            let ours = json::parse(damaged.as_bytes());
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?}", damaged, ours);
            if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                prop_assert!(same(&ours, &theirs), "{}", damaged);
            }
        }
    }

    #[test]
    fn written_strings_are_read_again(text in any::<String>()) {
        let mut out = Vec::new();
        json::push_string(&mut out, &text);
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text.clone());
        let ours = json::parse(&out).unwrap();
        prop_assert_eq!(ours.as_str(), Some(text.as_str()));
    }

    #[test]
    fn pretty_changes_nothing_but_space(value in any_json()) {
        let compact = serde_json::to_vec(&value).unwrap();
        let set_out = json::pretty(&compact);
        prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&set_out).unwrap(), value);
    }

    #[test]
    fn durations_are_read_as_they_are_written(nanos in any::<i64>()) {
        let duration = GoDuration::from_nanos(nanos);
        prop_assert_eq!(GoDuration::parse(&duration.to_string()), Ok(duration));
    }

    #[test]
    fn parameters_and_paths_go_there_and_back(name in any::<String>(), value in any::<String>()) {
        let mut query = String::new();
        push_param(&mut query, &name, &value);
        push_param(&mut query, "last", "");
        let params = Params::parse(&query).unwrap();
        prop_assert_eq!(params.get(&name), if name == "last" { params.get("last") } else { &*value });
        let target = path("/v1/kv/", &value);
        prop_assert_eq!(unescape_path(&target["/v1/kv/".len()..]).unwrap(), value);
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in any::<Vec<u8>>(), text in any::<String>()) {
        let _ = json::parse(&bytes);
        let _ = Params::parse(&text);
        let _ = unescape_path(&text);
        let _ = GoDuration::parse(&text);
    }

    #[test]
    fn nothing_panics_on_any_json(
        value in any_json(),
        name in "(Node|Service|Check|Checks|Meta|Tags|Weights|TTL|Header|TaggedAddresses|Definition|Config|ID|Name)",
    ) {
        for body in [value.to_string(), serde_json::json!({ name.clone(): value }).to_string()] {
            let list = format!("[{body}]");
            for body in [body.as_bytes(), list.as_bytes()] {
                let _ = request::register_service(body);
                let _ = request::register_check(body);
                let _ = request::update_check(body);
                let _ = request::register(body);
                let _ = request::deregister(body);
                let _ = read::health_service(body);
                let _ = read::health_checks(body);
                let _ = read::catalog_services(body);
                let _ = read::catalog_node(body);
                let _ = read::agent_services(body);
                let _ = read::agent_self(body);
                let _ = read::kv_entries(body);
                let _ = read::kv_keys(body);
            }
        }
    }
}
