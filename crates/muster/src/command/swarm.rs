//! `swarm`: machines become a Docker swarm, through their engines.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use futures_util::future::join_all;
use muster_machine::swarm::{self, Availability, Manager, Role, SwarmNode};
use muster_machine::{Machine, MachineName, Progress, create};

use super::machine::{Context, ROOT_ON_HOST, aligned, order_for, say};
use crate::exit::Failure;
use crate::flags::{Flag, FlagTable, Kind, Parsed};
use crate::program::Program;
use crate::shutdown;

pub const TABLE: FlagTable = FlagTable {
    usage: "muster swarm COMMAND [flags] [NAME...]",
    about: "\
Turns machines into a Docker swarm, through their engines.

  create [--managers N] [--workers N] [NAME...]  a swarm whole; machines that are not there are made
  init NAME                                      a swarm with this machine as its first manager
  join [--as-manager] NAME...                    machines join
  token worker|manager                           prints how to join
  nodes                                          lists the nodes, as docker node ls
  leave [--force] NAME...                        machines leave
  drain [--undo] NODE...                         nodes are given no tasks
  label NODE NAME=VALUE... | NAME-...            sets and removes a node's labels

Without names, create takes manager1, manager2, … and worker1, worker2, …; with names, the first are managers.
Who is asked is the first machine that is a manager, or --manager NAME.",
    flags: &[
        Flag::works("managers", Kind::Int, "N", "create: how many managers; default 1"),
        Flag::works("workers", Kind::Int, "N", "create: how many workers; default 2"),
        Flag::works("as-manager", Kind::Bool, "", "join: as managers"),
        Flag::works("manager", Kind::Text, "NAME", "the manager to ask"),
        Flag::works("quiet", Kind::Bool, "", "token: only the token; nodes: only the IDs"),
        Flag::works("force", Kind::Bool, "", "leave: managers too"),
        Flag::works("undo", Kind::Bool, "", "drain: give tasks again"),
        Flag::works("storage-path", Kind::Text, "DIR", "where machines are kept (MACHINE_STORAGE_PATH)"),
    ],
};

const TRY: &str = "Try: muster swarm --help";

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let parsed = super::machine::read_anywhere(&TABLE, arguments).map_err(|error| Failure::usage(1, error, TRY))?;
    let Some((word, names)) = parsed.rest.split_first().filter(|_| !parsed.help) else {
        out!("{}", TABLE.help());
        return Ok(());
    };
    crate::logging::start("warn")?;
    let context = Context::of_swarm(program, &parsed)?;
    let runtime = super::runtime()?;
    match word.as_str() {
        "create" => runtime.block_on(create_swarm(&context, &parsed, names)),
        "init" => runtime.block_on(init(&context, names)),
        "join" => runtime.block_on(join(&context, &parsed, names)),
        "token" => runtime.block_on(token(&context, &parsed, names)),
        "nodes" => runtime.block_on(nodes(&context, &parsed, names)),
        "leave" => runtime.block_on(leave(&context, &parsed, names)),
        "drain" => runtime.block_on(drain(&context, &parsed, names)),
        "label" => runtime.block_on(label(&context, &parsed, names)),
        "help" => {
            out!("{}", TABLE.help());
            Ok(())
        }
        other => {
            let known = "create, init, join, token, nodes, leave, drain, label";
            Err(Failure::usage(1, anyhow!("muster swarm has no command {other:?}; there are: {known}"), TRY))
        }
    }
}

/// The manager that is asked.
async fn manager(context: &Context, parsed: &Parsed) -> Result<Machine, Failure> {
    if let Some(name) = parsed.text("manager") {
        return Ok(context.load(name)?);
    }
    let names = context.store().names()?;
    let machines: Vec<Machine> = names.iter().filter_map(|name| context.load(name.as_str()).ok()).collect();
    let answers = join_all(machines.iter().map(swarm::membership)).await;
    let found =
        machines.into_iter().zip(answers).find(|(_, answer)| answer.as_ref().is_ok_and(|member| member.manager));
    let none = || anyhow!("no machine is a manager of a swarm: muster swarm init NAME makes one");
    Ok(found.map(|(machine, _)| machine).ok_or_else(none)?)
}

