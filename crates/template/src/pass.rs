//! What templates know of the registry, and what one execution asks of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_catalog::Query;

use crate::answer::Answer;

/// Shared by the functions that templates call and the loop that executes them, one at a time.
#[derive(Clone, Default)]
pub(crate) struct Pass(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: HashMap<Query, Answer>,
    needs: Needs,
}

/// What one execution asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// All of it.
    pub(crate) used: BTreeSet<Query>,
    /// What there was no answer to that will do, so that the output is worth nothing.
    pub(crate) missing: BTreeSet<Query>,
    /// Those of the missing that there was no answer to at all.
    pub(crate) unanswered: BTreeSet<Query>,
}

impl Pass {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one insertion, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the template uses `query`, and gives the answer, if there is one that satisfies it.
    pub(crate) fn ask(&self, query: Query, satisfies: impl Fn(&Answer) -> bool) -> Option<Answer> {
        let mut state = self.state();
        let known = state.answers.get(&query).cloned();
        if known.is_none() {
            state.needs.unanswered.insert(query.clone());
        }
        let answer = known.filter(satisfies);
        if answer.is_none() {
            state.needs.missing.insert(query.clone());
        }
        state.needs.used.insert(query);
        answer
    }

    /// What was asked since the last time, and starts anew.
    pub(crate) fn take_needs(&self) -> Needs {
        std::mem::take(&mut self.state().needs)
    }

    pub(crate) fn learn(&self, query: Query, answer: Answer) {
        self.state().answers.insert(query, answer);
    }

    pub(crate) fn forget(&self, query: &Query) {
        self.state().answers.remove(query);
    }
}
