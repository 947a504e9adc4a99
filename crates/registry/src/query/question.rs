//! What is asked: a query, what can change its answer, and by what it shares the answer with others who ask it.

use std::sync::Arc;

use muster_catalog::Instance;
use muster_model::{Indexed, Key, KvEntry, Node, Session, SessionId};

use super::{Answer, CheckRow, NodeServices, ServiceNames};
use crate::state::{State, Topic};

/// A query. Whoever asks the same of the same state shares one evaluation.
pub struct Question<T> {
    key: QuestionKey,
    topics: Vec<Topic>,
    evaluate: Evaluate<T>,
}

type Evaluate<T> = Box<dyn Fn(&State) -> Answer<T> + Send + Sync>;

/// Which question it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuestionKey {
    kind: Kind,
    /// A folded name, a key, a prefix, an ID.
    subject: Arc<str>,
    /// What else there is to it.
    detail: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Nodes,
    Services,
    Instances,
    Health,
    Node,
    NodeChecks,
    ServiceChecks,
    ChecksIn,
    Key,
    KeysUnder,
    KeyNamesUnder,
    Session,
    Sessions,
    NodeSessions,
}

impl<T> Question<T> {
    /// Which question it is.
    pub fn key(&self) -> &QuestionKey {
        &self.key
    }

    pub(crate) fn topics(&self) -> &[Topic] {
        &self.topics
    }

    pub(crate) fn evaluate(&self, state: &State) -> Answer<T> {
        (self.evaluate)(state)
    }

    fn new(
        kind: Kind,
        subject: &Arc<str>,
        topics: Vec<Topic>,
        evaluate: impl Fn(&State) -> Answer<T> + Send + Sync + 'static,
    ) -> Self {
        let key = QuestionKey { kind, subject: Arc::clone(subject), detail: nothing() };
        Self { key, topics, evaluate: Box::new(evaluate) }
    }
}

fn nothing() -> Arc<str> {
    Arc::default()
}

fn folded(name: &str) -> Arc<str> {
    if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Arc::from(name);
    }
    Arc::from(name.to_lowercase())
}

impl Question<Vec<Indexed<Arc<Node>>>> {
    /// All nodes, by name.
    pub fn nodes() -> Self {
        Self::new(Kind::Nodes, &nothing(), vec![Topic::Nodes], State::all_nodes)
    }
}

impl Question<ServiceNames> {
    /// All services' names with their tags.
    pub fn services() -> Self {
        Self::new(Kind::Services, &nothing(), vec![Topic::Services], State::all_services)
    }
}

impl Question<Vec<Instance>> {
    /// A service's instances, without checks.
    pub fn instances(service: &str) -> Self {
        let name = folded(service);
        let topics = vec![Topic::Service(Arc::clone(&name))];
        Self::new(Kind::Instances, &name.clone(), topics, move |state| state.instances(&name))
    }

    /// A service's instances with their checks.
    pub fn health(service: &str) -> Self {
        let name = folded(service);
        let topics = vec![Topic::Health(Arc::clone(&name))];
        Self::new(Kind::Health, &name.clone(), topics, move |state| state.healthy_or_not(&name))
    }
}

impl Question<Option<NodeServices>> {
    /// A node with its services.
    pub fn node(node: &str) -> Self {
        let name = folded(node);
        let topics = vec![Topic::Node(Arc::clone(&name))];
        Self::new(Kind::Node, &name.clone(), topics, move |state| state.node_services(&name))
    }
}

impl Question<Vec<CheckRow>> {
    /// The checks of a node and of its services.
    pub fn checks_of_node(node: &str) -> Self {
        let name = folded(node);
        let topics = vec![Topic::NodeChecks(Arc::clone(&name))];
        Self::new(Kind::NodeChecks, &name.clone(), topics, move |state| state.checks_of_node(&name))
    }

    /// The checks of a service's instances.
    pub fn checks_of_service(service: &str) -> Self {
        let name = folded(service);
        let topics = vec![Topic::ServiceChecks(Arc::clone(&name))];
        Self::new(Kind::ServiceChecks, &name.clone(), topics, move |state| state.checks_of_service(&name))
    }

    /// All checks in a state, or in `any`.
    pub fn checks_in(status: &str) -> Self {
        let topic = match status {
            "passing" => Topic::ChecksIn("passing"),
            "warning" => Topic::ChecksIn("warning"),
            "critical" => Topic::ChecksIn("critical"),
            _ => Topic::Checks,
        };
        let status: Arc<str> = Arc::from(status);
        Self::new(Kind::ChecksIn, &status.clone(), vec![topic], move |state| state.checks_in(&status))
    }
}

impl Question<Option<Arc<KvEntry>>> {
    /// A key's entry.
    pub fn key_entry(key: &Key) -> Self {
        let subject: Arc<str> = Arc::from(key.as_str());
        let topics = vec![Topic::Key(key.clone())];
        Self::new(Kind::Key, &subject.clone(), topics, move |state| state.key(&subject))
    }
}

impl Question<Vec<Arc<KvEntry>>> {
    /// All entries under a prefix.
    pub fn keys_under(prefix: &str) -> Self {
        let prefix: Arc<str> = Arc::from(prefix);
        let topics = vec![Topic::KeysUnder(Arc::clone(&prefix))];
        Self::new(Kind::KeysUnder, &prefix.clone(), topics, move |state| state.keys_under(&prefix))
    }
}

impl Question<Vec<Arc<str>>> {
    /// The keys under a prefix, cut behind a separator.
    pub fn key_names_under(prefix: &str, separator: &str) -> Self {
        let (prefix, separator): (Arc<str>, Arc<str>) = (Arc::from(prefix), Arc::from(separator));
        let topics = vec![Topic::KeysUnder(Arc::clone(&prefix))];
        let detail = Arc::clone(&separator);
        let evaluate = {
            let prefix = Arc::clone(&prefix);
            move |state: &State| state.key_names_under(&prefix, &separator)
        };
        let mut question = Self::new(Kind::KeyNamesUnder, &prefix, topics, evaluate);
        question.key.detail = detail;
        question
    }
}

impl Question<Option<Indexed<Arc<Session>>>> {
    /// A session.
    pub fn session(id: &str) -> Self {
        let topics = SessionId::new(id).map(Topic::Session).into_iter().collect();
        let id: Arc<str> = Arc::from(id);
        Self::new(Kind::Session, &id.clone(), topics, move |state| state.session(&id))
    }
}

impl Question<Vec<Indexed<Arc<Session>>>> {
    /// All sessions.
    pub fn sessions() -> Self {
        Self::new(Kind::Sessions, &nothing(), vec![Topic::Sessions], State::all_sessions)
    }

    /// The sessions on a node.
    pub fn sessions_on(node: &str) -> Self {
        let name = folded(node);
        let topics = vec![Topic::NodeSessions(Arc::clone(&name))];
        Self::new(Kind::NodeSessions, &name.clone(), topics, move |state| state.sessions_on(&name))
    }
}
