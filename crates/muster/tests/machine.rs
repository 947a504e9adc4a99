//! `machine` and `swarm` as far as no Docker engine is needed: command lines, stores, shells.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// As docker-machine 0.16 wrote it: `default`, and `newer` of a form that is not known.
const EXISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../machine/tests/data/docker-machine-store");

fn link(directory: &Path, name: &str) -> PathBuf {
    let link = directory.join(name);
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &link).unwrap();
    }
    link
}

/// Runs a program of this name to its end with a store and variables; exit code, stdout, stderr.
fn run_with(name: &str, store: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(link(directory.path(), name));
    for name in ["MACHINE_DRIVER", "MUSTER_COMPAT", "MUSTER_LOG", "no_proxy", "NO_PROXY", "CONTAINER_ENGINE"] {
        command.env_remove(name);
    }
    command.args(arguments).env("MACHINE_STORAGE_PATH", store).env("SHELL", "/bin/bash").stdin(Stdio::null());
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock").envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

fn run(store: &Path, arguments: &[&str]) -> (i32, String, String) {
    run_with("docker-machine", store, arguments, &[])
}

/// Exit code and the one line of an error.
fn refused(store: &Path, arguments: &[&str]) -> (i32, String) {
    let (code, _, errors) = run(store, arguments);
    let lines: Vec<&str> = errors.lines().filter(|line| !line.starts_with("Try: ")).collect();
    assert_eq!(lines.len(), 1, "{arguments:?}: {errors}");
    (code, lines[0].to_owned())
}

#[test]
fn wrong_orders_get_one_line_and_make_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    let cases: [(&[&str], &str); 17] = [
        (&["create"], "Error: No machine name specified"),
        (&["create", "a", "b"], "Invalid command line. Found extra arguments [b]"),
        (
            &["create", "a_b"],
            "Error creating machine: Invalid hostname specified. Allowed hostname chars are: 0-9a-zA-Z . -",
        ),
        (
            &["create", "-d", "virtualbox", "--virtualbox-cpu-count", "2", "--virtualbox-memory", "2048", "m1"],
            "driver \"virtualbox\" is not there yet in this muster: --driver container makes a Docker host as a \
             container, with --container-cpu-count, --container-memory",
        ),
        (
            &["create", "--driver=generic", "--generic-ip-address=10.0.0.1", "m1"],
            "driver \"generic\" is not there yet in this muster: --driver container makes a Docker host as a container",
        ),
        (
            &["create", "-d", "frob", "m1"],
            "there is no driver \"frob\": --driver container makes a Docker host as a container",
        ),
        (
            &["create", "--virtualbox-disk-size", "50000", "m1"],
            "--virtualbox-disk-size is for the driver \"virtualbox\", which is not there yet in this muster; the \
             container driver has --container-disk-size",
        ),
        (
            &["create", "--swarm", "--swarm-master", "m1"],
            "--swarm is for classic Swarm, which is no more: make the machines without it, then muster swarm create \
             --managers 1 --workers 2 (or docker swarm init and join on them)",
        ),
        (
            &["create", "--container-memory", "5", "m1"],
            "--container-memory is 5: at least 128 (MB), or 0 for no limit, would be right",
        ),
        (
            &["create", "--container-memory", "-5", "m1"],
            "--container-memory is -5: at least 128 (MB), or 0 for no limit, would be right",
        ),
        (
            &["create", "--container-engine", "here", "m1"],
            "--container-engine: docker engine address \"here\" has none of the forms unix:///PATH and tcp://HOST:PORT",
        ),
        (&["create", "--engine-label", "x", "m1"], "--engine-label has \"x\": NAME=VALUE would be right"),
        (&["create", "--engine-env", "=x", "m1"], "--engine-env has \"=x\": NAME=VALUE would be right"),
        (
            &["create", "--engine-registry-mirror", "m", "m1"],
            "--engine-registry-mirror has \"m\": a URL such as https://mirror.example would be right",
        ),
        (&["create", "--tls-san", "a b", "m1"], "--tls-san has \"a b\": a host's name or an address would be right"),
        (&["create", "--frob", "m1"], "flag provided but not defined: -frob"),
        (
            &["create", "--engine-install-url", "x", "m1"],
            "flag -engine-install-url is not supported by this version of muster; see docs/compatibility.md",
        ),
    ];
    for (arguments, line) in cases {
        assert_eq!(refused(&store, arguments), (1, line.to_owned()), "{arguments:?}");
        assert_eq!(run(&store, arguments).1, "", "{arguments:?}: nothing is said before it");
    }
    assert!(!store.exists(), "nothing is made");
    let (code, _, errors) = run_with("docker-machine", &store, &["create", "m1"], &[("MACHINE_DRIVER", "virtualbox")]);
    assert!(code == 1 && errors.starts_with("driver \"virtualbox\" is not there yet"), "{errors}");
}

