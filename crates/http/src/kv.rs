//! `/v1/kv`.

use std::fmt::Display;
use std::sync::Arc;

use hyper::Method;
use muster_model::{Index, KvWrite, SessionId};
use muster_registry::{Answer, Command, KvSet, Outcome, Question, ReadOptions, SubmitError};
use muster_wire::answer;
use muster_wire::request::{self, KvDelete, KvGet, KvPut, KvShape};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses, own_datacenter};
use crate::reply::Reply;

pub(crate) async fn handle(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Nothing)?;
    let params = &read.params;
    let at_home = || own_datacenter(&api, read.options.datacenter.as_deref(), false);
    match call.method {
        Method::GET => {
            let asked = KvGet::read(&call.argument, params)?;
            call.refuse_enterprise(params)?;
            at_home()?;
            get(&api, asked, read.registry()).await
        }
        Method::PUT => {
            call.refuse_enterprise(params)?;
            let asked = KvPut::read(&call.argument, params)?;
            let value = Arc::from(&*call.body().await?);
            at_home()?;
            put(&api, asked, value).await
        }
        _ => {
            call.refuse_enterprise(params)?;
            let asked = KvDelete::read(&call.argument, params)?;
            at_home()?;
            delete(&api, asked).await
        }
    }
}

async fn get(api: &Api, asked: KvGet, read: ReadOptions) -> Result<Reply, ApiError> {
    match asked {
        KvGet::Entry { key, shape } => {
            let question = Question::key_entry(&key);
            let name = if shape == KvShape::Raw { "raw" } else { "" };
            get_as(api, &question, read, name, |answer| match (&answer.value, shape) {
                (None, _) => Reply::missing(),
                (Some(entry), KvShape::Raw) => Reply::raw(entry.value.to_vec()),
                (Some(entry), KvShape::Json) => written(|body| answer::kv_entries(body, [&**entry])),
            })
            .await
        }
        KvGet::Recurse { prefix } => {
            get_as(api, &Question::keys_under(&prefix), read, "", |answer| match answer.value.is_empty() {
                false => written(|body| answer::kv_entries(body, answer.value.iter().map(|entry| &**entry))),
                true => Reply::missing(),
            })
            .await
        }
        KvGet::Keys { prefix, separator } => {
            // Of the whole store, none is an answer too.
            get_as(api, &Question::key_names_under(&prefix, &separator), read, "", |answer| {
                match answer.value.is_empty() && !prefix.is_empty() {
                    false => written(|body| answer::kv_keys(body, answer.value.iter().map(|key| &**key))),
                    true => Reply::missing(),
                }
            })
            .await
        }
    }
}

async fn get_as<T: Send + Sync + 'static>(
    api: &Api,
    question: &Question<T>,
    read: ReadOptions,
    shape: &str,
    write: impl FnOnce(&Answer<T>) -> Reply,
) -> Result<Reply, ApiError> {
    let answer = api.registry.ask(question, read).await?;
    let reply = api.bodies.reply(question, shape, &answer, || write(&answer));
    let at = read.wait.is_none().then_some(answer.at);
    Ok(reply.with_query(answer.index, true).good_at(at))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut body = Vec::new();
    write(&mut body);
    Reply::json(body)
}

async fn put(api: &Api, asked: KvPut, value: Arc<[u8]>) -> Result<Reply, ApiError> {
    let KvPut { key, flags, cas, acquire, release } = asked;
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
