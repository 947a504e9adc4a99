//! `/v1/session`.

use std::sync::Arc;

use muster_model::{Indexed, Session, SessionId};
use muster_registry::{Command, Question, SubmitError, new_session_id};
use muster_wire::{answer, request};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, own_datacenter};
use crate::health::stored;
use crate::reply::Reply;

pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    own_datacenter(&api, &call.options(&params.without("index"))?, false)?;
    let session =
        request::create_session(call.body(), new_session_id(), api.agent.node(), api.settings.min_session_ttl)
            .map_err(|error| ApiError::new(error.status().code(), error.to_string()))?;
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
    own_datacenter(&api, &call.options(&call.params()?)?, false)?;
    // What cannot be an ID is not there, and ending what is not there succeeds.
    if let Ok(id) = SessionId::new(named(&call)?) {
        api.registry.submit(Command::SessionDestroy(id)).await?;
    }
    Ok(Reply::json(answer::boolean(true)))
}

pub(crate) async fn renew(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    own_datacenter(&api, &call.options(&call.params()?)?, false)?;
    let id = named(&call)?;
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
    let options = call.options(&call.params()?)?;
    own_datacenter(&api, &options, true)?;
    let id = named(&call)?;
    let question = Question::session(id);
    let read = Read { options };
    let answer = api.registry.ask(&question, read.registry()).await?;
    let reply = api.bodies.reply(&question, "", &answer, || Reply::json(written(&answer.value)));
    Ok(reply.with_query(answer.index, true).good_at(read.good_at(&answer)))
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let options = call.options(&call.params()?)?;
    own_datacenter(&api, &options, true)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing node name"));
    }
    listed(&api, Question::sessions_on(&call.argument), Read { options }).await
}

pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let options = call.options(&call.params()?)?;
    own_datacenter(&api, &options, true)?;
    listed(&api, Question::sessions(), Read { options }).await
}

fn named(call: &Call) -> Result<&str, ApiError> {
    if call.argument.is_empty() { Err(ApiError::bad_request("Missing session")) } else { Ok(&call.argument) }
}

async fn listed(api: &Api, question: Question<Vec<Indexed<Arc<Session>>>>, read: Read) -> Result<Reply, ApiError> {
    let answer = api.registry.ask(&question, read.registry()).await?;
    let reply = api.bodies.reply(&question, "", &answer, || Reply::json(written(&answer.value)));
    Ok(reply.with_query(answer.index, true).good_at(read.good_at(&answer)))
}

fn written<'a>(sessions: impl IntoIterator<Item = &'a Indexed<Arc<Session>>>) -> Vec<u8> {
    let mut body = Vec::new();
    answer::sessions(&mut body, sessions.into_iter().map(stored));
    body
}
