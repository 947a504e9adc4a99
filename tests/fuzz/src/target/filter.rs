//! Filters: the text of `?filter=`, over every kind of row.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_filter::Expression;
use muster_model::{
    Check, CheckId, CheckStatus, Index, Indexed, Node, NodeName, Service, ServiceAddress, ServiceId, ServiceName,
    Weights,
};
use muster_wire::answer::Member;
use muster_wire::filter::{
    BadFilter, CheckFilter, InstanceFilter, MemberFilter, NodeFilter, ServiceFilter, ServiceRowFilter,
};

/// A filter or a complaint; one that is taken says the same of the same row each time.
pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let syntax = Expression::parse(&text).is_ok();
    let rows = Rows::new();
    let all: [&dyn Fn() -> Result<bool, BadFilter>; 6] = [
        &|| Ok(NodeFilter::new(&text)?.takes(&rows.node, "dc1")),
        &|| Ok(ServiceFilter::new(&text)?.takes(&rows.service)),
        &|| Ok(ServiceRowFilter::new(&text)?.takes(&rows.node, &rows.service, "dc1")),
        &|| Ok(InstanceFilter::new(&text)?.takes(&rows.node, &rows.service, &rows.checks, "dc1")),
        &|| Ok(CheckFilter::new(&text)?.takes(&rows.node.name, &rows.checks[0].value, Some(&rows.service))),
        &|| Ok(MemberFilter::new(&text)?.takes(&rows.member)),
    ];
    for ask in all {
        let answer = ask();
        assert_eq!(answer, ask());
        assert!(syntax || answer.is_err(), "taken without being an expression");
        if let Err(error) = answer {
            assert!(!error.to_string().is_empty());
        }
    }
}

struct Rows {
    node: Node,
    service: Service,
    checks: Vec<Indexed<Arc<Check>>>,
    member: Member,
}

impl Rows {
    fn new() -> Self {
        let text = |text: &str| Arc::<str>::from(text);
        let map = || BTreeMap::from([(text("rack"), text("a")), (text("a/b"), text("x y"))]);
        let node = Node {
            name: NodeName::new("n1").expect("a name"),
            id: text("adf4238a-882b-9ddc-4a9d-5b6758e4159e"),
            address: text("10.0.0.1"),
            tagged_addresses: BTreeMap::from([(text("lan"), text("10.0.0.1"))]),
            meta: map(),
        };
        let service = Service {
            id: ServiceId::new("web-1").expect("a name"),
            name: ServiceName::new("web").expect("a name"),
            tags: vec![text("v1"), text("primary")],
            address: text("10.0.0.2"),
            tagged_addresses: BTreeMap::from([(text("wan"), ServiceAddress { address: text("1.2.3.4"), port: 7 })]),
            meta: map(),
            port: 8080,
            socket_path: text(""),
            weights: Weights { passing: 3, warning: 1 },
            enable_tag_override: true,
        };
        let check = Check {
            id: CheckId::new("c1").expect("a name"),
            name: text("a check"),
            status: CheckStatus::Passing,
            notes: text("notes"),
            output: text("out\nput"),
            service_id: Some(service.id.clone()),
            kind: text("ttl"),
            definition: None,
        };
        let checks = vec![Indexed { value: Arc::new(check), created: Index(3), modified: Index(4) }];
        let member = Member { name: "n1".into(), address: "10.0.0.1".into(), port: 8301, tags: map() };
        Self { node, service, checks, member }
    }
}
