//! What is done to every host once it answers over ssh: certificates, dockerd's flags, a first connection.

use std::path::Path;

use crate::certificate::{AuthorityFiles, Identity};
use crate::store::config::EngineOptions;
use crate::store::write_private;
use crate::{Machine, MachineError, Progress};

/// Where the files lie on the machine, as docker-machine has them.
const REMOTE: &str = "/etc/docker";
/// machine-init starts dockerd anew at SIGHUP; the old one is waited for, or it would still answer.
const APPLY: &str = "cat > /run/muster.tar && tar -xf /run/muster.tar -C / && rm /run/muster.tar || exit 1; \
    old=$(pgrep -o -x dockerd); kill -HUP 1; \
    while [ -n \"$old\" ] && kill -0 \"$old\" 2>/dev/null; do sleep 0.05; done";

/// Gives a machine new certificates and (re)starts its engine with them.
pub(crate) async fn provision(
    machine: &Machine,
    files: &AuthorityFiles,
    user: &str,
    progress: &Progress,
) -> Result<(), MachineError> {
    progress.line("Copying certs to the local machine directory...");
    let identity = issue(machine, files, user, progress).await?;
    progress.step("certificates");
    progress.line("Copying certs to the remote machine...");
    let certificate = std::fs::read(machine.directory().join("ca.pem")).map_err(|source| crate::StoreError::File {
        action: "read",
        path: machine.directory().join("ca.pem"),
        source,
    })?;
    progress.line("Setting Docker configuration on the remote daemon...");
    let archive =
        archive(&machine.config.driver_name, &machine.config.host_options.engine_options, &certificate, &identity);
    machine.ssh().run(APPLY, &archive).await?;
    progress.step("provisioned");
    Ok(())
}

/// Copies the authority's and the client's certificates, and makes one for the machine's address and names.
async fn issue(
    machine: &Machine,
    files: &AuthorityFiles,
    user: &str,
    progress: &Progress,
) -> Result<Identity, MachineError> {
    let authority = {
        let _lock = machine.store().lock().await?;
        files.bootstrap(user, progress)?
    };
    let directory = machine.directory();
    copy(&files.certificate, &directory.join("ca.pem"))?;
    copy(&files.client_certificate, &directory.join("cert.pem"))?;
    copy(&files.client_key, &directory.join("key.pem"))?;
    let mut names = machine.config.host_options.auth_options.server_cert_sans.clone();
    names.extend([machine.ip().to_owned(), "localhost".to_owned()]);
    let identity = authority.server(&format!("{user}.{}", machine.name), &names)?;
    write_private(&directory.join("server.pem"), identity.certificate.as_bytes())?;
    write_private(&directory.join("server-key.pem"), identity.key.as_bytes())?;
    Ok(identity)
}

fn copy(from: &Path, to: &Path) -> Result<(), MachineError> {
    let content = std::fs::read(from).map_err(|source| crate::StoreError::File {
        action: "read",
        path: from.to_owned(),
        source,
    })?;
    Ok(write_private(to, &content)?)
}

fn archive(driver: &str, options: &EngineOptions, authority: &[u8], identity: &Identity) -> Vec<u8> {
    let environment: String = options.env.iter().map(|line| format!("{line}\n")).collect();
    let flags: String = flags(driver, options).into_iter().map(|flag| flag + "\n").collect();
    muster_docker::hosting::archive(&[
        file("ca.pem", 0o644, authority),
        file("server.pem", 0o644, identity.certificate.as_bytes()),
        file("server-key.pem", 0o600, identity.key.as_bytes()),
        file("engine-env", 0o600, environment.as_bytes()),
        file("engine-flags", 0o600, flags.as_bytes()),
    ])
}

fn file(name: &str, mode: u32, content: &[u8]) -> muster_docker::hosting::NewFile {
    let path = format!("{}/{name}", &REMOTE[1..]);
    muster_docker::hosting::NewFile { path, mode, content: content.to_vec() }
}

/// dockerd's flags, as docker-machine's provisioners write them.
fn flags(driver: &str, options: &EngineOptions) -> Vec<String> {
    let mut flags = vec![
        format!("--host=tcp://0.0.0.0:{}", crate::machine::ENGINE_PORT),
        "--host=unix:///var/run/docker.sock".to_owned(),
        "--tlsverify".to_owned(),
        format!("--tlscacert={REMOTE}/ca.pem"),
        format!("--tlscert={REMOTE}/server.pem"),
        format!("--tlskey={REMOTE}/server-key.pem"),
        format!("--label=provider={driver}"),
    ];
    if !options.storage_driver.is_empty() {
        flags.push(format!("--storage-driver={}", options.storage_driver));
    }
    flags.extend(options.labels.iter().map(|label| format!("--label={label}")));
    flags.extend(options.insecure_registry.iter().map(|registry| format!("--insecure-registry={registry}")));
    flags.extend(options.registry_mirror.iter().map(|mirror| format!("--registry-mirror={mirror}")));
    flags.extend(options.arbitrary_flags.iter().map(|flag| format!("--{flag}")));
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerd_gets_tls_and_every_engine_option() {
        let options = EngineOptions {
            arbitrary_flags: vec!["log-level=warn".to_owned()],
            labels: vec!["tier=db".to_owned()],
            insecure_registry: vec!["r:5000".to_owned()],
            registry_mirror: vec!["http://m".to_owned()],
            storage_driver: "overlay2".to_owned(),
            ..EngineOptions::default()
        };
        let flags = flags("container", &options).join(" ");
        assert!(
            flags.starts_with("--host=tcp://0.0.0.0:2376 --host=unix:///var/run/docker.sock --tlsverify "),
            "{flags}"
        );
        assert!(
            flags.ends_with(
                "--label=provider=container --storage-driver=overlay2 --label=tier=db --insecure-registry=r:5000 \
                 --registry-mirror=http://m --log-level=warn"
            ),
            "{flags}"
        );
    }
}
