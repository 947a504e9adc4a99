//! The demo as ordinary users, inside a machine: one whom sudo lets, one in the group docker, one who is neither.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

use muster_machines::{Bench, Outcome};

/// Users, and a toolchain that has nothing to build: the programs lie where it would put them.
const PREPARE: &str = r#"
for user in ada ben cy; do useradd --create-home --shell /bin/bash "$user"; done
echo 'ada ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ada
usermod --append --groups docker cy
for program in cargo cc make; do printf '#!/bin/sh\n' >/usr/local/bin/$program; chmod +x /usr/local/bin/$program; done
printf '#!/bin/sh\necho host: x86_64-unknown-linux-gnu\n' >/usr/local/bin/rustc; chmod +x /usr/local/bin/rustc
mkdir -p /usr/local/lib/docker/cli-plugins /srv/muster/target/x86_64-unknown-linux-gnu /srv/muster/.cache
"#;
/// machine-init starts no engine while there are no flags for it.
const STOP_ENGINE: &str =
    "mv /etc/docker/engine-flags /root/; kill -HUP 1; while pgrep -x dockerd >/dev/null; do sleep 0.05; done";
const DEMO: &str = "cd /srv/muster && scripts/demo --exit --steps first-start";

fn given(variable: &str) -> PathBuf {
    std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is set: tests/machines/run")).into()
}

/// A machine with the demo's files; of the suite whose base image was made outside.
fn machine_with_the_demo(bench: &Bench) {
    let (binaries, cache) = (given("MUSTER_TEST_BINARIES"), given("MUSTER_TEST_CACHE"));
    let (suite, compose) = (std::env::var("MUSTER_TEST_BASE_SUITE").unwrap(), given("MUSTER_TEST_COMPOSE_2"));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    bench.succeed(&["create", "--container-image", &format!("muster/machine:{suite}"), "demo"]);
    let copied = bench.shell(&format!(
        "docker-machine ssh demo <<'END'
{PREPARE}
END
        docker-machine scp -q {compose} demo:/usr/local/lib/docker/cli-plugins/docker-compose
        docker-machine scp -q -r {root}/scripts demo:/srv/muster
        docker-machine ssh demo mkdir -p /srv/muster/target/x86_64-unknown-linux-gnu/image
        for program in muster muster-example-web muster-demo; do
          docker-machine scp -q {binaries}/$program demo:/srv/muster/target/x86_64-unknown-linux-gnu/image
        done
        docker-machine scp -q {cache}/base-{suite}-*.tar demo:/srv/muster/.cache",
        compose = compose.display(),
        binaries = binaries.display(),
        cache = cache.display(),
    ));
    assert_eq!(copied.code, 0, "{copied:?}");
}

/// Runs a line as a user of the machine, to whom the demo's files belong.
fn as_user(bench: &Bench, user: &str, line: &str) -> Outcome {
    bench.succeed(&["ssh", "demo", &format!("chown -R {user}:{user} /srv/muster")]);
    bench.machine(&["ssh", "demo", &format!("su - {user} -c '{line}'")])
}

fn assert_nothing_is_left(bench: &Bench, user: &str) {
    let foreign = bench.succeed(&["ssh", "demo", &format!("find /srv/muster ! -user {user}")]);
    assert_eq!(foreign, "", "what the demo wrote is not {user}'s");
    let left = bench.succeed(&[
        "ssh",
        "demo",
        "docker ps --all --quiet --filter label=muster.demo=1; pgrep -a muster || true",
    ]);
    assert_eq!(left, "");
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn the_demo_works_for_an_ordinary_user_or_says_in_one_line_why_not() {
    let bench = Bench::new();
    machine_with_the_demo(&bench);

    // Whom sudo lets: the engine is asked as root, and what root wrote is the user's in the end.
    let played = as_user(&bench, "ada", DEMO);
    assert_eq!(played.code, 0, "{played:?}");
    assert!(played.out.contains("first-start"), "{played:?}");
    assert_nothing_is_left(&bench, "ada");

    // In the group docker: without root at all.
    let played = as_user(&bench, "cy", DEMO);
    assert_eq!(played.code, 0, "{played:?}");
    assert_nothing_is_left(&bench, "cy");

    // Neither: sudo is there and does not let ben.
    let refused = as_user(&bench, "ben", DEMO);
    let lines: Vec<&str> = refused.errors.lines().filter(|line| !line.starts_with("exit status")).collect();
    let [line] = lines.as_slice() else { panic!("{refused:?}") };
    assert!(
        line.starts_with("demo: no Docker engine answers ben; run this as root, in the group docker"),
        "{refused:?}"
    );
    assert_eq!((refused.out.as_str(), refused.code), ("", 1), "{refused:?}");

    // No engine runs: sudo starts one, and stops it.
    bench.succeed(&["ssh", "demo", STOP_ENGINE]);
    let played = as_user(&bench, "ada", DEMO);
    assert_eq!(played.code, 0, "{played:?}");
    let at = |line| played.out.find(line).unwrap_or_else(|| panic!("no {line:?} in {played:?}"));
    assert!(at("demo: starting dockerd") < at("demo: stopping the dockerd that was started here"));
    assert_eq!(bench.succeed(&["ssh", "demo", "pgrep -a dockerd; pgrep -a muster; true"]), "");

    // Without the base image: what is missing, and what would help.
    bench.succeed(&["ssh", "demo", "rm /srv/muster/.cache/base-*.tar"]);
    let refused = as_user(&bench, "cy", DEMO);
    assert!(refused.errors.contains("demo: missing: mmdebstrap"), "{refused:?}");
    bench.succeed(&["rm", "-f", "demo"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}
