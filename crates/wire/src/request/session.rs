//! The body of `/v1/session/create`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use muster_model::{
    CheckId, InvalidName, NodeName, Session, SessionBehavior, SessionId, SessionServiceCheck, SessionTtl,
};

use super::fields::{self, DecodeError, Fields, Fill};
use super::go_list::GoList;
use super::go_types;
use crate::Status;
use crate::duration_text::{GoDuration, InvalidDuration};
use crate::json::Value;

/// The shortest TTL, unless somebody says otherwise (Consul's `session_ttl_min`).
pub const MIN_SESSION_TTL: Duration = Duration::from_secs(10);
/// The longest TTL.
const MAX_TTL: Duration = Duration::from_secs(24 * 3600);
/// The lock-delay of a session that names none.
const DEFAULT_LOCK_DELAY: Duration = Duration::from_secs(15);
/// A lock-delay below this many nanoseconds is meant as seconds.
const SECONDS_BELOW: i64 = 1000;
/// Go's names of a list of check IDs, and of one.
const CHECK_IDS: (&str, &str) = ("[]types.CheckID", "types.CheckID");
/// The check that every live node has.
const NODE_CHECK: &str = "serfHealth";

/// Why a session is refused before the registry sees it. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionRequestError {
    /// The body cannot be decoded.
    #[error("Request decode failed: {0}")]
    Decode(#[from] DecodeError),
    /// An empty node name.
    #[error("Must provide Node")]
    MissingNode,
    /// Neither `release` nor `delete`.
    #[error("Invalid Behavior setting '{0}'")]
    Behavior(String),
    /// A TTL that is no duration.
    #[error("Session TTL '{text}' invalid: {problem}")]
    TtlText {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: InvalidDuration,
    },
    /// A TTL out of range.
    #[error(
        "Invalid Session TTL '{nanos}', must be between [{}={}]",
        GoDuration::from(*least),
        GoDuration::from(MAX_TTL)
    )]
    TtlRange {
        /// The shortest TTL.
        least: Duration,
        /// What was given, in nanoseconds.
        nanos: i64,
    },
    /// A check without ID.
    #[error("apply failed: failed check lookup: index error: object is missing a value for this index")]
    EmptyCheck,
    /// A name or ID that muster does not take.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl SessionRequestError {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::Decode(_) => Status::BadRequest,
            _ => Status::Internal,
        }
    }
}

/// Reads the body of `/v1/session/create`, which may be empty. `id` is the new session's; `node` is where it stands
/// unless the body says otherwise; `least` is the shortest TTL.
pub fn create_session(
    body: &[u8],
    id: SessionId,
    node: &NodeName,
    least: Duration,
) -> Result<Session, SessionRequestError> {
    let mut fields = SessionFields::default();
    if !body.is_empty() {
        fields::body(body, go_types::SESSION, "", &["Alias"], &mut fields)?;
    }
    let node = match fields.node.as_deref() {
        None => node.clone(),
        Some("") => return Err(SessionRequestError::MissingNode),
        Some(name) => NodeName::new(name)?,
    };
    let behavior = match &*fields.behavior {
        "" | "release" => SessionBehavior::Release,
        "delete" => SessionBehavior::Delete,
        _ => return Err(SessionRequestError::Behavior(fields.behavior)),
    };
    let ttl = ttl(&fields.ttl, least)?;
    let mut node_checks = fields.checks.map(GoList::into_vec).unwrap_or_default();
    match fields.node_checks.map(GoList::into_vec) {
        // `Checks` without any is the whole list, whatever stands in `NodeChecks`.
        _ if node_checks.is_empty() && fields.named_checks => {}
        None if node_checks.is_empty() => node_checks.push(Arc::from(NODE_CHECK)),
        more => node_checks.extend(more.unwrap_or_default()),
    }
    let mut seen = BTreeSet::new();
    node_checks.retain(|id| seen.insert(Arc::clone(id)));
    let without_id = node_checks.iter().any(|id| id.is_empty());
    if without_id || fields.service_checks.as_slice().iter().any(|check| check.id.is_empty()) {
        return Err(SessionRequestError::EmptyCheck);
    }
    let service_check = |check: ServiceCheckFields| {
        Ok(SessionServiceCheck { id: CheckId::new(check.id)?, namespace: Arc::from(check.namespace) })
    };
    Ok(Session {
        id,
        name: Arc::from(fields.name),
        node,
        node_checks: node_checks.iter().map(CheckId::new).collect::<Result<_, _>>()?,
        service_checks: (fields.service_checks.into_vec().into_iter())
            .map(service_check)
            .collect::<Result<_, InvalidName>>()?,
        behavior,
        ttl,
        lock_delay: fields.lock_delay.map_or(DEFAULT_LOCK_DELAY, GoDuration::or_zero),
    })
}

