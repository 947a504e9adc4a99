//! The npm client: watches on a service and a key, and a session with a lock.

use muster_interop::client_test;
use muster_interop::node::Node;
use muster_interop::skip::or_skip;

#[tokio::test]
#[ignore = "needs Node.js: make test-ci runs it"]
async fn watches_yield_each_change() {
    let Some(node) = or_skip("npm consul: watches_yield_each_change", Node::find()) else { return };
    let mut runner = node.program("watch.js");
    runner.env("INTEROP_MODULES", node.modules());
    client_test::expect_pass(runner, "all passed").await;
}
