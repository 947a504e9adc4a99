//! Configuration files: HCL 1 and JSON.

use muster_hcl::{Node, Value, parse, parse_hcl, parse_json};

/// Whatever stands there: a tree or a complaint in one line that says where. JSON that others read is read here too.
pub(crate) fn run(bytes: &[u8]) {
    for read in [parse, parse_hcl, parse_json] {
        match read(bytes) {
            Ok(tree) => {
                assert!(depth(&tree) <= 2 * muster_hcl::MAX_DEPTH + 2, "a tree that is too deep to walk");
                assert_eq!(format!("{:?}", read(bytes)), format!("{:?}", Ok::<_, muster_hcl::SyntaxError>(tree)));
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!text.is_empty() && !text.contains('\n'), "{text:?}");
            }
        }
    }
}

fn depth(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => object.members.iter().map(|member| depth(&member.node)).max().unwrap_or(0),
        _ => 0,
    }
}
