//! The container driver against what every driver must pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use muster_machine::{ContainerDriver, ContainerOptions, MachineName, Store, suite};
use muster_machines::Bench;

async fn answers_over_ssh(directory: &Path, address: IpAddr) -> bool {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "HostKeyAlias=suite"]);
    ssh.arg("-o").arg(format!("UserKnownHostsFile={}", directory.join("known_hosts").display()));
    ssh.arg("-i").arg(directory.join("id_rsa")).arg(format!("root@{address}")).arg("true");
    ssh.status().unwrap().success()
}

#[tokio::test]
#[ignore = "needs an engine of its own: tests/machines/run"]
async fn the_container_driver_passes_the_suite() {
    let bench = Bench::new();
    let store = Store::at(bench.store().join("store"));
    let options = ContainerOptions { engine: bench.engine.clone(), ..ContainerOptions::default() };
    let driver = ContainerDriver::new(MachineName::parse("suite").unwrap(), store, options).unwrap();
    let directory = bench.store().join("keys");
    std::fs::create_dir(&directory).unwrap();
    suite::check(&driver, &directory, answers_over_ssh).await;
    assert_eq!(bench.left(), Vec::<String>::new());
}