#[test]
fn without_an_engine_create_ends_with_3_and_leaves_no_machine() {
    let directory = tempfile::tempdir().unwrap();
    let (code, line) = refused(directory.path(), &["create", "m1"]);
    assert_eq!(code, 3, "{line}");
    assert!(
        line.starts_with("Error with pre-create check: docker engine at unix:///nowhere/docker.sock cannot be"),
        "{line}"
    );
    assert!(!directory.path().join("machines").exists());
    assert!(directory.path().join("certs/ca.pem").exists());
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, line) = refused(&file, &["create", "m1"]);
    assert!(code == 1 && line.contains(&format!("cannot make {}", file.display())), "{line}");
}

#[test]
fn an_existing_store_is_listed_and_inspected() {
    let store = Path::new(EXISTING);
    let (code, list, errors) = run(store, &["ls"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("NAME      ACTIVE   DRIVER       STATE   URL   SWARM   DOCKER    ERRORS"), "{list}");
    assert!(lines[1].starts_with("default   -        virtualbox   Error"), "{list}");
    assert!(lines[1].ends_with(
        "driver \"virtualbox\" is not there yet in this muster: --driver container makes a Docker host as a container"
    ));
    assert!(
        lines[2].starts_with("newer     -        not found    Error") && lines[2].contains("has ConfigVersion 4"),
        "{list}"
    );
    // What cannot be read is in every list but that of names, as docker-machine has it.
    assert_eq!(run(store, &["ls", "-q"]).1, "default\n");
    assert_eq!(run(store, &["ls", "-q", "--filter", "label=tier=DB"]).1, "default\n");
    assert_eq!(run(store, &["ls", "-q", "--filter", "label=tier=web"]).1, "");
    let (_, table, _) = run(store, &["ls", "-f", "table {{.Name}}\\t{{.DriverName}}"]);
    assert_eq!(table, "NAME      DRIVER\ndefault   virtualbox\nnewer     not found\n");
    assert_eq!(
        run(store, &["inspect", "--format", "{{.Driver.CPU}} {{.Driver.HostOnlyCIDR}}"]).1,
        "1 192.168.99.1/24\n"
    );
    let json = run(store, &["inspect", "default"]).1;
    assert!(json.starts_with("{\n    \"ConfigVersion\": 3,\n    \"Driver\": {\n        "), "{json}");
    assert!(json.contains(&format!("\"StorePath\": \"{EXISTING}\"")), "{json}");
}

#[test]
fn a_format_reaches_what_docker_machine_has_of_a_machine() {
    let directory = tempfile::tempdir().unwrap();
    let machine = directory.path().join("machines/default");
    std::fs::create_dir_all(&machine).unwrap();
    std::fs::copy(Path::new(EXISTING).join("machines/default/config.json"), machine.join("config.json")).unwrap();
    let format = "{{.Name}} {{.DriverName}} {{.EngineOptions.Labels}} {{.SwarmOptions.Strategy}} {{.ResponseTime}}";
    let (_, listed, _) = run(directory.path(), &["ls", "--filter", "driver=VirtualBox", "--format", format]);
    assert!(listed.starts_with("default virtualbox [tier=db] spread ") && listed.ends_with("s\n"), "{listed}");
}

#[test]
fn a_machine_of_a_newer_store_is_refused_by_every_command_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let machine = directory.path().join("machines/newer");
    std::fs::create_dir_all(&machine).unwrap();
    let original = std::fs::read(Path::new(EXISTING).join("machines/newer/config.json")).unwrap();
    std::fs::write(machine.join("config.json"), &original).unwrap();
    let reason = format!("{}/config.json has ConfigVersion 4; this muster reads version 3", machine.display());
    let words = "config env inspect ip kill restart ssh start status stop url version";
    for word in words.split(' ') {
        assert_eq!(refused(directory.path(), &[word, "newer"]), (1, reason.clone()), "{word}");
    }
    assert_eq!(refused(directory.path(), &["regenerate-certs", "-f", "newer"]), (1, reason.clone()));
    let copied = refused(directory.path(), &["scp", "newer:/a", "b"]);
    assert_eq!(copied, (1, format!("Error loading host: {reason}")));
    let removed = refused(directory.path(), &["rm", "-y", "newer"]);
    assert_eq!(removed, (1, format!("Error removing host \"newer\": {reason}")));
    let taken = refused(directory.path(), &["create", "newer"]);
    assert_eq!(taken, (1, reason));
    assert_eq!(std::fs::read(machine.join("config.json")).unwrap(), original);
    assert_eq!(std::fs::read_dir(&machine).unwrap().count(), 1);
}

