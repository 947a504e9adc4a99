//! Making a machine: each step leaves behind what the next start can find and remove.

use tokio_util::sync::CancellationToken;

use crate::certificate::AuthorityFiles;
use crate::provision::provision;
use crate::ssh::{make_keys, record_address};
use crate::store::config::Config;
use crate::{Machine, MachineError, MachineName, Order, Progress, Store};

/// Makes a machine. When that fails, or when `interrupt` is cancelled, nothing of it is left; what a killed process left
/// of a machine of this name is removed first.
pub async fn create(
    store: &Store,
    order: &Order,
    progress: &Progress,
    interrupt: &CancellationToken,
) -> Result<Machine, MachineError> {
    order.validate()?;
    remove_unfinished(store, &order.name).await?;
    {
        let _lock = store.lock().await?;
        order.authority.bootstrap(&order.user, progress)?;
    }
    progress.line("Running pre-create checks...");
    let mut config = Config::new(order.name.as_str(), "container", order.engine.clone(), order.auth.clone());
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(&order.container) {
        config.driver.own = settings;
    }
    let mut machine = Machine::new(store, order.name.clone(), config)?;
    match machine.driver().check(progress, interrupt).await {
        Ok(()) => {}
        Err(crate::DriverError::Interrupted) => return Err(MachineError::Interrupted),
        Err(error) => return Err(MachineError::PreCreate { source: Box::new(error.into()) }),
    }
    progress.step("checked");
    let lock = {
        let _lock = store.lock().await?;
        store.reserve(&order.name)?;
        store.lock_creation(&order.name)?
    };
    let outcome = make(&mut machine, order, progress, interrupt).await;
    let Err(reason) = outcome else {
        drop(lock);
        return Ok(machine);
    };
    // A Ctrl-C reaches ssh too, which then fails first.
    let reason = if interrupt.is_cancelled() { MachineError::Interrupted } else { reason };
    match clear(&machine).await {
        Ok(()) => Err(MachineError::Create { source: Box::new(reason) }),
        Err(obstacle) => {
            let (name, reason, obstacle) = (order.name.to_string(), chain(&reason), chain(&obstacle));
            Err(MachineError::Left { name, reason, obstacle })
        }
    }
}

/// Makes a new client certificate for a store. Machines that are given new certificates get a copy.
pub async fn renew_client(
    store: &Store,
    authority: &AuthorityFiles,
    user: &str,
    progress: &Progress,
) -> Result<(), MachineError> {
    let _lock = store.lock().await?;
    Ok(authority.renew_client(user, progress)?)
}

/// Gives a machine new certificates; its engine starts anew with them.
pub async fn regenerate(
    machine: &Machine,
    authority: &AuthorityFiles,
    user: &str,
    progress: &Progress,
) -> Result<(), MachineError> {
    progress.line("Waiting for SSH to be available...");
    progress.line("Detecting the provisioner...");
    provision(machine, authority, user, progress).await?;
    machine.wait_for_engine().await.map(drop)
}

/// Removes what a process that was killed left of a machine; a whole machine is an error.
async fn remove_unfinished(store: &Store, name: &MachineName) -> Result<(), MachineError> {
    let _lock = {
        let _lock = store.lock().await?;
        if !store.exists(name) {
            return Ok(());
        }
        store.lock_creation(name)?
    };
    if store.is_empty(name) {
        // Killed before there was anything but the directory.
        return Ok(store.remove(name)?);
    }
    let machine = Machine::load(store, name.as_str())?;
    if !machine.config.unfinished {
        return Err(crate::StoreError::Taken { name: name.to_string() }.into());
    }
    clear(&machine).await
}

async fn clear(machine: &Machine) -> Result<(), MachineError> {
    machine.remove_host().await?;
    Ok(machine.store().remove(&machine.name)?)
}

async fn make(
    machine: &mut Machine,
    order: &Order,
    progress: &Progress,
    interrupt: &CancellationToken,
) -> Result<(), MachineError> {
    let store = machine.store().clone();
    let go_on = || if interrupt.is_cancelled() { Err(MachineError::Interrupted) } else { Ok(()) };
    store.save(&order.name, &machine.config)?;
    progress.step("reserved");
    progress.line("Creating machine...");
    go_on()?;
    let keys = make_keys(&machine.directory(), &order.name).await?;
    progress.step("keys");
    go_on()?;
    let address = machine.driver().create(&keys, progress, interrupt).await?;
    machine.config.driver.ip_address = address.to_string();
    record_address(&machine.directory(), &order.name, machine.ip())?;
    store.save(&order.name, &machine.config)?;
    progress.step("host");
    go_on()?;
    progress.line("Waiting for machine to be running, this may take a few minutes...");
    progress.line("Detecting operating system of created instance...");
    progress.line("Waiting for SSH to be available...");
    progress.line("Detecting the provisioner...");
    let system = machine.ssh().run("cat /etc/os-release", b"").await?;
    progress.line(&format!("Provisioning with {}...", system_name(&system)));
    progress.step("ssh");
    go_on()?;
    provision(machine, &order.authority, &order.user, progress).await?;
    progress.line("Checking connection to Docker...");
    tokio::select! {
        answered = machine.wait_for_engine() => drop(answered?),
        () = interrupt.cancelled() => return Err(MachineError::Interrupted),
    }
    progress.step("engine");
    go_on()?;
    machine.config.unfinished = false;
    store.save(&order.name, &machine.config)?;
    progress.line("Docker is up and running!");
    Ok(())
}

/// docker-machine names its provisioners by the ID in /etc/os-release.
fn system_name(os_release: &str) -> &str {
    let id = os_release.lines().find_map(|line| line.strip_prefix("ID="));
    id.map_or("unknown", |id| id.trim_matches('"'))
}

fn chain(error: &MachineError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
