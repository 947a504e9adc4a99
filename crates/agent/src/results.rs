//! Results on their way to the catalog.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use muster_catalog::{CatalogError, LocalAgent};
use muster_health::Finding;
use muster_model::{CheckId, CheckStatus};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::Agent;
use crate::table::{Due, Verdict};

/// How many writes are on their way at once: a registry that makes each durable can do them in one go.
pub(crate) const AT_ONCE: usize = 64;

impl Agent {
    /// Does what is due, when it is.
    pub(crate) async fn run_due(&self, shutdown: CancellationToken) {
        loop {
            let next = self.table.next();
            tokio::select! {
                () = async { sleep_until(next.expect("guarded")).await }, if next.is_some() => {}
                () = self.table.changed.notified() => continue,
                () = shutdown.cancelled() => return,
            }
            let due = stream::iter(self.table.take_due(Instant::now()));
            due.for_each_concurrent(AT_ONCE, |due| self.carry_out(due)).await;
        }
    }

    /// Runs checks by the clock, and takes what they find.
    pub(crate) async fn run_probes(&self, shutdown: CancellationToken) {
        let (sender, findings) = mpsc::channel(AT_ONCE);
        tokio::join!(self.scheduler.run(sender, shutdown), self.take_findings(findings));
    }

    async fn take_findings(&self, mut findings: mpsc::Receiver<Finding>) {
        let mut batch = Vec::new();
        while findings.recv_many(&mut batch, AT_ONCE).await > 0 {
            let found = stream::iter(batch.drain(..));
            found.for_each_concurrent(AT_ONCE, |finding| self.take_finding(finding)).await;
        }
    }

    async fn take_finding(&self, finding: Finding) {
        // It may have been taken out since.
        if self.scheduler.has(&finding.check) {
            self.found(&finding.check, finding.status, finding.output).await;
        }
    }

    /// Takes what a check found, and tells the catalog if it must know now.
    pub(crate) async fn found(&self, check: &CheckId, status: CheckStatus, output: Arc<str>) {
        let output = self.kept(output);
        if self.table.found(check, &status, &output) == Verdict::Write {
            self.carry_out(Due::Write(check.clone(), status, output)).await;
        }
    }

    async fn carry_out(&self, due: Due) {
        match due {
            Due::Write(check, status, output) => match self.write_result(&check, &status, &output).await {
                Ok(()) => {}
                Err(CatalogError::NotFound { .. }) => {}
                Err(error) => warn!(%check, %error, "a check's result could not be stored; trying again"),
            },
            Due::Remove(check, service) => match self.deregister(&service).await {
                Ok(()) => info!(%service, %check, "deregistered: the check was critical for too long"),
                Err(CatalogError::NotFound { .. }) => self.let_go(&check),
                Err(error) => warn!(%service, %error, "an instance that was critical for too long stays for now"),
            },
        }
    }

    /// Tells the catalog. A check that it does not have is forgotten here too.
    pub(crate) async fn write_result(
        &self,
        check: &CheckId,
        status: &CheckStatus,
        output: &Arc<str>,
    ) -> Result<(), CatalogError> {
        let told = self.catalog.report(self.node().clone(), check.clone(), status.clone(), Arc::clone(output)).await;
        match &told {
            Ok(()) => self.table.written(check, Some((status, output))),
            Err(CatalogError::NotFound { .. }) => self.let_go(check),
            Err(_) => self.table.written(check, None),
        }
        told
    }
}
