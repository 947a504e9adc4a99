//! Who is told what goes on.

use std::sync::Arc;

/// Gets docker-machine's lines as they come, and the steps between them.
#[derive(Clone)]
pub struct Progress {
    line: Arc<dyn Fn(&str) + Send + Sync>,
    step: Arc<dyn Fn(&'static str) + Send + Sync>,
}

impl Progress {
    /// Lines go to `line`.
    pub fn new(line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { line: Arc::new(line), step: Arc::new(|_| {}) }
    }

    /// Also tells `step` when a step was finished, by its name.
    #[must_use]
    pub fn with_steps(self, step: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self { step: Arc::new(step), ..self }
    }

    /// A line for the user.
    pub fn line(&self, text: &str) {
        (self.line)(text);
    }

    /// A step of a creation was finished.
    pub(crate) fn step(&self, name: &'static str) {
        tracing::debug!(step = name, "finished");
        (self.step)(name);
    }
}
