//! One template and where it stands.

use muster_catalog::Query;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::pass::Needs;
use crate::source::Source;
use crate::{Retry, TemplateConfig};

/// When a template is to be rendered next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Now,
    At(Instant),
    /// When something that it uses changes.
    OnChange,
}

pub(super) struct Entry {
    pub(super) config: TemplateConfig,
    pub(super) source: Source,
    /// What it asked for when it was executed last.
    pub(super) needs: Needs,
    /// Its file has been right at least once.
    pub(super) rendered: bool,
    due: Due,
    backoff: Backoff,
}

impl Entry {
    pub(super) fn new(config: TemplateConfig, source: Source, retry: Retry) -> Self {
        let backoff = Backoff::new(retry);
        Self { config, source, needs: Needs::default(), rendered: false, due: Due::Now, backoff }
    }

    /// Whether it is due; if so, it is no longer.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        let due = match self.due {
            Due::Now => true,
            Due::At(time) => time <= now,
            Due::OnChange => false,
        };
        if due {
            self.due = Due::OnChange;
        }
        due
    }

    pub(super) fn due_at(&self) -> Option<Instant> {
        match self.due {
            Due::Now => Some(Instant::now()),
            Due::At(time) => Some(time),
            Due::OnChange => None,
        }
    }

    /// There is an answer to `query`, or a new one. First answers are waited for together: a thousand of
    /// them would mean a thousand executions otherwise.
    pub(super) fn changed(&mut self, query: &Query) {
        if !self.needs.used.contains(query) {
            return;
        }
        let is_first = self.needs.unanswered.remove(query);
        if !is_first || self.needs.unanswered.is_empty() {
            self.due = Due::Now;
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.rendered = true;
        self.backoff.succeeded();
    }

    /// To be rendered again after a while, though nothing has changed.
    pub(super) fn try_again(&mut self) {
        self.due = Due::At(Instant::now() + self.backoff.failed());
    }
}