fn ttl(text: &str, least: Duration) -> Result<Option<SessionTtl>, SessionRequestError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = GoDuration::parse(text);
    let ttl = parsed.map_err(|problem| SessionRequestError::TtlText { text: text.to_owned(), problem })?;
    let length = ttl.or_zero();
    if ttl.nanos() != 0 && !(least..=MAX_TTL).contains(&length) {
        return Err(SessionRequestError::TtlRange { least, nanos: ttl.nanos() });
    }
    Ok(Some(SessionTtl { text: Arc::from(text), length }))
}

#[derive(Default)]
struct SessionFields {
    name: String,
    node: Option<String>,
    behavior: String,
    ttl: String,
    lock_delay: Option<GoDuration>,
    /// Read once all else is.
    lock_delay_given: Option<Value>,
    /// The old name of `NodeChecks`.
    checks: Option<GoList<Arc<str>>>,
    /// `Checks` stands there, be it empty.
    named_checks: bool,
    node_checks: Option<GoList<Arc<str>>>,
    service_checks: GoList<ServiceCheckFields>,
    ignored: String,
    ignored_index: u64,
}

impl Fill for SessionFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, _: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "name" => fields.string("Name", value, &mut self.name),
            "node" => {
                let mut node = String::new();
                fields.string("Node", value, &mut node);
                if *value != Value::Null {
                    self.node = Some(node);
                }
            }
            "behavior" => fields.text("Behavior", "structs.SessionBehavior", value, &mut self.behavior),
            "ttl" => fields.string("TTL", value, &mut self.ttl),
            "lockdelay" => self.lock_delay_given = Some(value.clone()),
            "checks" => {
                self.named_checks = true;
                fields.texts("Checks", CHECK_IDS, value, self.checks.get_or_insert_with(default_checks));
            }
            "nodechecks" => {
                fields.strings("NodeChecks", value, self.node_checks.get_or_insert_with(default_checks));
            }
            "servicechecks" => self.take_service_checks(fields, value)?,
            // The server makes one.
            "id" => fields.string("ID", value, &mut self.ignored),
            // What a client may send back.
            "createindex" => fields.uint("RaftIndex.CreateIndex", value, &mut self.ignored_index),
            "modifyindex" => fields.uint("RaftIndex.ModifyIndex", value, &mut self.ignored_index),
            // What else there is, Consul takes no notice of here.
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        self.lock_delay_given.take().map_or(Ok(()), |value| self.take_lock_delay(&value))
    }
}

impl SessionFields {
    fn take_lock_delay(&mut self, value: &Value) -> Result<(), DecodeError> {
        if *value == Value::Null {
            return Ok(());
        }
        let given = fields::duration(value)?.unwrap_or_default().nanos();
        let nanos = if given < SECONDS_BELOW { given.saturating_mul(1_000_000_000) } else { given };
        self.lock_delay = Some(GoDuration::from_nanos(nanos));
        Ok(())
    }

    fn take_service_checks(&mut self, fields: &mut Fields, value: &Value) -> Result<(), DecodeError> {
        let Some(items) = value.as_array() else {
            fields.not_a_list("ServiceChecks", "[]structs.ServiceCheck", value);
            self.service_checks.clear();
            return Ok(());
        };
        for (item, check) in items.iter().zip(self.service_checks.comes_with(items.len())) {
            fields.nested("ServiceChecks", ("ServiceCheck", "structs.ServiceCheck"), item, check)?;
        }
        Ok(())
    }
}

