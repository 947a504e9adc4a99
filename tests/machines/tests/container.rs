//! Container machines by docker-machine's command line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;

use muster_machines::{Bench, Outcome};

const CREATED: [&str; 14] = [
    "Running pre-create checks...",
    "Creating machine...",
    "(m1) Creating a container from muster/machine:trixie...",
    "Waiting for machine to be running, this may take a few minutes...",
    "Detecting operating system of created instance...",
    "Waiting for SSH to be available...",
    "Detecting the provisioner...",
    "Provisioning with debian...",
    "Copying certs to the local machine directory...",
    "Copying certs to the remote machine...",
    "Setting Docker configuration on the remote daemon...",
    "Checking connection to Docker...",
    "Docker is up and running!",
    "To see how to connect your Docker Client to the Docker Engine running on this virtual machine, run: docker-machine env m1",
];

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_machine_lives_and_leaves_nothing() {
    let bench = Bench::new();
    let created = bench.succeed(&[
        "create",
        "--container-cpu-count",
        "1",
        "--container-memory",
        "512",
        "--engine-label",
        "tier=db",
        "m1",
    ]);
    let lines: Vec<&str> = created.lines().collect();
    assert!(lines[0].starts_with("(m1) A container machine is root on the host"), "{created}");
    assert!(
        lines[1].starts_with("Creating CA: ") && lines[2].starts_with("Creating client certificate: "),
        "{created}"
    );
    assert_eq!(lines[3..], CREATED);
    let ip = bench.succeed(&["ip", "m1"]);
    assert_eq!(bench.succeed(&["url", "m1"]), format!("tcp://{ip}:2376"));
    assert_eq!(bench.succeed(&["status", "m1"]), "Running");

    // The old way to an address, over ssh.
    let line = "ifconfig eth1 | grep \"inet addr:\" | cut -d: -f2 | cut -d\" \" -f1";
    assert_eq!(bench.succeed(&["ssh", "m1", line]), ip);
    assert_eq!(bench.machine_with(&["ssh", "m1"], "hostname\nexit 0\n").out.lines().last(), Some("m1"));
    let failed = bench.machine(&["ssh", "m1", "exit 7"]);
    assert_eq!((failed.code, failed.one_line()), (1, "exit status 7"));
    assert_eq!(bench.muster(&["machine", "ssh", "m1", "exit 7"]).code, 7);

    // Docker's own client over TLS, and what the engine was told.
    let talk = bench.shell(
        "eval $(docker-machine env m1); docker info --format '{{.Name}} {{.Labels}} {{.Driver}}'; docker-machine active",
    );
    assert_eq!(
        talk,
        Outcome { code: 0, out: "m1 [provider=container tier=db] overlay2\nm1\n".to_owned(), errors: String::new() }
    );
    // Python's requests lets these win over DOCKER_CERT_PATH: told, and not in what is evaluated.
    for variable in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
        let hinted = bench.shell(&format!("{variable}=/x docker-machine env m1 | sh -n"));
        assert!(hinted.one_line().starts_with(&format!("{variable} is set: docker-compose 1.x")), "{hinted:?}");
    }
    let limits = bench.docker(&["inspect", "--format", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", "muster-m1"]);
    assert_eq!(limits.out.trim_end(), "1000000000 536870912");

    let list = bench.succeed(&["ls"]);
    let version = bench.succeed(&["version", "m1"]);
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS"]);
    let (url, docker) = (format!("tcp://{ip}:2376"), format!("v{version}"));
    assert_eq!(rows[1], ["m1", "-", "container", "Running", &url, &docker]);
    assert_eq!(
        bench.succeed(&["ls", "--filter", "state=running", "--format", "{{.Name}} {{.DockerVersion}}"]),
        format!("m1 v{version}")
    );
    assert_eq!(bench.succeed(&["ls", "-q", "--filter", "name=^x"]), "");
    assert_eq!(
        bench.succeed(&["inspect", "-f", "{{.Driver.IPAddress}} {{.HostOptions.EngineOptions.Labels}}", "m1"]),
        format!("{ip} [tier=db]")
    );
    let key = bench.succeed(&["inspect", "-f", "{{.Driver.SSHKeyPath}}", "m1"]);
    assert_eq!(key, bench.store().join("machines/m1/id_rsa").display().to_string());
    let stored = std::fs::read_to_string(bench.store().join("machines/m1/config.json")).unwrap();
    assert!(!stored.contains(bench.store().to_str().unwrap()), "{stored}");

    // Files there and back.
    let file = bench.store().join("file");
    std::fs::write(&file, "content\n").unwrap();
    bench.succeed(&["scp", "-q", file.to_str().unwrap(), "m1:/root/file"]);
    let back = bench.store().join("back");
    bench.succeed(&["scp", "-q", "m1:/root/file", back.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(back).unwrap(), "content\n");
    a_directory_goes_by_its_differences(&bench);

    // Stopped and started: the same address, the same certificate.
    assert_eq!(bench.succeed(&["stop", "m1"]), "Stopping \"m1\"...\nMachine \"m1\" was stopped.");
    assert_eq!(bench.succeed(&["status", "m1"]), "Stopped");
    assert_eq!(bench.machine(&["stop", "m1"]).one_line(), "Machine \"m1\" is already stopped.");
    assert_eq!(bench.machine(&["ip", "m1"]).one_line(), "Host is not running");
    assert_eq!(bench.machine(&["env", "m1"]).one_line(), "Error checking TLS connection: Host is not running");
    assert_eq!(
        bench.machine(&["ssh", "m1", "true"]).one_line(),
        "Error: Cannot run SSH command: Host \"m1\" is not running"
    );
    assert!(bench.succeed(&["start", "m1"]).starts_with("Starting \"m1\"...\nMachine \"m1\" was started.\n"));
    assert_eq!(bench.succeed(&["ssh", "m1", line]), ip);
    bench.succeed(&["restart", "m1"]);
    let before = std::fs::read(bench.store().join("machines/m1/server.pem")).unwrap();
    bench.succeed(&["regenerate-certs", "-f", "m1"]);
    assert_ne!(std::fs::read(bench.store().join("machines/m1/server.pem")).unwrap(), before);
    assert_eq!(bench.succeed(&["version", "m1"]), version);
    a_new_client_certificate_is_made_and_taken(&bench);
    bench.succeed(&["kill", "m1"]);
    assert_eq!(bench.succeed(&["status", "m1"]), "Stopped");

    assert_eq!(bench.machine(&["create", "m1"]).one_line(), "Docker machine \"m1\" already exists");
    let removed = bench.machine_with(&["rm", "m1"], "n\n");
    assert!(removed.out.ends_with("Are you sure? (y/n): ") && bench.left().len() > 3, "{removed:?}");
    assert!(bench.succeed(&["rm", "-y", "m1"]).ends_with("Successfully removed m1"));
    assert_eq!(bench.left(), Vec::<String>::new());
}

/// `scp -d`, which is rsync.
fn a_directory_goes_by_its_differences(bench: &Bench) {
    let directory = bench.store().join("tree");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("a"), "a\n").unwrap();
    std::fs::write(directory.join("b"), "b\n".repeat(100_000)).unwrap();
    let source = directory.to_str().unwrap();
    bench.succeed(&["scp", "-d", "-r", "-q", source, "m1:/root/"]);
    assert_eq!(bench.succeed(&["ssh", "m1", "cat /root/tree/a; wc -l < /root/tree/b"]), "a\n100000");
    std::fs::write(directory.join("a"), "other\n").unwrap();
    let progress = bench.succeed(&["scp", "--delta", "-r", source, "m1:/root/"]);
    assert!(progress.contains("tree/a"), "without -q it says what goes: {progress}");
    assert_eq!(bench.succeed(&["ssh", "m1", "cat /root/tree/a"]), "other");
    let back = bench.store().join("tree-back");
    bench.succeed(&["scp", "-d", "-q", "m1:/root/tree/a", back.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(back).unwrap(), "other\n");
}

fn a_new_client_certificate_is_made_and_taken(bench: &Bench) {
    let read = |file: &str| std::fs::read_to_string(bench.store().join(file)).unwrap();
    let (authority, client) = (read("certs/ca.pem"), read("certs/cert.pem"));
    let said = bench.succeed(&["regenerate-certs", "-f", "--client-certs", "m1"]);
    let start = "Regenerating TLS certificates\nRegenerating local certificates\nCreating client certificate: ";
    assert!(said.starts_with(start), "{said}");
    assert!(read("certs/ca.pem") == authority && read("certs/cert.pem") != client);
    assert_eq!(read("machines/m1/cert.pem"), read("certs/cert.pem"));
    assert_eq!(bench.shell("eval $(docker-machine env m1); docker info --format '{{.Name}}'").out, "m1\n");
}

/// An image of the machine's own busybox, for which no registry is needed.
const BUSYBOX: &str = "box=$(command -v busybox); mkdir /box; \
    for file in $box $(ldd $box | grep -o '/[^ )]*'); do cp -L --parents $file /box; done; \
    tar -C /box -c . | docker import - box >/dev/null; docker run --rm box busybox echo from inside";

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_machine_runs_containers_on_the_hosts_version_of_cgroups() {
    let bench = Bench::new();
    bench.succeed(&["create", "m1"]);
    let version = "{{.CgroupVersion}}";
    let outside = bench.docker(&["info", "--format", version]).out;
    println!("cgroups of version {}", outside.trim_end());
    if std::env::var_os("MUSTER_TEST_CGROUP2").is_some() {
        assert_eq!(outside.trim_end(), "2");
    }
    assert_eq!(bench.succeed(&["ssh", "m1", &format!("docker info --format {version}")]), outside.trim_end());
    assert_eq!(bench.succeed(&["ssh", "m1", BUSYBOX]), "from inside");
    bench.succeed(&["restart", "m1"]);
    assert_eq!(bench.succeed(&["ssh", "m1", "docker run --rm box busybox echo again"]), "again");
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn machines_made_at_once_get_addresses_of_their_own_and_reach_each_other() {
    let bench = Bench::new();
    let names = ["m1", "m2", "m3"];
    let children: Vec<_> =
        names.iter().map(|name| bench.command("docker-machine", &["create", name]).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let addresses = bench.succeed(&["ip", "m1", "m2", "m3"]);
    let mut addresses: Vec<&str> = addresses.lines().collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 3);
    bench.succeed(&["ssh", "m1", "echo from m1 > /root/file"]);
    bench.succeed(&["scp", "-q", "m1:/root/file", "m2:/root/file"]);
    assert_eq!(bench.succeed(&["ssh", "m2", "cat /root/file"]), "from m1");
    bench.succeed(&["rm", "-y", "m1", "m2", "m3"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn what_cannot_be_made_is_told_in_one_line_and_leaves_nothing() {
    let bench = Bench::new();
    let refused = |arguments: &[&str]| {
        let outcome = bench.machine(&[&["create"], arguments, &["m1"]].concat());
        assert_eq!(bench.left(), Vec::<String>::new(), "{outcome:?}");
        (outcome.code, outcome.one_line().to_owned())
    };
    let (code, line) = refused(&["--container-image", "muster/none:forky"]);
    assert!(code == 3 && line.contains("has no image muster/none:forky; those that are made here if"), "{line}");
    let (code, line) = refused(&["--engine-opt", "no-such-flag=1"]);
    assert!(
        code == 1 && line.contains("dockerd on machine \"m1\" does not start: unknown flag: --no-such-flag"),
        "{line}"
    );
    assert_eq!(bench.docker(&["create", "--name", "muster-m1", "muster/machine:trixie"]).code, 0);
    let (code, line) = refused(&[]);
    assert!(code == 3 && line.contains("already has a container muster-m1, which is not of this store"), "{line}");
    assert_eq!(bench.docker(&["rm", "muster-m1"]).code, 0);
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_store_without_room_is_told_and_nothing_is_left_on_the_engine() {
    let bench = Bench::new();
    let store = bench.store().join("small");
    std::fs::create_dir(&store).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&store).status().unwrap();
    assert!(mounted.success());
    let full = bench.machine(&["-s", store.to_str().unwrap(), "create", "m1"]);
    assert!(full.code == 1 && full.one_line().contains("No space left on device"), "{full:?}");
    let listed = bench.succeed(&["-s", store.to_str().unwrap(), "ls", "-q"]);
    assert!(Command::new("umount").arg(&store).status().unwrap().success());
    assert_eq!((listed.as_str(), bench.left()), ("", Vec::new()));
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_certificate_from_the_future_is_told_with_a_word_on_clocks() {
    let bench = Bench::new();
    bench.succeed(&["create", "m1"]);
    let read = |file: &str| std::fs::read_to_string(bench.store().join("certs").join(file)).unwrap();
    let key = rcgen::KeyPair::from_pem(&read("ca-key.pem")).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_pem(&read("ca.pem"), key).unwrap();
    let mut params = rcgen::CertificateParams::new([bench.succeed(&["ip", "m1"])]).unwrap();
    params.not_before = time::OffsetDateTime::now_utc() + time::Duration::days(1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    for (file, content) in [("server.pem", certificate.pem()), ("server-key.pem", key.serialize_pem())] {
        let path = bench.store().join(file);
        std::fs::write(&path, content).unwrap();
        bench.succeed(&["scp", "-q", path.to_str().unwrap(), &format!("m1:/etc/docker/{file}")]);
    }
    bench.succeed(&[
        "ssh",
        "m1",
        "old=$(pgrep -x dockerd); kill -HUP 1; while kill -0 $old 2>/dev/null; do sleep 0.05; done; \
         while ! docker version >/dev/null 2>&1; do sleep 0.05; done",
    ]);
    let refused = bench.machine(&["env", "m1"]);
    let line = refused.one_line();
    assert!(
        line.contains("not valid yet") && line.contains("do the clocks of this host and of the machine agree?"),
        "{line}"
    );
    bench.succeed(&["regenerate-certs", "-f", "m1"]);
    bench.succeed(&["env", "m1"]);
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_disk_of_a_size_is_full_at_that_size() {
    let bench = Bench::new();
    bench.succeed(&["create", "--container-disk-size", "300", "m1"]);
    let size: u64 =
        bench.succeed(&["ssh", "m1", "df -k --output=size /var/lib/docker | tail -1"]).trim().parse().unwrap();
    assert!((200_000..310_000).contains(&size), "{size}");
    bench.succeed(&["restart", "m1"]);
    let full = bench.machine(&["ssh", "m1", "head -c 400M /dev/zero > /var/lib/docker/file"]);
    assert_eq!(full.code, 1);
    assert!(full.errors.contains("No space left"), "{full:?}");
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn another_host_key_or_certificate_is_noticed_and_named() {
    let bench = Bench::new();
    bench.succeed(&["create", "m1"]);
    let line = "rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && kill -HUP $(pgrep -o sshd)";
    bench.succeed(&["ssh", "m1", line]);
    let refused = bench.machine(&["ssh", "m1", "true"]);
    assert!(
        refused.one_line().contains("is not the one that was recorded when machine \"m1\" was created"),
        "{refused:?}"
    );
    // Nobody there at all.
    assert_eq!(bench.docker(&["exec", "muster-m1", "pkill", "-x", "sshd"]).code, 0);
    let unreachable = bench.machine(&["ssh", "m1", "true"]);
    let address = format!("{}:22", bench.succeed(&["ip", "m1"]));
    assert_eq!(unreachable.one_line(), format!("machine \"m1\" cannot be reached over ssh at {address}"));
    let others = Bench::new();
    others.succeed(&["create", "m2"]);
    std::fs::copy(others.store().join("certs/ca.pem"), bench.store().join("machines/m1/ca.pem")).unwrap();
    let refused = bench.machine(&["env", "m1"]);
    let line = refused.one_line();
    assert!(
        line.contains("There was an error validating certificates for host") && line.contains("regenerate-certs m1"),
        "{line}"
    );
    let listed = bench.succeed(&["ls", "--format", "{{.Name}} {{.DockerVersion}} {{.Error}}"]);
    assert!(listed.starts_with("m1 Unknown There was an error validating certificates"), "{listed}");
    others.succeed(&["rm", "-y", "m2"]);
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn an_engine_of_every_suite_at_hand_takes_our_certificates() {
    let bench = Bench::new();
    let suites = std::env::var("MUSTER_TEST_SUITES").unwrap_or_default();
    for suite in suites.split_whitespace() {
        bench.succeed(&["create", "--container-image", &format!("muster/machine:{suite}"), "m1"]);
        let talk = bench.shell("eval $(docker-machine env m1); docker version --format '{{.Server.Version}}'");
        println!("{suite}: Engine {}", talk.out.trim_end());
        assert_eq!(talk.out.trim_end(), bench.succeed(&["version", "m1"]));
        bench.succeed(&["rm", "-y", "m1"]);
    }
    assert_eq!(bench.left(), Vec::<String>::new());
}
