//! Answers that were evaluated, for whoever asks the same of the same state.

use std::any::Any;
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use muster_model::Index;

use crate::query::{Answer, Question, QuestionKey};
use crate::state::State;

/// How many answers a generation holds; there are two.
const GENERATION: usize = 256;

/// The latest answers. Those that nobody asks for any more go with their generation.
#[derive(Default)]
pub(super) struct Answers(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<QuestionKey, Kept>,
    old: HashMap<QuestionKey, Kept>,
}

/// An answer with the state's index that it was evaluated at: at the same index it is the same answer.
#[derive(Clone)]
struct Kept {
    at: Index,
    answer: Arc<dyn Any + Send + Sync>,
}

impl Answers {
    /// The answer of `state`. Two who ask at the very same time may both evaluate it.
    pub(super) fn answer<T: Send + Sync + 'static>(&self, question: &Question<T>, state: &State) -> Arc<Answer<T>> {
        if let Some(answer) = self.find(question.key(), state.index()).and_then(|answer| answer.downcast().ok()) {
            return answer;
        }
        let answer = Arc::new(question.evaluate(state));
        let kept = Kept { at: state.index(), answer: Arc::clone(&answer) as _ };
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.keep(question.key().clone(), kept);
        answer
    }

    fn find(&self, key: &QuestionKey, at: Index) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = generations.young.get(key) {
            return (kept.at == at).then(|| Arc::clone(&kept.answer));
        }
        let kept = generations.old.remove(key).filter(|kept| kept.at == at)?;
        let answer = Arc::clone(&kept.answer);
        generations.keep(key.clone(), kept);
        Some(answer)
    }
}

impl Generations {
    fn keep(&mut self, key: QuestionKey, kept: Kept) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, kept);
    }
}
