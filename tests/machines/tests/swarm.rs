//! Swarms of container machines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use muster_machines::Bench;

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn three_machines_become_a_swarm_in_one_command() {
    let bench = Bench::new();
    let made = bench.muster(&["swarm", "create", "--managers", "1", "--workers", "2"]);
    assert_eq!((made.code, made.errors.as_str()), (0, ""), "{made:?}");
    assert!(!made.out.contains("SWMTKN"), "a token is nobody's to read in passing: {}", made.out);
    let ours = bench.muster(&["swarm", "nodes"]).out;
    let dockers = bench.succeed(&["ssh", "manager1", "docker node ls"]);
    assert_eq!(ours.trim_end(), dockers, "as docker node ls");
    assert_eq!(dockers.matches("Ready").count(), 3, "{dockers}");
    // Again: what is so is left so.
    assert_eq!(bench.muster(&["swarm", "create", "--managers", "1", "--workers", "2"]).code, 0);

    let ip = bench.succeed(&["ip", "manager1"]);
    for role in ["worker", "manager"] {
        let ours = bench.muster(&["swarm", "token", role]).out;
        assert_eq!(ours, bench.machine(&["ssh", "manager1", &format!("docker swarm join-token {role}")]).out);
        assert!(ours.contains(&format!(" {ip}:2377")), "{ours}");
    }
    assert_eq!(bench.muster(&["swarm", "drain", "worker1"]).out, "worker1\n");
    assert_eq!(bench.muster(&["swarm", "label", "worker2", "role=db", "gone-"]).out, "worker2\n");
    let asked = "docker node inspect --format '{{.Spec.Availability}} {{.Spec.Labels}}' worker1 worker2";
    assert_eq!(bench.succeed(&["ssh", "manager1", asked]), "drain map[]\nactive map[role:db]");
    bench.muster(&["swarm", "drain", "--undo", "worker1"]);
    let unknown = bench.muster(&["swarm", "drain", "worker9"]);
    assert!(
        unknown.errors.contains("no node \"worker9\"") && unknown.errors.contains("manager1, worker1, worker2"),
        "{unknown:?}"
    );

    let refused = bench.muster(&["swarm", "leave", "manager1"]);
    assert!(
        refused.code == 1 && refused.errors.contains("Removing the last manager erases all current state"),
        "{refused:?}"
    );
    assert_eq!(bench.muster(&["swarm", "leave", "worker2"]).out, "(worker2) Node left the swarm.\n");
    assert_eq!(bench.muster(&["swarm", "join", "worker2"]).out, "(worker2) This node joined a swarm as a worker.\n");
    bench.succeed(&["rm", "-y", "manager1", "worker1", "worker2"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}
