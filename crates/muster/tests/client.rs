//! The commands that ask a registry, as their users run them, under the name `consul` too.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::Write;
use std::process::{Command, Stdio};

use agent::{Agent, muster};

fn start() -> Agent {
    Agent::start(&["agent", "-dev", "-http-port", "0", "-node", "n1", "-node-meta", "rack:r1"])
}

/// Exit code, standard output, first line of standard error.
fn told(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let line = stderr.lines().next().unwrap_or_default().to_owned();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), line)
}

fn ask(agent: &Agent, arguments: &[&str]) -> (i32, String, String) {
    told(muster(arguments).env("CONSUL_HTTP_ADDR", &agent.address))
}

/// What a command that goes well prints.
fn printed(agent: &Agent, arguments: &[&str]) -> String {
    let (code, out, line) = ask(agent, arguments);
    assert_eq!((code, line.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

/// The line of a command that fails with 1.
fn refused(agent: &Agent, arguments: &[&str]) -> String {
    let (code, out, line) = ask(agent, arguments);
    assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {line}");
    line
}

#[test]
fn keys_are_written_read_and_removed_with_consuls_words() {
    let agent = start();
    assert_eq!(printed(&agent, &["kv", "put", "a/b", "one"]), "Success! Data written to: a/b\n");
    assert_eq!(printed(&agent, &["kv", "put", "-flags", "7", "a/c d", "two"]), "Success! Data written to: a/c d\n");
    assert_eq!(printed(&agent, &["kv", "get", "a/b"]), "one\n");
    assert_eq!(printed(&agent, &["kv", "get", "-base64", "a/b"]), "b25l\n");
    assert_eq!(printed(&agent, &["kv", "get", "-recurse", "a"]), "a/b:one\na/c d:two\n");
    assert_eq!(printed(&agent, &["kv", "get", "-keys"]), "a/\n");
    assert_eq!(printed(&agent, &["kv", "get", "-keys", "-separator", "", "a"]), "a/b\na/c d\n");
    let detailed = printed(&agent, &["kv", "get", "-detailed", "a/c d"]);
    let rows: Vec<_> = detailed.lines().map(|line| line.split_at(17)).collect();
    let names: Vec<_> = rows.iter().map(|(name, _)| name.trim_end()).collect();
    assert_eq!(names, ["CreateIndex", "Flags", "Key", "LockIndex", "ModifyIndex", "Session", "Value"]);
    assert_eq!((rows[1].1, rows[2].1, rows[5].1, rows[6].1), ("7", "a/c d", "-", "two"));
    assert_eq!(refused(&agent, &["kv", "get", "none"]), "Error! No key exists at: none");
    assert_eq!(
        refused(&agent, &["kv", "put", "-cas", "a/b", "x"]),
        "Error! Did not write to a/b: CAS performed with index=0 and key already exists."
    );
    assert_eq!(
        refused(&agent, &["kv", "put", "-cas", "-modify-index", "1", "a/b", "x"]),
        "Error! Did not write to a/b: CAS failed"
    );
    assert_eq!(
        printed(&agent, &["kv", "put", "-modify-index", "1", "-flags", "0x10", "a/b", "one"]),
        "Success! Data written to: a/b\n"
    );
    assert!(printed(&agent, &["kv", "get", "-detailed", "a/b"]).contains("Flags            16\n"));
    let slash = "Error! Failed writing data: Invalid key. Key must not begin with a '/': /a";
    assert_eq!(refused(&agent, &["kv", "put", "/a", "x"]), slash);
    assert_eq!(printed(&agent, &["kv", "get", "/a/b"]), "one\n");
    assert_eq!(printed(&agent, &["kv", "get", "-recurse", "-keys"]), "a/b\na/c d\n");
    assert_eq!(
        printed(&agent, &["kv", "put", "-cas", "-modify-index", rows[4].1, "a/c d", "x"]),
        "Success! Data written to: a/c d\n"
    );
    assert_eq!(
        refused(&agent, &["kv", "delete", "-cas", "-modify-index", "1", "a/b"]),
        "Error! Did not delete key a/b: CAS failed"
    );
    assert_eq!(printed(&agent, &["kv", "delete", "a/b"]), "Success! Deleted key: a/b\n");
    let none = "Cannot delete a key that does not exist. Provide a -modify-index greater than than 0.";
    assert_eq!(refused(&agent, &["kv", "delete", "-cas", "a/c d"]), none);
    assert_eq!(printed(&agent, &["kv", "delete", "-recurse"]), "Success! Deleted keys with prefix: \n");
    assert_eq!(printed(&agent, &["kv", "get", "-recurse", "a"]), "");
}

#[test]
fn a_lock_is_taken_and_given_up() {
    let agent = start();
    let session = agent.body("PUT", "/v1/session/create", "");
    let session = session.split('"').nth(3).unwrap();
    let lock = |way: &str| ask(&agent, &["kv", "put", way, "-session", session, "lock"]);
    assert_eq!(lock("-acquire").1, "Success! Lock acquired on: lock\n");
    assert_eq!(lock("-release").1, "Success! Lock released on: lock\n");
    assert_eq!(lock("-release").2, "Error! Did not release lock");
    assert!(refused(&agent, &["kv", "put", "-acquire", "lock"]).starts_with("Error! Missing -session"));
}

#[test]
fn values_come_from_standard_input_and_files_and_go_through_export_and_import() {
    let agent = start();
    let mut process = muster(&["kv", "put", "in", "-"])
        .env("CONSUL_HTTP_ADDR", &agent.address)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(b"\x00binary\xff").unwrap();
    assert!(process.wait().unwrap().success());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("value");
    std::fs::write(&file, "from file").unwrap();
    printed(&agent, &["kv", "put", "out", &format!("@{}", file.display())]);
    assert_eq!(printed(&agent, &["kv", "get", "out"]), "from file\n");
    let exported = printed(&agent, &["kv", "export"]);
    let expected = "[\n\t{\n\t\t\"key\": \"in\",\n\t\t\"flags\": 0,\n\t\t\"value\": \"AGJpbmFyef8=\"\n\t},\n";
    assert!(exported.starts_with(expected), "{exported}");
    printed(&agent, &["kv", "delete", "-recurse", ""]);
    let told = printed(&agent, &["kv", "import", "-prefix", "old/", &exported]);
    assert_eq!(told, "Imported: old/in\nImported: old/out\n");
    let told = printed(
        &agent,
        &["kv", "import", "-prefix=deep", r#"[{"Key":"x//y/","VALUE":"aGk=","flags":18446744073709551615}]"#],
    );
    assert_eq!(told, "Imported: deep/x/y/\n");
    assert!(printed(&agent, &["kv", "get", "-detailed", "deep/x/y/"]).contains(" 18446744073709551615\n"));
    assert!(refused(&agent, &["kv", "put", "-base64", "bad", "!!!"]).starts_with("Error! Cannot base 64 decode data"));
    assert_eq!(refused(&agent, &["kv", "get", "bad"]), "Error! No key exists at: bad");
    assert_eq!(printed(&agent, &["kv", "import", "null"]), "");
    // Nothing is written of a list that is wrong in one place.
    let line = refused(&agent, &["kv", "import", r#"[{"key":"fine"},{"key":"/lead"}]"#]);
    assert_eq!(line, "Error! Failed writing data for key /lead: Invalid key. Key must not begin with a '/': /lead");
    assert_eq!(refused(&agent, &["kv", "get", "fine"]), "Error! No key exists at: fine");
    assert_eq!(printed(&agent, &["kv", "get", "-base64", "old/in"]), "AGJpbmFyef8=\n");
    assert!(
        refused(&agent, &["kv", "import", "[{\"key\":\"x\",\"value\":\"%\"}]"])
            .starts_with("Error base 64 decoding value for key x")
    );
    assert!(refused(&agent, &["kv", "import", "{}"]).starts_with("Cannot unmarshal data"));
}

#[test]
fn services_are_registered_from_flags_and_files_and_listed() {
    let agent = start();
    let told = printed(
        &agent,
        &["services", "register", "-name", "web", "-id", "w1", "-port", "80", "-tag", "b", "-tag", "a", "-meta", "k=v"],
    );
    assert_eq!(told, "Registered service: web\n");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("db.hcl");
    std::fs::write(&file, "service { name = \"db\" port = 5432 }").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(printed(&agent, &["services", "register", file]), "Registered service: db\n");
    assert_eq!(printed(&agent, &["catalog", "services"]), "consul\ndb\nweb\n");
    assert_eq!(printed(&agent, &["catalog", "services", "-tags"]), "consul      \ndb          \nweb         a,b\n");
    printed(&agent, &["services", "register", "-name", "zz"]);
    let tagged = printed(&agent, &["catalog", "services", "-tags"]);
    assert!(tagged.ends_with("web         a,b\nzz\n"), "{tagged:?}");
    printed(&agent, &["services", "deregister", "-id", "zz"]);
    assert_eq!(printed(&agent, &["catalog", "services", "-node", "n1"]), "consul\ndb\nweb\n");
    assert_eq!(printed(&agent, &["catalog", "datacenters"]), "dc1\n");
    let nodes = printed(&agent, &["catalog", "nodes", "-service", "web", "-node-meta", "rack=r1"]);
    let lines: Vec<Vec<_>> = nodes.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["Node", "ID", "Address", "DC"]);
    assert_eq!((lines[1][0], lines[1][1].len(), lines[1][3]), ("n1", 8, "dc1"));
    assert!(printed(&agent, &["catalog", "nodes", "-detailed"]).contains("rack=r1"));
    let (code, out, line) = ask(&agent, &["catalog", "nodes", "-node-meta", "rack=r2"]);
    let nobody = "No nodes match the given query - try expanding your search.";
    assert_eq!((code, out.as_str(), line.as_str()), (0, "", nobody));
    assert_eq!(printed(&agent, &["services", "deregister", "-id", "w1"]), "Deregistered service: w1\n");
    assert_eq!(printed(&agent, &["services", "deregister", file]), "Deregistered service: db\n");
    assert!(
        refused(&agent, &["services", "deregister", "-id", "w1"])
            .contains("Unexpected response code: 404 (Unknown service ID")
    );
    assert!(refused(&agent, &["services", "register"]).starts_with("Service registration requires"));
    let check = directory.path().join("check.hcl");
    std::fs::write(&check, "check { name = \"c\" ttl = \"10s\" }").unwrap();
    let (code, out, line) = ask(&agent, &["services", "register", check.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(line.ends_with("check.hcl: no service is defined there"), "{line}");
}

#[test]
fn the_agent_says_who_it_is_reads_its_files_again_and_leaves() {
    let mut agent = start();
    let members = printed(&agent, &["members"]);
    let lines: Vec<Vec<_>> = members.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Partition", "Segment"]);
    assert_eq!(lines[1], ["n1", "127.0.0.1:8301", "alive", "server", "1.21.4", "2", "dc1", "default", "<all>"]);
    let detailed = printed(&agent, &["members", "-detailed"]);
    assert!(["ap=default", "role=consul", "segment=<all>"].iter().all(|tag| detailed.contains(tag)), "{detailed}");
    assert_eq!(printed(&agent, &["members", "-status", "al.*"]), members);
    let (code, out, line) = ask(&agent, &["members", "-status", "failed"]);
    assert_eq!((code, out.as_str(), line.as_str()), (2, "", "No members found"));
    assert_eq!(printed(&agent, &["members", "ignored"]), members);
    let info = printed(&agent, &["info"]);
    assert!(info.contains("agent:\n\t") && info.contains("\tleader = true\n"), "{info}");
    assert_eq!(printed(&agent, &["reload"]), "Configuration reload triggered\n");
    assert_eq!(printed(&agent, &["leave"]), "Graceful leave complete\n");
    assert!(agent.process.wait().unwrap().success());
    let line = refused(&agent, &["members"]);
    assert!(line.starts_with("Error retrieving members: "), "{line}");
}

#[test]
fn a_snapshot_is_saved_checked_and_put_back() {
    let agent = start();
    printed(&agent, &["kv", "put", "kept", "yes"]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.snap");
    let file = file.to_str().unwrap();
    let told = printed(&agent, &["snapshot", "save", file]);
    let index: u64 = told.strip_prefix("Saved and verified snapshot to index ").unwrap().trim().parse().unwrap();
    let inspected = printed(&agent, &["snapshot", "inspect", file]);
    let rows: Vec<Vec<_>> = inspected.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((rows[0][0], rows[2][0], rows[2][1]), ("ID", "Index", index.to_string().as_str()));
    assert!(printed(&agent, &["snapshot", "inspect", "-format=json", file]).contains(&format!("\"Index\":{index}")));
    printed(&agent, &["kv", "delete", "kept"]);
    assert_eq!(printed(&agent, &["snapshot", "restore", file]), "Restored snapshot\n");
    assert_eq!(printed(&agent, &["kv", "get", "kept"]), "yes\n");
    let whole = std::fs::read(file).unwrap();
    std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
    for command in ["inspect", "restore"] {
        let line = refused(&agent, &["snapshot", command, file]);
        assert!(line.starts_with(&format!("Error verifying snapshot file {file}: ")), "{line}");
    }
    assert_eq!(printed(&agent, &["kv", "get", "kept"]), "yes\n");
    let line = refused(&agent, &["snapshot", "save", "/nowhere/backup.snap"]);
    assert!(line.starts_with("Error writing snapshot file /nowhere/backup.snap: "), "{line}");
    assert!(refused(&agent, &["snapshot", "save"]).starts_with("Missing FILE argument"));
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    for other in [link.to_str().unwrap(), directory.path().to_str().unwrap()] {
        let line = refused(&agent, &["snapshot", "save", other]);
        assert_eq!(line, format!("Error writing snapshot file {other}: it is there and is no regular file"));
    }
    assert!(link.is_symlink());
}

#[test]
fn wrong_command_lines_say_what_would_be_right() {
    let agent = start();
    for (arguments, expected) in [
        (&["kv"][..], "kv needs a command"),
        (&["kv", "nonsense"], "kv has no command \"nonsense\"; there are: delete, export, get, import, put"),
        (&["kv", "get"], "Error! Missing KEY argument"),
        (&["kv", "put"], "Error! Missing KEY argument"),
        (&["kv", "get", "a", "b"], "Too many arguments (expected 1, got 2)"),
        (&["catalog", "nodes", "x"], "Too many arguments (expected 0, got 1)"),
        (&["leave", "x"], "Error found unexpected args: [x]"),
        (&["kv", "import", ""], "Error! Empty DATA argument"),
        (&["kv", "put", "k", "@nofile"], "Error! Failed to read file: open nofile: No such file"),
        (&["kv", "put", "-flags=-1", "k", "v"], "invalid value \"-1\" for flag -flags: parse error"),
        (&["members", "-status", "("], "Failed to compile status regexp: "),
        (&["members", "-datacenter", "dc1"], "flag provided but not defined: -datacenter"),
        (&["lock", "x"], "Consul's command \"lock\" is not in this version of muster"),
        (&["members", "-ca-file", "x"], "flag -ca-file is not supported"),
        (
            &["catalog", "services", "-datacenter", "dc2"],
            "Error listing services: Unexpected response code: 500 (No path to datacenter)",
        ),
        (
            &["catalog", "nodes", "-node-meta", "x"],
            "invalid value \"x\" for flag -node-meta: Missing \"=\" value in argument: x",
        ),
    ] {
        let line = refused(&agent, arguments);
        assert!(line.starts_with(expected), "{arguments:?}: {line}");
    }
}

#[test]
fn they_are_there_under_the_name_consul() {
    let agent = start();
    let directory = tempfile::tempdir().unwrap();
    let consul = directory.path().join("consul");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &consul).unwrap();
    let address = format!("-http-addr={}", agent.address);
    let (code, out, _) = told(Command::new(&consul).args(["kv", "put", &address, "k", "v"]));
    assert_eq!((code, out.as_str()), (0, "Success! Data written to: k\n"));
    let (code, _, line) = told(Command::new(&consul).args(["kv", "get", "-nope"]));
    assert_eq!((code, line.as_str()), (1, "flag provided but not defined: -nope"));
    let (_, out, _) = told(Command::new(&consul).args(["kv", "get", "--help"]));
    assert!(out.starts_with("Usage: consul kv get "), "{out}");
    assert_eq!(told(Command::new(&consul).arg("nope")).0, 127);
    // An address without anything is none: a script's variable that is not set.
    let unset =
        Command::new(&consul).args(["kv", "get", "-http-addr=", "k"]).env("CONSUL_HTTP_ADDR", &agent.address).output();
    assert_eq!(unset.unwrap().stdout, b"v\n");
    let (_, out, _) = told(Command::new(&consul).arg("--help"));
    assert!(out.contains("  kv ") && out.contains("  members ") && !out.contains("  up "), "{out}");
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is_one() {
    let agent = start();
    for key in 0..2000 {
        agent.body("PUT", &format!("/v1/kv/{key}"), "a value of some length, so that a pipe cannot hold them all");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let export = muster(&["kv", "export"]).env("CONSUL_HTTP_ADDR", &agent.address).stdout(writer).output().unwrap();
    assert_eq!((export.status.code(), String::from_utf8(export.stderr).unwrap().as_str()), (Some(0), ""));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let version = muster(&["version"]).stdout(full).output().unwrap();
    assert_eq!(version.status.code(), Some(1));
    let line = String::from_utf8(version.stderr).unwrap();
    assert!(line.starts_with("cannot write to standard output: No space left"), "{line}");
}
