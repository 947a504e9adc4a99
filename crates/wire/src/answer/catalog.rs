//! `/v1/catalog`.

use std::sync::Arc;

use muster_model::{Node, Service};

use super::Stored;
use super::entity::{self, Empty, NO_PROXY};
use crate::json::{ArrayWriter, ObjectWriter};

/// An instance with its node, as `/v1/catalog/service/NAME` lists it.
#[derive(Debug, Clone, Copy)]
pub struct CatalogServiceRow<'a> {
    /// The node that it runs on.
    pub node: &'a Node,
    /// The instance, whose indexes the row carries.
    pub service: Stored<'a, Service>,
}

/// `/v1/catalog/nodes`.
pub fn catalog_nodes<'a>(out: &mut Vec<u8>, datacenter: &str, nodes: impl IntoIterator<Item = Stored<'a, Node>>) {
    let mut list = ArrayWriter::new(out);
    for node in nodes {
        entity::node(list.item(), datacenter, node);
    }
    list.end();
}

/// `/v1/catalog/services`: each name with the tags of all its instances.
pub fn catalog_services<'a, T>(out: &mut Vec<u8>, services: impl IntoIterator<Item = (&'a str, T)>)
where
    T: IntoIterator<Item = &'a Arc<str>>,
{
    let mut object = ObjectWriter::new(out);
    for (name, tags) in services {
        let mut list = ArrayWriter::new(object.entry(name));
        for tag in tags {
            crate::json::push_string(list.item(), tag);
        }
        list.end();
    }
    object.end();
}

/// `/v1/catalog/service/NAME`.
pub fn catalog_service<'a>(out: &mut Vec<u8>, datacenter: &str, rows: impl IntoIterator<Item = CatalogServiceRow<'a>>) {
    let mut list = ArrayWriter::new(out);
    for row in rows {
        service_row(list.item(), datacenter, row);
    }
    list.end();
}

fn service_row(out: &mut Vec<u8>, datacenter: &str, row: CatalogServiceRow<'_>) {
    let (node, service) = (row.node, row.service.value);
    let mut object = ObjectWriter::new(out);
    object.string("ID", &node.id);
    object.string("Node", node.name.as_str());
    object.string("Address", &node.address);
    object.string("Datacenter", datacenter);
    entity::texts(object.member("TaggedAddresses"), &node.tagged_addresses, Empty::Null);
    entity::texts(object.member("NodeMeta"), &node.meta, Empty::Null);
    object.string("ServiceKind", "");
    object.string("ServiceID", service.id.as_str());
    object.string("ServiceName", service.name.as_str());
    object.strings("ServiceTags", service.tags.iter().map(|tag| &**tag));
    object.string("ServiceAddress", &service.address);
    entity::tagged_addresses(&mut object, "ServiceTaggedAddresses", &service.tagged_addresses);
    entity::weights(object.member("ServiceWeights"), service.weights);
    entity::texts(object.member("ServiceMeta"), &service.meta, Empty::Braces);
    object.int("ServicePort", service.port);
    object.string("ServiceSocketPath", &service.socket_path);
    object.bool("ServiceEnableTagOverride", service.enable_tag_override);
    object.raw("ServiceProxy", NO_PROXY);
    object.raw("ServiceConnect", "{}");
    object.raw("ServiceLocality", "null");
    entity::indexes(&mut object, row.service);
    object.end();
}

/// `/v1/catalog/node/NAME`: the node with its services by ID; `null` for a node that is not there.
pub fn catalog_node<'a>(
    out: &mut Vec<u8>,
    datacenter: &str,
    node: Option<Stored<'a, Node>>,
    services: impl IntoIterator<Item = Stored<'a, Service>>,
) {
    let Some(node) = node else {
        out.extend_from_slice(b"null");
        return;
    };
    let mut object = ObjectWriter::new(out);
    entity::node(object.member("Node"), datacenter, node);
    let mut by_id = ObjectWriter::new(object.member("Services"));
    for service in services {
        entity::service(by_id.entry(service.value.id.as_str()), service);
    }
    by_id.end();
    object.end();
}

/// `/v1/catalog/node-services/NAME`: as [`catalog_node`], but with a list; none at all is null.
pub fn node_services<'a>(
    out: &mut Vec<u8>,
    datacenter: &str,
    node: Option<Stored<'a, Node>>,
    services: Option<impl IntoIterator<Item = Stored<'a, Service>>>,
) {
    let mut object = ObjectWriter::new(out);
    match node {
        None => {
            object.raw("Node", "null");
            object.raw("Services", "null");
        }
        Some(node) => {
            entity::node(object.member("Node"), datacenter, node);
            match services {
                None => object.raw("Services", "null"),
                Some(services) => {
                    let mut list = ArrayWriter::new(object.member("Services"));
                    for service in services {
                        entity::service(list.item(), service);
                    }
                    list.end();
                }
            }
        }
    }
    object.end();
}
