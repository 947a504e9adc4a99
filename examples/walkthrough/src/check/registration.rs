//! Who is registered, and who answers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::task::JoinSet;

use super::{PATIENCE, Stage};
use crate::host::{Host, WEB, Web};
use crate::registry::Instance;
use crate::traffic;
use crate::transcript::seconds;

/// The service's name: that of the image.
pub(super) const SERVICE: &str = "tutum-nodejs-redis";
/// Within which a container has to be registered and taken out.
const A_SECOND: Duration = Duration::from_secs(1);
/// So many containers may the machine be too busy to show that with.
const TRIES: usize = 5;

impl Stage {
    /// So many containers of the application run on the hosts that are up, exactly those are registered and pass,
    /// each under its host's address and published port, and exactly those answer.
    pub(super) async fn answers(&mut self, count: usize) -> anyhow::Result<String> {
        let webs = self.webs().await?;
        ensure!(webs.len() == count, "{} web containers run, not {count}: {webs:?}", webs.len());
        let dead: BTreeSet<&str> = self.dead.values().map(|death| death.address.as_str()).collect();
        let registered = self.registry()?.until(SERVICE, PATIENCE, |instances: &[Instance]| {
            let passing = places(instances.iter().filter(|instance| instance.passing));
            let wanted = webs.iter().map(|web| (web.address.as_str(), web.port)).collect::<Vec<_>>();
            ensure!(passing == wanted, "{wanted:?} run, {passing:?} pass");
            let ghosts: Vec<&Instance> =
                instances.iter().filter(|instance| !instance.passing && !dead.contains(&*instance.address)).collect();
            ensure!(ghosts.is_empty(), "there are others: {ghosts:?}");
            Ok(())
        });
        let began = Instant::now();
        registered.await?;
        let registered = seconds(began.elapsed());
        let expected = webs.iter().map(|web| web.id.clone()).collect();
        let began = Instant::now();
        let row = traffic::prove(self.lb()?, &expected, self.load.as_ref(), PATIENCE).await?;
        let hosts = webs.iter().map(|web| &web.address).collect::<BTreeSet<_>>().len();
        let took = seconds(began.elapsed());
        if count == 0 {
            self.lb_runs().await?;
            return Ok("no web container runs, none is registered; lb runs, and answers with an error".to_owned());
        }
        Ok(format!(
            "{count} web containers on {hosts} hosts, exactly these registered by their host's address and published \
             port ({registered}); {row} in a row to port 80 reached all of them and nobody else, each raising the \
             counter by one ({took})"
        ))
    }

    /// The application's containers on all hosts that are up, in order.
    async fn webs(&self) -> anyhow::Result<Vec<Web>> {
        let mut asked = JoinSet::new();
        for host in self.hosts.values() {
            let host = host.clone();
            asked.spawn(async move { host.webs().await });
        }
        let mut webs = Vec::new();
        while let Some(found) = asked.join_next().await {
            webs.extend(found.context("a question was dropped")??);
        }
        webs.sort();
        Ok(webs)
    }

    /// The load balancer's container runs, and its programs never ended by themselves.
    async fn lb_runs(&self) -> anyhow::Result<()> {
        let format = "{{.State.Running}} {{.RestartCount}}";
        let state = self.host_named("manager1")?.docker(&["inspect", "--format", format, "lb"]).await?;
        ensure!(state == "true 0", "lb does not run, or was started anew: {state}");
        Ok(())
    }

    /// A container is registered within a second, as its host's address and its published port, and goes when it goes.
    pub(super) async fn registered_within_a_second(&self, name: &str) -> anyhow::Result<String> {
        let mut slow = 0;
        loop {
            let (web, registered, away) = self.came_and_went(name).await?;
            if registered <= A_SECOND && away <= A_SECOND {
                return Ok(format!(
                    "a container on {name} was registered as {}:{} within {} ms of docker's answer, and taken out \
                     within {} ms",
                    web.address,
                    web.port,
                    registered.as_millis(),
                    away.as_millis()
                ));
            }
            slow += 1;
            ensure!(
                slow < TRIES,
                "of {TRIES} containers the last was registered after {registered:?}, away after {away:?}"
            );
        }
    }

    /// A container that comes and goes: how long after docker's answers each was seen.
    async fn came_and_went(&self, name: &str) -> anyhow::Result<(Web, Duration, Duration)> {
        let host = self.host_named(name)?;
        let start = ["run", "--detach", "--name", "first", "--publish", "4000", WEB];
        let (registered, found) = self.seen_after(host.docker(&start), 1).await?;
        let web = only(host).await?;
        ensure!(found == [(web.address.clone(), web.port)], "{web:?} runs, {found:?} is registered");
        let (away, _) = self.seen_after(host.docker(&["rm", "--force", "first"]), 0).await?;
        Ok((web, registered, away))
    }

    /// How long after the end of `docker` a watcher sees `count` instances that pass, and which.
    async fn seen_after(
        &self,
        docker: impl Future<Output = anyhow::Result<String>>,
        count: usize,
    ) -> anyhow::Result<(Duration, Vec<(String, u16)>)> {
        let watching = self.registry()?.until(SERVICE, PATIENCE, |instances: &[Instance]| {
            let found = places(instances.iter().filter(|instance| instance.passing));
            ensure!(found.len() == count, "{found:?} are registered, not {count}");
            let found = found.into_iter().map(|(address, port)| (address.to_owned(), port)).collect();
            Ok((Instant::now(), found))
        });
        let docker = async { docker.await.map(|_| Instant::now()) };
        let ((seen, found), answered) = tokio::try_join!(watching, docker)?;
        Ok((seen.saturating_duration_since(answered), found))
    }

    /// The host's only container of the application is registered.
    pub(super) async fn registered_on(&self, name: &str) -> anyhow::Result<String> {
        let web = only(self.host_named(name)?).await?;
        let right = |instances: &[Instance]| {
            let found = places(instances.iter().filter(|instance| instance.passing));
            ensure!(found.contains(&(web.address.as_str(), web.port)), "{web:?} runs, {found:?} is registered");
            Ok(())
        };
        self.registry()?.until(SERVICE, PATIENCE, right).await?;
        Ok(format!("{name}'s container is registered as {}:{}", web.address, web.port))
    }

    /// Waits until `right` has nothing against the application's instances.
    pub(super) async fn instances<T>(
        &self,
        patience: Duration,
        right: impl FnMut(&[Instance]) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.registry()?.until(SERVICE, patience, right).await
    }
}

async fn only(host: &Host) -> anyhow::Result<Web> {
    let webs = host.webs().await?;
    ensure!(webs.len() == 1, "{} containers of {WEB} run on {}, not one", webs.len(), host.name);
    webs.into_iter().next().context("none runs")
}

/// Addresses and ports in order, twice if it is there twice.
fn places<'a>(instances: impl Iterator<Item = &'a Instance>) -> Vec<(&'a str, u16)> {
    let mut places: Vec<_> = instances.map(|instance| (instance.address.as_str(), instance.port)).collect();
    places.sort_unstable();
    places
}
