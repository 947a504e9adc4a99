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
    // Now there are two nodes of that name, and it takes a while until one is down: the machine's own is meant.
    assert_eq!(bench.muster(&["swarm", "label", "worker2", "role=web"]).out, "worker2\n");
    let own = bench.succeed(&["ssh", "worker2", "docker info --format '{{.Swarm.NodeID}}'"]);
    let asked = format!("docker node inspect --format '{{{{.Spec.Labels}}}}' {own}");
    assert_eq!(bench.succeed(&["ssh", "manager1", &asked]), "map[role:web]");
    bench.succeed(&["rm", "-y", "manager1", "worker1", "worker2"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn managers_alone_are_a_swarm_that_one_can_leave_and_join() {
    let bench = Bench::new();
    let made = bench.muster(&["swarm", "create", "--managers", "3", "--workers", "0"]);
    assert_eq!((made.code, made.errors.as_str()), (0, ""), "{made:?}");
    let nodes = bench.muster(&["swarm", "nodes"]).out;
    assert_eq!((nodes.matches("Leader").count(), nodes.matches("Reachable").count()), (1, 2), "{nodes}");
    // Any of them can be asked; which one it is has a star.
    let asked = bench.muster(&["swarm", "nodes", "--manager", "manager3"]).out;
    assert_eq!(asked.trim_end(), bench.succeed(&["ssh", "manager3", "docker node ls"]));

    let refused = bench.muster(&["swarm", "leave", "manager2"]);
    assert!(refused.code == 1 && refused.one_line().contains("participating as a manager"), "{refused:?}");
    let left = bench.muster(&["swarm", "leave", "--force", "manager2"]);
    assert_eq!((left.code, left.out.as_str()), (0, "(manager2) Node left the swarm.\n"));
    let again = bench.muster(&["swarm", "leave", "manager2"]);
    assert!(again.code == 1 && again.one_line().contains("not part of a swarm"), "{again:?}");
    let refused = bench.muster(&["swarm", "nodes", "--manager", "manager2"]);
    assert!(
        refused.code == 1 && refused.one_line().contains("\"manager2\" is not a manager of a swarm"),
        "{refused:?}"
    );

    let joined = bench.muster(&["swarm", "join", "--as-manager", "manager2"]);
    assert_eq!((joined.code, joined.out.as_str()), (0, "(manager2) This node joined a swarm as a manager.\n"));
    let nodes = bench.muster(&["swarm", "nodes"]).out;
    assert_eq!((nodes.matches("Leader").count(), nodes.matches("Reachable").count()), (1, 2), "{nodes}");
    assert_eq!(bench.muster(&["swarm", "drain", "manager2"]).out, "manager2\n");
    let asked = "docker node inspect --format '{{.Spec.Availability}}' self";
    assert_eq!(bench.succeed(&["ssh", "manager2", asked]), "drain");
    bench.succeed(&["rm", "-y", "manager1", "manager2", "manager3"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}
