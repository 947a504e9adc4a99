use muster_model::{CheckId, Service};

use super::*;

fn read(body: &str) -> TransactionRequest {
    transaction(body.as_bytes()).unwrap()
}

fn one(body: &str) -> Operation {
    let request = read(&format!("[{body}]"));
    assert_eq!(request.refused, []);
    request.operations.into_iter().next().unwrap()
}

fn kv(verb: &str) -> KvOperation {
    let body = format!(
        r#"{{"KV":{{"verb":"{verb}","Key":"k","Value":"b25l","Flags":18446744073709551615,"Index":7,"Session":"s"}}}}"#
    );
    match one(&body) {
        Operation::Kv(operation) => operation,
        other => panic!("{other:?}"),
    }
}

fn refusal(body: &str) -> String {
    let request = read(&format!("[{body}]"));
    assert_eq!(request.operations, []);
    request.refused[0].1.to_string()
}

fn error(body: &str) -> String {
    transaction(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn reads_every_verb_of_keys() {
    let key = || Key::new("k").unwrap();
    let write = || KvWrite { key: key(), value: Arc::from(&b"one"[..]), flags: u64::MAX };
    let id = || SessionId::new("s").unwrap();
    assert_eq!(kv("set"), KvOperation::Set(write(), None));
    assert_eq!(kv("cas"), KvOperation::Set(write(), Some(Index(7))));
    assert_eq!(kv("lock"), KvOperation::Lock(write(), id()));
    assert_eq!(kv("unlock"), KvOperation::Unlock(write(), id()));
    assert_eq!(kv("get"), KvOperation::Get(key()));
    assert_eq!(kv("get-or-empty"), KvOperation::GetOrEmpty(key()));
    assert_eq!(kv("get-tree"), KvOperation::GetTree(Arc::from("k")));
    assert_eq!(kv("check-index"), KvOperation::CheckIndex(key(), Index(7)));
    assert_eq!(kv("check-session"), KvOperation::CheckSession(key(), Some(id())));
    assert_eq!(kv("check-not-exists"), KvOperation::CheckNotExists(key()));
    assert_eq!(kv("delete"), KvOperation::Delete(key(), None));
    assert_eq!(kv("delete-cas"), KvOperation::Delete(key(), Some(Index(7))));
    assert_eq!(kv("delete-tree"), KvOperation::DeleteTree(Arc::from("k")));
}

#[test]
fn reads_entries_of_the_catalog() {
    let name = || NodeName::new("n").unwrap();
    let node =
        one(r#"{"Node":{"Verb":"cas","Node":{"Node":"n","Address":"10.0.0.1","Datacenter":"dc1","ModifyIndex":3}}}"#);
    let Operation::Node(NodeOperation::Set(node, Some(Index(3)))) = node else { panic!("{node:?}") };
    assert_eq!((node.name, &*node.address), (name(), "10.0.0.1"));
    let service = one(
        r#"{"Service":{"Verb":"set","Node":"n","Service":{"Service":"web","Port":5,"ContentHash":"x","Datacenter":"dc1"}}}"#,
    );
    let Operation::Service(ServiceOperation::Set(node, Service { id, port: 5, .. }, None)) = service else {
        panic!("{service:?}")
    };
    assert_eq!((node, id.as_str()), (name(), "web"));
    let check = one(r#"{"Check":{"Verb":"cas","Check":{"Node":"n","Name":"c","Status":"passing","ModifyIndex":9}}}"#);
    let Operation::Check(CheckOperation::Set(_, check, Some(Index(9)))) = check else { panic!("{check:?}") };
    assert_eq!(check.id, CheckId::new("c").unwrap());
    let by_id = one(r#"{"Node":{"Verb":"get","Node":{"ID":"u"}}}"#);
    assert_eq!(by_id, Operation::Node(NodeOperation::Get(NodeReference::Id(Arc::from("u")))));
    let gone =
        one(r#"{"Service":{"Verb":"delete-cas","Node":"n","Service":{"ID":"s","Service":"s","ModifyIndex":4}}}"#);
    let id = ServiceId::new("s").unwrap();
    assert_eq!(gone, Operation::Service(ServiceOperation::Delete(name(), id, Some(Index(4)))));
    let gone = one(r#"{"Check":{"Verb":"delete","Check":{"Node":"n","CheckID":"c"}}}"#);
    assert_eq!(gone, Operation::Check(CheckOperation::Delete(name(), CheckId::new("c").unwrap(), None)));
}

#[test]
fn knows_what_writes() {
    for verb in ["get", "get-or-empty", "get-tree", "check-index", "check-session", "check-not-exists", "burn"] {
        assert!(!read(&format!(r#"[{{"KV":{{"Verb":"{verb}","Key":"k","Session":"s"}}}}]"#)).writes, "{verb}");
    }
    for verb in ["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"] {
        assert!(read(&format!(r#"[{{"KV":{{"Verb":"{verb}","Key":"k","Session":"s"}}}}]"#)).writes, "{verb}");
    }
    assert!(read(r#"[{"KV":{"Verb":"get","Key":"k"}},{"Node":{"Verb":"set","Node":{"Node":"n"}}}]"#).writes);
    assert!(!read(r#"[{"Check":{"Verb":"get","Check":{"Node":"n","CheckID":"c"}}}]"#).writes);
}

#[test]
fn empty_operations_do_not_count() {
    let request = read(r#"[{},null,{"KV":null},{"KV":{"Verb":"get"}},{"KV":{"Verb":"get","Key":"k"}}]"#);
    assert_eq!(request.refused, [(0, OperationRefusal::MissingKey)]);
    assert_eq!((request.operations.len(), request.positions), (1, vec![1]));
    assert_eq!(read("null").operations, []);
}

#[test]
fn refuses_operations_in_consuls_words() {
    assert_eq!(refusal(r#"{"KV":{"Verb":"set"}}"#), "Must provide key");
    assert_eq!(refusal(r#"{"KV":{"Verb":"burn","Key":"k"}}"#), "unknown KV operation: burn");
    assert_eq!(refusal(r#"{"KV":{"Verb":"lock","Key":"k"}}"#), "missing session");
    assert_eq!(refusal(r#"{"KV":{"Verb":"lock","Key":"k","Session":"a\u0001"}}"#), "invalid session \"a\\x01\"");
    assert_eq!(refusal(r#"{"Node":{"Verb":"set","Node":{}}}"#), "Must provide node");
    assert_eq!(
        refusal(r#"{"Node":{"Verb":"set","Node":{"Node":"n","ID":"x"}}}"#),
        "Bad node ID: uuid string is wrong length"
    );
    assert_eq!(refusal(r#"{"Node":{"Verb":"burn","Node":{"Node":"n"}}}"#), "unknown node operation: burn");
    assert_eq!(refusal(r#"{"Service":{"Verb":"set","Service":{"Service":"a"}}}"#), "Missing node registration");
    assert_eq!(
        refusal(r#"{"Service":{"Verb":"set","Node":"n","Service":{"ID":"a"}}}"#),
        "Must provide service name (Service.Service) when service ID is provided"
    );
    for (verb, text) in [
        ("set", "failed health check lookup"),
        ("cas", "failed check lookup"),
        ("get", "failed check lookup"),
        ("delete", "check lookup failed"),
        ("delete-cas", "check lookup failed: failed check lookup"),
    ] {
        for check in [r#""Node":"n""#, r#""CheckID":"c""#] {
            let told = refusal(&format!(r#"{{"Check":{{"Verb":"{verb}","Check":{{{check}}}}}}}"#));
            assert_eq!(told, format!("{text}: index error: object is missing a value for this index"), "{check}");
        }
    }
    let no_id = r#"{"Service":{"Verb":"get","Node":"n","Service":{"Service":"a"}}}"#;
    assert_eq!(refusal(no_id), "service \"\" on node \"n\" doesn't exist");
    assert_eq!(
        refusal(r#"{"Service":{"Verb":"set","Node":"n","Service":{"Service":"a","Meta":{"a b":"c"}}}}"#),
        "Invalid Service Meta for node n and serviceID a: Couldn't load metadata pair ('a b', 'c'): \
         Key contains invalid characters"
    );
    let unnamed = refusal(r#"{"Service":{"Verb":"delete","Node":"n","Service":{}}}"#);
    assert_eq!(unnamed, "Must provide service name (Service.Service)");
    let bad_id = refusal(r#"{"Node":{"Verb":"delete","Node":{"Node":"n","ID":"x"}}}"#);
    assert_eq!(bad_id, "Bad node ID: uuid string is wrong length");
}

#[test]
fn a_transaction_takes_over_what_consuls_client_has() {
    let service = r#"{"Service":"a","SocketPath":"p","Weights":{"Passing":0,"Warning":5}}"#;
    let service = one(&format!(r#"{{"Service":{{"Verb":"set","Node":"n","Service":{service}}}}}"#));
    let Operation::Service(ServiceOperation::Set(_, service, None)) = service else { panic!("{service:?}") };
    assert_eq!((&*service.socket_path, service.weights), ("", muster_model::Weights::default()));
    let check = |definition: &str| {
        let check = format!(r#"{{"Node":"n","CheckID":"c","Definition":{definition}}}"#);
        format!(r#"{{"Check":{{"Verb":"set","Check":{check}}}}}"#)
    };
    let with = |definition: &str| match one(&check(definition)) {
        Operation::Check(CheckOperation::Set(_, check, None)) => (check.kind.to_string(), check.definition),
        other => panic!("{other:?}"),
    };
    assert_eq!(with(r#"{"TTL":"1s","Shell":5,"ScriptArgs":"x","UDP":"u"}"#), (String::new(), None));
    let (kind, timed) = with(r#"{"HTTP":"x","Interval":"2s"}"#);
    assert_eq!((&*kind, with(r#"{"HTTP":"x","Interval":"1s","IntervalDuration":2000000000}"#).1), ("", timed));
    let null = error(&format!("[{}]", check(r#"{"Interval":null}"#)));
    assert_eq!(null, "Failed to parse body: strconv.ParseFloat: parsing \"null\": invalid syntax");
    let bytes = one(r#"{"KV":{"Verb":"set","Key":"k","Value":[104,null]}}"#);
    let Operation::Kv(KvOperation::Set(write, None)) = bytes else { panic!("{bytes:?}") };
    assert_eq!(&*write.value, b"h\0");
}

#[test]
fn refuses_bodies_in_consuls_words() {
    let many = |count: usize| format!("[{}]", vec![r#"{"KV":{"Verb":"get","Key":"k"}}"#; count].join(","));
    assert_eq!(read(&many(128)).operations.len(), 128);
    let error_of_many = transaction(many(129).as_bytes()).unwrap_err();
    assert_eq!(error_of_many.to_string(), "Transaction contains too many operations (129 > 128)");
    assert_eq!(error_of_many.status(), Status::TooLarge);
    let prefix = "Failed to parse body: ";
    assert_eq!(error("["), format!("{prefix}unexpected EOF"));
    assert_eq!(error("{}"), format!("{prefix}json: cannot unmarshal object into Go value of type api.TxnOps"));
    assert_eq!(error("[1]"), format!("{prefix}json: cannot unmarshal number into Go value of type api.TxnOp"));
    assert_eq!(error(r#"[{"Nope":{}}]"#), format!("{prefix}json: unknown field \"Nope\""));
    assert_eq!(error(r#"[{"KV":{"Value":"*"}}]"#), format!("{prefix}illegal base64 data at input byte 0"));
    let wrong = "json: cannot unmarshal number -1 into Go struct field KVTxnOp.KV.Flags of type uint64";
    assert_eq!(error(r#"[{"KV":{"Flags":-1}}]"#), format!("{prefix}{wrong}"));
}
