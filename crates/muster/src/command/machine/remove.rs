//! `machine rm`.

use anyhow::anyhow;
use muster_machine::{Machine, MachineName, StoreError};

use super::{Context, actions, say, words};
use crate::exit::Failure;

pub fn run(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = words::Word::named("rm").expect("a command of machine").table;
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    if parsed.rest.is_empty() {
        return Err(anyhow!("Error: Expected to get one or more machine names as arguments").into());
    }
    let force = parsed.bool("force");
    say(&format!("About to remove {}", parsed.rest.join(", ")));
    say("WARNING: This action will delete both local reference and remote instance.");
    if !parsed.bool("y") && !force && !actions::confirmed("Are you sure?") {
        return Ok(());
    }
    let runtime = super::super::runtime()?;
    let mut errors = Vec::new();
    for name in &parsed.rest {
        let removed = runtime.block_on(remove(context, name));
        if let Err(error) = removed {
            let error = error.context(format!("Error removing host {name:?}"));
            if !force {
                errors.push(error);
                continue;
            }
            errln!("{}", crate::exit::one_line(&error));
        }
        match forget(context, name) {
            Ok(()) => say(&format!("Successfully removed {name}")),
            Err(error) if force => errln!("{}", crate::exit::one_line(&error)),
            Err(error) => errors.push(error),
        }
    }
    super::together(errors.into_iter())
}

async fn remove(context: &Context, name: &str) -> anyhow::Result<()> {
    let parsed = MachineName::parse(name).map_err(|_| StoreError::Missing { name: name.to_owned() })?;
    if context.store.is_being_created(&parsed) {
        return Err(StoreError::Busy { name: name.to_owned() }.into());
    }
    if context.store.is_empty(&parsed) {
        return Ok(());
    }
    Ok(Machine::load(&context.store, name)?.remove_host().await?)
}

fn forget(context: &Context, name: &str) -> anyhow::Result<()> {
    let parsed = MachineName::parse(name)?;
    if !context.store.exists(&parsed) {
        return Err(anyhow!("Can't remove {name:?}"));
    }
    Ok(context.store.remove(&parsed)?)
}
