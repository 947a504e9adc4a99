//! Bodies that were written, for whoever asks the same in the same shape.
//!
//! Clients that block on the same thing are answered with one body, written once; the same bodies answer plain reads
//! until the answer's index moves. What differs between callers, the headers, is added after.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use muster_model::Index;
use muster_registry::{Answer, Question, QuestionKey};

use crate::compression;
use crate::recent::Recent;
use crate::reply::Reply;

/// How many bytes of bodies a generation holds at most, but for its last; there are two.
const GENERATION_BYTES: usize = 4 << 20;
/// What a body costs besides its bytes.
const OVERHEAD: usize = 512;

/// The latest bodies. Those that nobody asks for any more go with their generation.
pub(crate) struct Bodies(Recent<BodyKey, Kept>);

impl Default for Bodies {
    fn default() -> Self {
        Self(Recent::new(GENERATION_BYTES))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct BodyKey {
    question: QuestionKey,
    /// What is picked and how it is ordered, in the words of the query string.
    shape: Box<str>,
}

/// An answer as it was written. It changes only with its index, or when what was asked for comes or goes.
struct Kept {
    index: Index,
    found: bool,
    reply: Reply,
}

impl Bodies {
    /// The answer as it is sent but for headers, by `write` if nobody wrote it yet.
    pub(crate) fn reply<T>(
        &self,
        question: &Question<T>,
        shape: &str,
        answer: &Answer<T>,
        write: impl FnOnce() -> Reply,
    ) -> Reply {
        let key = BodyKey { question: question.key().clone(), shape: Box::from(shape) };
        let is_it = |kept: &Kept| kept.index == answer.index && kept.found == answer.found;
        if let Some(reply) = self.0.find(&key, |kept| is_it(kept).then(|| kept.reply.clone())) {
            return reply;
        }
        let reply = write().shared();
        let kept = Kept { index: answer.index, found: answer.found, reply: reply.clone() };
        self.0.keep(key, kept, reply.body_len() + OVERHEAD);
        reply
    }
}

/// A body with the forms of it that somebody wanted.
#[derive(Debug)]
pub(crate) struct Encoded {
    plain: Bytes,
    others: Mutex<Vec<(Form, Bytes)>>,
}

/// How a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    /// Indented, and whether with a line feed at the end.
    pub(crate) pretty: Option<bool>,
    pub(crate) gzip: bool,
}

impl Encoded {
    pub(crate) fn new(plain: Bytes) -> Arc<Self> {
        Arc::new(Self { plain, others: Mutex::default() })
    }

    pub(crate) fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The body in `form`, made once. True: it is compressed.
    pub(crate) fn in_form(&self, form: Form) -> (Bytes, bool) {
        if form == Form::default() {
            return (self.plain.clone(), false);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = others.iter().find(|(made, _)| *made == form) {
            return (bytes.clone(), form.gzip);
        }
        let (bytes, gzip) = in_form(&self.plain, form);
        // What is too short to be compressed is not kept as if it were.
        if gzip == form.gzip {
            others.push((form, bytes.clone()));
        }
        (bytes, gzip)
    }
}

/// `plain` in `form`. True: it is compressed.
pub(crate) fn in_form(plain: &Bytes, form: Form) -> (Bytes, bool) {
    let mut body = plain.clone();
    if let Some(line_feed) = form.pretty {
        let mut pretty = muster_wire::json::pretty(plain);
        if line_feed {
            pretty.push(b'\n');
        }
        body = Bytes::from(pretty);
    }
    match form.gzip.then(|| compression::gzip(&body)).flatten() {
        Some(compressed) => (compressed, true),
        None => (body, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(index: u64, found: bool) -> Answer<Vec<Arc<str>>> {
        Answer { index: Index(index), at: Index(index), found, value: Vec::new() }
    }

    #[test]
    fn a_body_is_written_once_for_an_index_and_a_shape() {
        let bodies = Bodies::default();
        let question = Question::key_names_under("p/", "/");
        let mut written = 0;
        let mut ask = |index, found, shape: &str| {
            let reply = bodies.reply(&question, shape, &answer(index, found), || {
                written += 1;
                Reply::json(format!("{written}"))
            });
            (reply.body_len(), written)
        };
        assert_eq!([ask(5, true, "").1, ask(5, true, "").1], [1, 1]);
        assert_eq!(ask(5, true, "near=x").1, 2, "another shape");
        assert_eq!(ask(6, true, "").1, 3, "another index");
        assert_eq!(ask(6, false, "").1, 4, "it went");
        assert_eq!(ask(5, true, "near=x").1, 4);
    }

    #[test]
    fn what_nobody_asks_for_goes() {
        let bodies = Bodies::default();
        let large = || Reply::json(vec![b'x'; 1 << 20]);
        for number in 0..100 {
            let question = Question::key_names_under(&number.to_string(), "");
            bodies.reply(&question, "", &answer(1, true), large);
        }
        assert!(bodies.0.len() <= 10, "{} bodies of a MiB are kept", bodies.0.len());
    }

    #[test]
    fn every_form_is_made_once() {
        let encoded = Encoded::new(Bytes::from(format!("[{}1]", "1,".repeat(2000))));
        for form in [Form { pretty: Some(true), gzip: false }, Form { pretty: None, gzip: true }] {
            let (first, second) = (encoded.in_form(form), encoded.in_form(form));
            assert_eq!(first.1, form.gzip);
            assert_eq!(first.0.as_ptr(), second.0.as_ptr());
            assert_eq!(first, in_form(encoded.plain(), form));
        }
        let short = Encoded::new(Bytes::from_static(b"[]"));
        assert_eq!(short.in_form(Form { pretty: None, gzip: true }), (Bytes::from_static(b"[]"), false));
    }
}
