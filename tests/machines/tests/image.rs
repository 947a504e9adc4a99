//! The machine image, built by an engine from what is compiled into muster.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use muster_machines::{Bench, signal};

const IMAGE: &str = "muster/machine:trixie";
const BASE: &str = "debian:trixie-slim";
const ASIDE: &str = "muster-test/aside:trixie";

/// Puts the image that the other tests use back in its place.
struct Aside<'a>(&'a Bench);

impl<'a> Aside<'a> {
    fn put(bench: &'a Bench) -> Self {
        assert_eq!(bench.docker(&["tag", IMAGE, ASIDE]).code, 0);
        assert_eq!(bench.docker(&["rmi", IMAGE]).code, 0);
        Self(bench)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.docker(&["rmi", "-f", IMAGE, BASE]);
        self.0.docker(&["tag", ASIDE, IMAGE]);
        self.0.docker(&["rmi", ASIDE]);
    }
}

fn containers(bench: &Bench) -> String {
    bench.docker(&["ps", "-aq"]).out
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_missing_image_is_built_by_the_engine_once_for_all_who_wait() {
    let bench = Bench::new();
    let _aside = Aside::put(&bench);
    let refused = bench.machine(&["create", "m1"]);
    let line = refused.one_line();
    let start = "Error with pre-create check: the engine at unix:///";
    let middle = format!(" has no image {IMAGE}, and {BASE}, which it is made from, cannot be had: ");
    assert!(
        refused.code == 3
            && line.starts_with(start)
            && line.contains(&middle)
            && line
                .contains("; without an image registry scripts/machine-image trixie in muster's repository makes it"),
        "{line}"
    );
    assert!(refused.out.contains("\n(m1) Step 2/"), "{}", refused.out);
    assert_eq!((bench.left(), containers(&bench)), (Vec::new(), String::new()));

    // Debian's smallest with the packages beside it, for there is no way out: tests/machines/debian-base.
    let archive = std::env::var("MUSTER_TEST_DEBIAN_BASE").unwrap();
    assert_eq!(bench.docker(&["import", &archive, BASE]).code, 0);

    // Interrupted while packages are installed, the engine clears up by itself.
    let (reached, interrupted) = bench.create_until(&["m1"], 7, |process| signal(process, "INT"));
    assert!(reached && interrupted.out.lines().nth(7).unwrap().contains(" : RUN apt-get update"), "{interrupted:?}");
    assert_eq!((interrupted.code, interrupted.one_line()), (1, "interrupted"));
    let deadline = Instant::now() + Duration::from_secs(120);
    while !containers(&bench).is_empty() {
        assert!(Instant::now() < deadline, "the build goes on");
    }
    assert_eq!(bench.left(), Vec::<String>::new());
    assert!(bench.docker(&["image", "inspect", IMAGE]).code != 0);

    let children: Vec<_> = ["m1", "m2"]
        .map(|name| {
            let mut command = bench.command("docker-machine", &["create", name]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .into_iter()
        .collect();
    let mut builds = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{out}");
        builds += out.matches(" : FROM debian:trixie-slim").count();
    }
    assert_eq!(builds, 1);
    let talk = bench.shell("eval $(docker-machine env m2); docker info --format '{{.Driver}}'");
    assert_eq!(talk.out, "overlay2\n", "{talk:?}");
    bench.succeed(&["rm", "-y", "m1", "m2"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}