#[test]
fn the_machine_that_is_meant_is_named_or_default() {
    let store = tempfile::tempdir().unwrap();
    let none = "Error: No machine name(s) specified and no \"default\" machine exists";
    for word in ["ip", "env", "start", "stop", "status", "url", "inspect", "config", "ssh", "kill", "restart"] {
        assert_eq!(refused(store.path(), &[word]), (1, none.to_owned()), "{word}");
    }
    let missing = "Docker machine \"x\" does not exist. Use \"docker-machine ls\" to list machines. Use \
                   \"docker-machine create\" to add a new one.";
    for word in ["ip", "env", "start", "status", "ssh"] {
        assert_eq!(refused(store.path(), &[word, "x"]), (1, missing.to_owned()), "{word}");
    }
    assert_eq!(refused(store.path(), &["rm", "-f"]).1, "Error: Expected to get one or more machine names as arguments");
    assert_eq!(refused(store.path(), &["active"]).1, "No active host found");
    assert_eq!(refused(store.path(), &["status", "a", "b"]).1, "Error: Expected one machine name as an argument");
    assert_eq!(refused(store.path(), &["scp", "a"]).1, "Improper number of arguments");
}

#[test]
fn env_unsets_by_the_users_shell_or_the_one_asked_for() {
    let store = tempfile::tempdir().unwrap();
    let (code, out, errors) = run(store.path(), &["env", "-u"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(
        out,
        "unset DOCKER_TLS_VERIFY\nunset DOCKER_HOST\nunset DOCKER_CERT_PATH\nunset DOCKER_MACHINE_NAME\n\
         # Run this command to configure your shell: \n# eval $(docker-machine env -u)\n"
    );
    let (_, out, _) = run(store.path(), &["env", "--unset", "--no-proxy", "--shell", "fish"]);
    assert!(
        out.contains("set -e NO_PROXY;\n")
            && out.ends_with("# eval (docker-machine env --unset --no-proxy --shell fish)\n"),
        "{out}"
    );
    let (_, out, _) = run_with("muster", store.path(), &["machine", "env", "-u"], &[]);
    assert!(out.ends_with("# eval $(muster machine env -u)\n"), "{out}");
    assert_eq!(
        refused(store.path(), &["env", "-u", "m1"]).1,
        "Error: Expected no machine name when the -u flag is present"
    );
}

#[test]
fn help_and_version_answer_under_both_names() {
    let store = tempfile::tempdir().unwrap();
    let (code, out, _) = run(store.path(), &["version"]);
    assert_eq!(
        (code, out),
        (0, format!("docker-machine version 0.16.2, build muster-{}\n", env!("CARGO_PKG_VERSION")))
    );
    assert!(run(store.path(), &["-v"]).1.starts_with("docker-machine version "));
    for arguments in [&[][..], &["--help"], &["help"]] {
        let (code, out, _) = run(store.path(), arguments);
        assert!(
            code == 0 && out.contains("\n  regenerate-certs ") && out.contains("docker-machine [flags] COMMAND"),
            "{out}"
        );
    }
    assert!(run(store.path(), &["create", "--help"]).1.contains("-container-memory MB"));
    assert!(
        refused(store.path(), &["frob"]).1.starts_with("docker-machine has no command \"frob\"; there are: active, ")
    );
    let (code, out, _) = run_with("muster", store.path(), &["swarm"], &[]);
    assert!(code == 0 && out.contains("--managers") && out.contains("drain"), "{out}");
    let (code, _, errors) = run_with("muster", store.path(), &["swarm", "nodes"], &[]);
    assert!(code == 1 && errors.starts_with("no machine is a manager of a swarm: muster swarm init NAME"), "{errors}");
}