/// What Consul's list has before the body is read.
fn default_checks() -> GoList<Arc<str>> {
    GoList::from(vec![Arc::from(NODE_CHECK)])
}

#[derive(Default)]
struct ServiceCheckFields {
    id: String,
    namespace: String,
}

impl Fill for ServiceCheckFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, _: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "id" => fields.string("ID", value, &mut self.id),
            "namespace" => fields.string("Namespace", value, &mut self.namespace),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Session, SessionRequestError> {
        create_session(body.as_bytes(), SessionId::new("id").unwrap(), &NodeName::new("here").unwrap(), MIN_SESSION_TTL)
    }

    fn text(body: &str) -> String {
        read(body).unwrap_err().to_string()
    }

    fn checks(body: &str) -> Vec<String> {
        read(body).unwrap().node_checks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_empty_body_is_a_session_with_consuls_defaults() {
        let expected = Session {
            id: SessionId::new("id").unwrap(),
            name: Arc::from(""),
            node: NodeName::new("here").unwrap(),
            node_checks: vec![CheckId::new("serfHealth").unwrap()],
            service_checks: vec![],
            behavior: SessionBehavior::Release,
            ttl: None,
            lock_delay: Duration::from_secs(15),
        };
        for body in ["", "{}", "null", r#"{"LockDelay":null,"Node":null,"ID":"mine","CreateIndex":7}"#] {
            assert_eq!(read(body), Ok(expected.clone()), "{body}");
        }
    }

    #[test]
    fn reads_what_patroni_sends() {
        let body =
            r#"{"name":"scope-n1","checks":["serfHealth"],"lockdelay":"0.001s","ttl":"15.0s","behavior":"delete"}"#;
        let session = read(body).unwrap();
        assert_eq!((&*session.name, session.behavior), ("scope-n1", SessionBehavior::Delete));
        assert_eq!(session.lock_delay, Duration::from_millis(1));
        let ttl = session.ttl.unwrap();
        assert_eq!((&*ttl.text, ttl.length), ("15.0s", Duration::from_secs(15)));
    }

    #[test]
    fn small_lock_delays_are_seconds() {
        let delay = |value: &str| read(&format!(r#"{{"LockDelay":{value}}}"#)).unwrap().lock_delay;
        assert_eq!(delay("0"), Duration::ZERO);
        assert_eq!(delay("\"0s\""), Duration::ZERO);
        assert_eq!(delay("20"), Duration::from_secs(20));
        assert_eq!(delay("1000"), Duration::from_micros(1));
        assert_eq!(delay("15000000000"), Duration::from_secs(15));
        assert_eq!(delay("\"61s\""), Duration::from_secs(61));
        assert_eq!(delay("-1"), Duration::ZERO);
        assert_eq!(text(r#"{"LockDelay":"x"}"#), "Request decode failed: time: invalid duration \"x\"");
        assert!(text(r#"{"LockDelay":"x","TTL":5}"#).ends_with(".Alias.TTL of type string"), "read once all else is");
    }

    #[test]
    fn the_shortest_ttl_is_a_setting() {
        let least = Duration::from_secs(2);
        let read = |ttl: &str| {
            let body = format!(r#"{{"TTL":"{ttl}"}}"#);
            create_session(body.as_bytes(), SessionId::new("id").unwrap(), &NodeName::new("here").unwrap(), least)
        };
        assert_eq!(read("2s").unwrap().ttl.unwrap().length, least);
        let range = "Invalid Session TTL '1000000000', must be between [2s=24h0m0s]";
        assert_eq!(read("1s").unwrap_err().to_string(), range);
    }

    #[test]
    fn named_checks_take_the_place_of_the_default() {
        assert_eq!(checks(r#"{"Checks":[]}"#), [""; 0]);
        assert_eq!(checks(r#"{"NodeChecks":[]}"#), [""; 0]);
        for without in [r#"{"Checks":[],"NodeChecks":["b"]}"#, r#"{"NodeChecks":["b"],"Checks":null}"#] {
            assert_eq!(checks(without), [""; 0], "{without}");
        }
        assert_eq!(checks(r#"{"NodeChecks":[null]}"#), ["serfHealth"]);
        assert_eq!(checks(r#"{"Checks":["a","b"],"Checks":[null]}"#), ["a"]);
        assert!(read(r#"{"ServiceChecks":[{"ID":"a","No":1}]}"#).is_ok());
        for empty in [r#"{"Checks":[""]}"#, r#"{"NodeChecks":[""]}"#, r#"{"Checks":["a",""]}"#] {
            assert_eq!(read(empty), Err(SessionRequestError::EmptyCheck), "{empty}");
        }
        let index = "Request decode failed: json: cannot unmarshal string into Go struct field \
                     .Alias.RaftIndex.CreateIndex of type uint64";
        assert_eq!(text(r#"{"CreateIndex":"x"}"#), index);
        assert_eq!(checks(r#"{"Checks":["a"]}"#), ["a"]);
        assert_eq!(checks(r#"{"NodeChecks":["b","c"]}"#), ["b", "c"]);
        assert_eq!(checks(r#"{"Checks":["a"],"NodeChecks":["a","b"]}"#), ["a", "b"]);
    }

    #[test]
    fn service_checks_that_come_twice_go_on_in_their_places() {
        let checks = |members: &str| -> Vec<(String, String)> {
            let session = read(&format!(r#"{{"NodeChecks":[],{members}}}"#)).unwrap();
            let pair = |check: &SessionServiceCheck| (check.id.to_string(), check.namespace.to_string());
            session.service_checks.iter().map(pair).collect()
        };
        let web = r#""ServiceChecks":[{"ID":"web","Namespace":"default"}]"#;
        let pair = |id: &str, namespace: &str| vec![(id.to_owned(), namespace.to_owned())];
        assert_eq!(checks(web), pair("web", "default"));
        assert_eq!(checks(&format!(r#"{web},"ServiceChecks":[{{"Namespace":"x"}}]"#)), pair("web", "x"));
        assert_eq!(checks(&format!(r#"{web},"ServiceChecks":[null]"#)), pair("web", "default"));
        for none in ["[]", "null"] {
            assert_eq!(checks(&format!(r#"{web},"ServiceChecks":{none}"#)), []);
            let afresh = format!(r#"{web},"ServiceChecks":{none},"ServiceChecks":[{{"ID":"b"}}]"#);
            assert_eq!(checks(&afresh), pair("b", ""));
        }
    }

    #[test]
    fn refuses_in_consuls_words() {
        assert_eq!(text("{"), "Request decode failed: unexpected EOF");
        assert_eq!(read("{").unwrap_err().status(), Status::BadRequest);
        assert!(read(r#"{"Nope":1}"#).is_ok(), "here Consul takes no notice of what it does not know");
        let wrong =
            "Request decode failed: json: cannot unmarshal number into Go struct field .Alias.TTL of type string";
        assert_eq!(text(r#"{"TTL":5}"#), wrong);
        assert_eq!(text(r#"{"Node":""}"#), "Must provide Node");
        assert_eq!(text(r#"{"Behavior":"burn"}"#), "Invalid Behavior setting 'burn'");
        assert_eq!(text(r#"{"TTL":"abc"}"#), "Session TTL 'abc' invalid: time: invalid duration \"abc\"");
        let range = "Invalid Session TTL '5000000000', must be between [10s=24h0m0s]";
        assert_eq!(text(r#"{"TTL":"5s"}"#), range);
        assert_eq!(text(r#"{"TTL":"-1s"}"#), range.replace("5000000000", "-1000000000"));
        assert_eq!(read(r#"{"TTL":"-1s"}"#).unwrap_err().status(), Status::Internal);
        assert_eq!(read(r#"{"TTL":"0s"}"#).unwrap().expires_after(), None);
    }
}
