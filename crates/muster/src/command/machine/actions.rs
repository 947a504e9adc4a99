//! Commands that do one thing with one machine or with several.

use std::io::Write;

use anyhow::anyhow;
use muster_machine::{MachineError, regenerate, renew_client};

use super::{Context, say, words};
use crate::exit::Failure;

pub fn start(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "start", arguments)? else { return Ok(()) };
    context.with_each(&names, |machine, progress| async move { machine.start(&progress).await })?;
    say("Started machines may have new IP addresses. You may need to re-run the `docker-machine env` command.");
    Ok(())
}

pub fn stop(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "stop", arguments)? else { return Ok(()) };
    context.with_each(&names, |machine, progress| async move { machine.stop(&progress).await })
}

pub fn kill(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "kill", arguments)? else { return Ok(()) };
    context.with_each(&names, |machine, progress| async move { machine.kill(&progress).await })
}

pub fn restart(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "restart", arguments)? else { return Ok(()) };
    context.with_each(&names, |machine, progress| async move { machine.restart(&progress).await })?;
    say("Restarted machines may have new IP addresses. You may need to re-run the `docker-machine env` command.");
    Ok(())
}

pub fn ip(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "ip", arguments)? else { return Ok(()) };
    context.with_each(&names, |machine, _| async move {
        machine.must_run().await?;
        say(machine.ip());
        Ok(())
    })
}

pub fn url(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "url", arguments)? else { return Ok(()) };
    let machine = context.load(&context.target(&names)?)?;
    super::super::runtime()?.block_on(machine.must_run())?;
    say(&machine.url());
    Ok(())
}

pub fn status(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "status", arguments)? else { return Ok(()) };
    let machine = context.load(&context.target(&names)?)?;
    let state = super::super::runtime()?.block_on(machine.state());
    let state =
        state.map_err(|error| anyhow!(error).context(format!("error getting state for host {}", machine.name)))?;
    say(&state.to_string());
    Ok(())
}

pub fn version(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let Some(names) = names(context, "version", arguments)? else { return Ok(()) };
    if names.is_empty() {
        out!("{}", super::version_line(&context.invoked_as));
        return Ok(());
    }
    let machine = context.load(&context.target(&names)?)?;
    let info = super::super::runtime()?.block_on(async {
        machine.must_run().await?;
        machine.check_engine().await
    })?;
    say(&info.version);
    Ok(())
}

pub fn regenerate_certs(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = table("regenerate-certs");
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    if !parsed.bool("force") && !confirmed("Regenerate TLS machine certs?  Warning: this is irreversible.") {
        return Ok(());
    }
    say("Regenerating TLS certificates");
    let authority = &context.authority;
    if parsed.bool("client-certs") {
        context.load_all(&parsed.rest)?;
        say("Regenerating local certificates");
        let (progress, user) = (super::progress(), user());
        let renewed = renew_client(context.store(), authority, &user, &progress);
        super::super::runtime()?.block_on(renewed)?;
    }
    context.with_each(&parsed.rest, |machine, progress| async move {
        machine.must_run().await?;
        regenerate(&machine, authority, &user(), &progress).await?;
        Ok::<(), MachineError>(())
    })
}

/// Asks; no answer is no.
pub fn confirmed(question: &str) -> bool {
    let mut out = std::io::stdout();
    let _ = write!(out, "{question} (y/n): ");
    let _ = out.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().to_lowercase().starts_with('y')
}

/// Who makes certificates.
pub fn user() -> String {
    let name = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    name.unwrap_or_else(|| "unknown".to_owned())
}

fn table(name: &str) -> &'static crate::flags::FlagTable {
    words::Word::named(name).expect("a command of machine").table
}

fn names(context: &Context, word: &str, arguments: &[String]) -> Result<Option<Vec<String>>, Failure> {
    Ok(context.parse(table(word), arguments)?.map(|parsed| parsed.rest))
}