fn load_all(context: &Context, names: &[String]) -> Result<Vec<Machine>, Failure> {
    if names.is_empty() {
        return Err(Failure::usage(1, anyhow!("names of machines are missing"), TRY));
    }
    Ok(names.iter().map(|name| context.load(name)).collect::<Result<_, _>>()?)
}

/// The names for `create`, managers first.
fn chosen(names: &[String], managers: i64, workers: i64) -> anyhow::Result<Vec<(MachineName, Role)>> {
    if managers < 1 || workers < 0 || managers + workers > 100 {
        bail!(
            "--managers {managers} --workers {workers}: at least one manager and at most 100 machines would be right"
        );
    }
    let numbered = |role: &str, count: i64| (1..=count).map(|number| format!("{role}{number}")).collect::<Vec<_>>();
    let all = if names.is_empty() {
        [numbered("manager", managers), numbered("worker", workers)].concat()
    } else {
        names.to_vec()
    };
    if i64::try_from(all.len()).is_ok_and(|count| count != managers + workers) {
        bail!("{} names for {managers} managers and {workers} workers", all.len());
    }
    let role = |position: usize| {
        if i64::try_from(position).is_ok_and(|position| position < managers) { Role::Manager } else { Role::Worker }
    };
    all.iter().enumerate().map(|(position, name)| Ok((MachineName::parse(name)?, role(position)))).collect()
}

async fn create_swarm(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    let workers = if names.is_empty() { 2 } else { i64::try_from(names.len()).unwrap_or(0) - 1 };
    let (managers, workers) = (parsed.int("managers").unwrap_or(1), parsed.int("workers").unwrap_or(workers));
    let chosen = chosen(names, managers, workers)?;
    let interrupt = shutdown::on_signals()?;
    let progress = super::machine::progress();
    if chosen.iter().any(|(name, _)| !context.store().exists(name)) {
        say(ROOT_ON_HOST);
    }
    let made = join_all(chosen.iter().map(|(name, _)| {
        let (progress, interrupt) = (progress_of(name), &interrupt);
        async move {
            if context.store().exists(name) {
                return context.load(name.as_str()).map_err(anyhow::Error::from);
            }
            let order = order_for(context, name)?;
            create(context.store(), &order, &progress, interrupt).await.map_err(anyhow::Error::from)
        }
    }));
    let machines = made.await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let first = &machines[0];
    if !swarm::membership(first).await?.manager {
        let id = swarm::init(first).await?;
        say(&format!("({}) Swarm initialized: current node ({id}) is now a manager.", first.name));
    }
    let joining: Vec<_> = machines.iter().zip(&chosen).skip(1).map(|(machine, (_, role))| (machine, *role)).collect();
    swarm::join(first, &joining, &progress).await?;
    say(&table(&swarm::nodes(first).await?, &swarm::membership(first).await?.node));
    tell_about_ipvs(first).await;
    Ok(())
}

/// Several machines at once: each line says whose it is.
fn progress_of(name: &MachineName) -> Progress {
    let prefix = format!("({name}) ");
    Progress::new(move |line| say(&if line.starts_with(&prefix) { line.to_owned() } else { format!("{prefix}{line}") }))
}

async fn tell_about_ipvs(machine: &Machine) {
    if swarm::has_ipvs(machine).await == Some(false) {
        say(&format!(
            "The kernel under {} has no IPVS: a service's virtual address and ports published by ingress do not answer. \
             --endpoint-mode dnsrr, and --mode global with --publish mode=host, do.",
            machine.name
        ));
    }
}

async fn init(context: &Context, names: &[String]) -> Result<(), Failure> {
    let [name] = names else { return Err(Failure::usage(1, anyhow!("the name of one machine is missing"), TRY)) };
    let machine = context.load(name)?;
    let id = swarm::init(&machine).await?;
    let token = swarm::tokens(&machine).await?.worker;
    say(&format!(
        "Swarm initialized: current node ({id}) is now a manager.\n\n\
         To add a worker to this swarm, run the following command:\n\n    \
         docker swarm join --token {token} {}:{}\n\n\
         To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.\n\n\
         Machines of this store: muster swarm join NAME...",
        machine.ip(),
        swarm::PORT
    ));
    tell_about_ipvs(&machine).await;
    Ok(())
}

