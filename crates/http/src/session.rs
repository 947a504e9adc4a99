//! `/v1/session`.

use std::sync::Arc;

use muster_model::{Indexed, Session, SessionId};
use muster_registry::{Command, Question, SubmitError, new_session_id};
use muster_wire::query::{Scope, datacenter};
use muster_wire::{answer, request};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses, own_datacenter};
use crate::health::stored;
use crate::reply::Reply;

pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    let body = call.body().await?;
    let session = request::create_session(&body, new_session_id(), api.agent.node(), api.settings.min_session_ttl)
        .map_err(|error| ApiError::new(error.status().code(), error.to_string()));
    // What cannot be read is told by the agent, what cannot be by the servers of the datacenter.
    if !matches!(&session, Err(unread) if unread.status == 400) {
        own_datacenter(&api, datacenter(&params).as_deref(), false)?;
    }
    let session = session?;
    let id = session.id.clone();
    api.registry.submit(Command::SessionCreate(Arc::new(session))).await.map_err(|error| match error {
        SubmitError::Rejected(rejection) => ApiError::internal(format!("apply failed: {rejection}")),
        other => other.into(),
    })?;
    let mut body = Vec::new();
    answer::session_id(&mut body, &id);
    Ok(Reply::json(body))
}

pub(crate) async fn destroy(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    let id = call.named("Missing session")?;
    own_datacenter(&api, datacenter(&params).as_deref(), false)?;
    // What cannot be an ID is not there, and ending what is not there succeeds.
    if let Ok(id) = SessionId::new(id) {
        api.registry.submit(Command::SessionDestroy(id)).await?;
    }
    Ok(Reply::json(answer::boolean(true)))
}

pub(crate) async fn renew(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Namespace))?;
    let id = call.named("Missing session")?;
    own_datacenter(&api, read.options.datacenter.as_deref(), false)?;
    let session = match SessionId::new(id) {
        Ok(id) => api.registry.renew_session(&id).await?,
        Err(_) => None,
    };
    match session {
        Some(session) => Ok(Reply::json(written([&session]))),
        None => Err(ApiError::new(404, format!("Session id '{id}' not found"))),
    }
}

pub(crate) async fn info(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Namespace))?;
    let id = call.named("Missing session")?;
    read.at_home(&api)?;
    let question = Question::session(id);
    let answer = api.registry.ask(&question, read.registry()).await?;
    let reply = api.bodies.reply(&question, "", &answer, || Reply::json(written(&answer.value)));
    Ok(reply.with_query(answer.index, true).good_at(read.good_at(&answer)))
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Namespace))?;
    let node = call.named("Missing node name")?;
    read.at_home(&api)?;
    listed(&api, Question::sessions_on(node), read).await
}

pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Namespace))?;
    read.at_home(&api)?;
    listed(&api, Question::sessions(), read).await
}

async fn listed(api: &Api, question: Question<Vec<Indexed<Arc<Session>>>>, read: Read<'_>) -> Result<Reply, ApiError> {
    let answer = api.registry.ask(&question, read.registry()).await?;
    let reply = api.bodies.reply(&question, "", &answer, || Reply::json(written(&answer.value)));
    Ok(reply.with_query(answer.index, true).good_at(read.good_at(&answer)))
}

fn written<'a>(sessions: impl IntoIterator<Item = &'a Indexed<Arc<Session>>>) -> Vec<u8> {
    let mut body = Vec::new();
    answer::sessions(&mut body, sessions.into_iter().map(stored));
    body
}
