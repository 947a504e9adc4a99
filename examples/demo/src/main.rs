//! The demo: real containers come and go behind a real nginx, and each step has to prove itself.

mod arguments;
mod chain;
mod clean;
mod comparison;
mod images;
mod load;
mod peers;
mod processes;
mod proof;
mod report;
mod stage;
mod step;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use muster_testbed::docker::Docker;
use tokio::signal::unix::{Signal, SignalKind, signal};

use arguments::{Arguments, Task, USAGE};
use clean::Leftovers;
use peers::Peers;
use processes::Processes;
use report::Report;
use stage::Stage;
use step::Step;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    match arguments.task {
        Task::Help => print!("{USAGE}"),
        Task::List => Step::all().iter().for_each(|step| println!("{:<20} {}", step.name(), step.title())),
        Task::Archive => println!("{}", images::make_archive(&arguments).await?.0.display()),
        Task::Images => images::build(&engine().await?, &arguments).await?,
        Task::Clean => {
            let docker = engine().await?;
            clean::clear(&docker, &mut Processes::open(&arguments.directory())?).await?;
            println!("nothing of the demo is left but its images");
        }
        Task::Play | Task::Compare => return play(&arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn engine() -> anyhow::Result<Docker> {
    let docker = Docker::local()?;
    docker.run(&["version", "--format", "{{.Server.Version}}"]).await.context("no Docker engine answers")?;
    Ok(docker)
}

/// Plays the demo until its end or a signal, and clears up in either case.
async fn play(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let steps = Step::chosen(&arguments.steps)?;
    let docker = engine().await?;
    let peers = (arguments.task == Task::Compare).then(|| Peers::from_environment(&docker)).transpose()?;
    let mut processes = Processes::open(&arguments.directory())?;
    refuse_leftovers(&docker, &processes).await?;
    let played = tokio::select! {
        played = async {
            match peers {
                Some(peers) => compare(arguments, &docker, &mut processes, peers).await,
                None => play_steps(arguments, &docker, &mut processes, steps).await,
            }
        } => played.map(|()| ExitCode::SUCCESS),
        number = signals.next() => {
            eprintln!("demo: stopping, by signal {number}");
            Ok(ExitCode::from(128_u8.saturating_add(number)))
        }
    };
    if let Err(error) = &played {
        eprintln!("demo: {error:#}");
    }
    docker.quiesce().await;
    clean::clear(&docker, &mut processes).await?;
    println!("{}", clean::what_stays(&arguments.cache));
    Ok(played.unwrap_or(ExitCode::FAILURE))
}

async fn play_steps(
    arguments: &Arguments,
    docker: &Docker,
    processes: &mut Processes,
    steps: Vec<Step>,
) -> anyhow::Result<()> {
    images::build(docker, arguments).await?;
    let mut stage = Stage::new(arguments, docker, processes).await?;
    let mut report = Report::new(steps.len());
    for step in steps {
        match stage.play(step, &mut report).await {
            Ok(row) => report.add(row),
            Err(error) => {
                stage.show_logs().await;
                return Err(error.context(format!("step {} does not hold", step.name())));
            }
        }
    }
    print!("{}", report.table());
    if std::io::stdout().is_terminal() && !arguments.exit {
        println!("{}", stage.addresses().await?);
        std::future::pending::<()>().await;
    }
    Ok(())
}

async fn compare(
    arguments: &Arguments,
    docker: &Docker,
    processes: &mut Processes,
    peers: Peers,
) -> anyhow::Result<()> {
    images::build(docker, arguments).await?;
    images::build_peers(docker, &peers).await?;
    let versions = peers.versions().await?;
    let mut stage = Stage::new(arguments, docker, processes).await?;
    let results = match stage.compare(peers).await {
        Ok(results) => results,
        Err(error) => {
            stage.show_logs().await;
            return Err(error);
        }
    };
    print!("{}", comparison::table(&results));
    println!("\nCompared with: {}", versions.join("; "));
    Ok(())
}

async fn refuse_leftovers(docker: &Docker, processes: &Processes) -> anyhow::Result<()> {
    let leftovers = Leftovers::find(docker, processes).await?;
    anyhow::ensure!(leftovers.is_empty(), "an earlier run left {leftovers}; `make demo-clean` clears it");
    Ok(())
}

/// The signals that end the demo.
struct Signals([(Signal, u8); 3]);

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind: SignalKind, number: u8| signal(kind).map(|signal| (signal, number));
        let interrupt = listen(SignalKind::interrupt(), 2)?;
        let terminate = listen(SignalKind::terminate(), 15)?;
        let hangup = listen(SignalKind::hangup(), 1)?;
        Ok(Self([interrupt, terminate, hangup]))
    }

    async fn next(&mut self) -> u8 {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.0.recv() => interrupt.1,
            _ = terminate.0.recv() => terminate.1,
            _ = hangup.0.recv() => hangup.1,
        }
    }
}