async fn join(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    let machines = load_all(context, names)?;
    let manager = manager(context, parsed).await?;
    let role = if parsed.bool("as-manager") { Role::Manager } else { Role::Worker };
    let joining: Vec<_> = machines.iter().map(|machine| (machine, role)).collect();
    Ok(swarm::join(&manager, &joining, &super::machine::progress()).await?)
}

async fn token(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    let role = match names {
        [role] if role == "worker" || role == "manager" => role,
        _ => {
            return Err(Failure::usage(
                1,
                anyhow!("muster swarm token worker or muster swarm token manager would be right"),
                TRY,
            ));
        }
    };
    let manager = manager(context, parsed).await?;
    let tokens = swarm::tokens(&manager).await?;
    let token = if role == "worker" { tokens.worker } else { tokens.manager };
    if parsed.bool("quiet") {
        say(&token);
        return Ok(());
    }
    say(&format!(
        "To add a {role} to this swarm, run the following command:\n\n    docker swarm join --token {token} {}:{}\n",
        manager.ip(),
        swarm::PORT
    ));
    Ok(())
}

async fn nodes(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    if !names.is_empty() {
        return Err(Failure::usage(
            1,
            anyhow!("muster swarm nodes takes no names; --manager NAME says whom to ask"),
            TRY,
        ));
    }
    let manager = manager(context, parsed).await?;
    let nodes = swarm::nodes(&manager).await?;
    if parsed.bool("quiet") {
        nodes.iter().for_each(|node| say(&node.id));
        return Ok(());
    }
    let own = swarm::membership(&manager).await?.node;
    say(&table(&nodes, &own));
    Ok(())
}

async fn leave(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    let machines = load_all(context, names)?;
    let left = join_all(machines.iter().map(|machine| async move {
        swarm::leave(machine, parsed.bool("force")).await?;
        say(&format!("({}) Node left the swarm.", machine.name));
        Ok::<(), swarm::SwarmError>(())
    }));
    super::machine::together(left.await.into_iter().filter_map(Result::err).map(anyhow::Error::from))
}

async fn drain(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    if names.is_empty() {
        return Err(Failure::usage(1, anyhow!("names of nodes are missing"), TRY));
    }
    let manager = manager(context, parsed).await?;
    let availability = if parsed.bool("undo") { Availability::Active } else { Availability::Drain };
    for node in names {
        update(context, &manager, node, Some(availability), &BTreeMap::new()).await?;
        say(node);
    }
    Ok(())
}

async fn label(context: &Context, parsed: &Parsed, names: &[String]) -> Result<(), Failure> {
    let [node, labels @ ..] = names else {
        return Err(Failure::usage(1, anyhow!("the name of a node is missing"), TRY));
    };
    let labels = labels.iter().map(|text| label_of(text)).collect::<anyhow::Result<BTreeMap<_, _>>>()?;
    if labels.is_empty() {
        return Err(Failure::usage(1, anyhow!("NAME=VALUE sets a label, NAME- removes one"), TRY));
    }
    let manager = manager(context, parsed).await?;
    update(context, &manager, node, None, &labels).await?;
    say(node);
    Ok(())
}

/// Changes a node. For a while after a machine has left and joined again two nodes of its name are up: its own is meant.
async fn update(
    context: &Context,
    manager: &Machine,
    node: &str,
    availability: Option<Availability>,
    labels: &BTreeMap<String, Option<String>>,
) -> Result<(), Failure> {
    let outcome = swarm::update(manager, node, availability, labels).await;
    let Err(swarm::SwarmError::Ambiguous { ids, .. }) = &outcome else { return Ok(outcome?) };
    let own = match context.load(node) {
        Ok(machine) => swarm::membership(&machine).await.map(|member| member.node).unwrap_or_default(),
        Err(_) => String::new(),
    };
    if !ids.contains(&own) {
        return Ok(outcome?);
    }
    Ok(swarm::update(manager, &own, availability, labels).await?)
}

