//! `/v1/kv`.

use std::fmt::Display;
use std::sync::Arc;

use hyper::Method;
use muster_model::{Index, KvWrite, SessionId};
use muster_registry::{Answer, Command, KvSet, Outcome, ReadOptions, SubmitError, Topic};
use muster_wire::answer;
use muster_wire::query::Params;
use muster_wire::request::{self, KvDelete, KvGet, KvPut, KvShape};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, own_datacenter};
use crate::reply::Reply;

pub(crate) async fn handle(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let options = call.options(&params)?;
    own_datacenter(&api, &options, false)?;
    match call.method {
        Method::GET => {
            let read = Read { options }.registry();
            get(&api, KvGet::read(&call.argument, &params)?, read).await
        }
        Method::PUT => put(&api, &call, &params).await,
        _ => delete(&api, KvDelete::read(&call.argument, &params)?).await,
    }
}

async fn get(api: &Api, asked: KvGet, read: ReadOptions) -> Result<Reply, ApiError> {
    match asked {
        KvGet::Entry { key, shape } => {
            let topics = [Topic::Key(key.clone())];
            let answer = api.registry.read(&topics, read, |state| state.key(key.as_str())).await?;
            Ok(reply(&answer, |entry| match (entry, shape) {
                (None, _) => Reply::missing(),
                (Some(entry), KvShape::Raw) => Reply::raw(entry.value.to_vec()),
                (Some(entry), KvShape::Json) => written(|body| answer::kv_entries(body, [&**entry])),
            }))
        }
        KvGet::Recurse { prefix } => {
            let topics = [Topic::KeysUnder(Arc::from(&*prefix))];
            let answer = api.registry.read(&topics, read, |state| state.keys_under(&prefix)).await?;
            Ok(reply(&answer, |list| written(|body| answer::kv_entries(body, list.iter().map(|entry| &**entry)))))
        }
        KvGet::Keys { prefix, separator } => {
            let topics = [Topic::KeysUnder(Arc::from(&*prefix))];
            let query = |state: &muster_registry::State| state.key_names_under(&prefix, &separator);
            let mut answer = api.registry.read(&topics, read, query).await?;
            // Of the whole store, none is an answer too.
            answer.found |= prefix.is_empty();
            Ok(reply(&answer, |list| written(|body| answer::kv_keys(body, list.iter().map(|key| &**key)))))
        }
    }
}

fn reply<T>(answer: &Answer<T>, write: impl FnOnce(&T) -> Reply) -> Reply {
    let reply = if answer.found { write(&answer.value) } else { Reply::missing() };
    reply.with_query(answer.index, true)
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut body = Vec::new();
    write(&mut body);
    Reply::json(body)
}

async fn put(api: &Api, call: &Call, params: &Params<'_>) -> Result<Reply, ApiError> {
    let KvPut { key, flags, cas, acquire, release } = KvPut::read(&call.argument, params)?;
    let value = Arc::from(call.body());
    let command = match (acquire, release) {
        (Some(id), _) => Command::KvAcquire { write: KvWrite { key, value, flags }, session: lock_session(&id)? },
        (_, Some(id)) => Command::KvRelease { write: KvWrite { key, value, flags }, session: lock_session(&id)? },
        (None, None) => Command::KvSet(KvSet { key, value, flags, cas: cas.map(Index) }),
    };
    submit(api, command).await
}

fn lock_session(id: &str) -> Result<SessionId, ApiError> {
    request::lock_session(id).map_err(apply_failed)
}

/// Consul says where the refusal comes from.
fn apply_failed(reason: impl Display) -> ApiError {
    ApiError::internal(format!("raft apply failed: {reason}"))
}

async fn delete(api: &Api, asked: KvDelete) -> Result<Reply, ApiError> {
    let command = match asked {
        KvDelete::Entry { key, cas } => Command::KvDelete { key, cas: cas.map(Index) },
        KvDelete::Recurse { prefix } => Command::KvDeleteUnder { prefix: Arc::from(prefix) },
    };
    submit(api, command).await
}

async fn submit(api: &Api, command: Command) -> Result<Reply, ApiError> {
    let committed = api.registry.submit(command).await.map_err(|error| match error {
        SubmitError::Rejected(rejection) => apply_failed(rejection),
        other => other.into(),
    })?;
    Ok(Reply::json(answer::boolean(committed.outcome == Outcome::Done)))
}