fn label_of(text: &str) -> anyhow::Result<(String, Option<String>)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), Some(value.to_owned()))),
        None if text.len() > 1 && text.ends_with('-') => Ok((text[..text.len() - 1].to_owned(), None)),
        _ => bail!("{text:?} is no label: NAME=VALUE sets one, NAME- removes one"),
    }
}

/// As `docker node ls` prints it, asked of the node `own`.
fn table(nodes: &[SwarmNode], own: &str) -> String {
    let mut nodes: Vec<_> = nodes.iter().collect();
    nodes.sort_by_key(|node| super::machine::natural(&node.hostname));
    let mut text = "ID\tHOSTNAME\tSTATUS\tAVAILABILITY\tMANAGER STATUS\tENGINE VERSION".to_owned();
    for node in nodes {
        let state: String =
            node.state.chars().take(1).flat_map(char::to_uppercase).chain(node.state.chars().skip(1)).collect();
        let mark = if node.id == own { "*" } else { "" };
        let availability = match node.availability {
            Some(Availability::Active) => "Active",
            Some(Availability::Pause) => "Pause",
            Some(Availability::Drain) => "Drain",
            None => "",
        };
        let manager = match node.reachability {
            Some(Manager::Leader) => "Leader",
            Some(Manager::Reachable) => "Reachable",
            Some(Manager::Unreachable) => "Unreachable",
            Some(Manager::Unknown) => "Unknown",
            None => "",
        };
        let (id, hostname, version) = (&node.id, &node.hostname, &node.engine_version);
        text.push_str(&format!("\n{id} {mark}\t{hostname}\t{state}\t{availability}\t{manager}\t{version}"));
    }
    aligned(&text, DOCKERS_LEAST_WIDTH)
}

/// Docker's own tables have wider columns than docker-machine's.
const DOCKERS_LEAST_WIDTH: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, hostname: &str, reachability: Option<Manager>) -> SwarmNode {
        SwarmNode {
            id: id.to_owned(),
            hostname: hostname.to_owned(),
            address: String::new(),
            state: "ready".to_owned(),
            availability: Some(Availability::Active),
            manager: reachability.is_some(),
            reachability,
            engine_version: "26.1.5".to_owned(),
        }
    }

    #[test]
    fn nodes_are_printed_as_docker_prints_them() {
        let nodes =
            [node("b".repeat(25).as_str(), "worker1", None), node("a".repeat(25).as_str(), "m", Some(Manager::Leader))];
        assert_eq!(
            table(&nodes, &"a".repeat(25)),
            "ID                            HOSTNAME   STATUS    AVAILABILITY   MANAGER STATUS   ENGINE VERSION\n\
             aaaaaaaaaaaaaaaaaaaaaaaaa *   m          Ready     Active         Leader           26.1.5\n\
             bbbbbbbbbbbbbbbbbbbbbbbbb     worker1    Ready     Active                          26.1.5"
        );
    }

    #[test]
    fn names_are_numbered_or_given_managers_first() {
        let text = |names: &[&str], managers, workers| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let chosen = chosen(&names, managers, workers).map_err(|error| error.to_string())?;
            Ok::<_, String>(chosen.iter().map(|(name, role)| format!("{name} {role:?}")).collect::<Vec<_>>().join(", "))
        };
        assert_eq!(text(&[], 1, 2).unwrap(), "manager1 Manager, worker1 Worker, worker2 Worker");
        assert_eq!(text(&["a", "b"], 1, 1).unwrap(), "a Manager, b Worker");
        assert_eq!(text(&["a"], 1, 1).unwrap_err(), "1 names for 1 managers and 1 workers");
        assert!(text(&[], 0, 2).unwrap_err().contains("at least one manager"));
    }

    #[test]
    fn labels_are_set_and_removed() {
        assert_eq!(label_of("role=db").unwrap(), ("role".to_owned(), Some("db".to_owned())));
        assert_eq!(label_of("role-").unwrap(), ("role".to_owned(), None));
        assert!(label_of("role").is_err() && label_of("=x").is_err() && label_of("-").is_err());
    }
}
