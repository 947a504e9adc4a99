//! `/v1/agent/leave`, `/v1/agent/reload`, `/v1/agent/join` and `/v1/agent/force-leave`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

/// Reads the configuration again, or says why not.
pub type Reload = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What clients may do to the process.
#[derive(Default)]
pub struct Control {
    /// Cancelled when a client asks the process to stop; whoever runs it listens.
    pub leave: CancellationToken,
    /// How the configuration is read again, if it can be.
    pub reload: Option<Reload>,
}

pub(crate) async fn leave(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    api.control.leave.cancel();
    Ok(Reply::empty())
}

pub(crate) async fn reload(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    match &api.control.reload {
        Some(reload) => reload().await.map_err(ApiError::internal)?,
        None => return Err(ApiError::not_there_yet("reading the configuration again")),
    }
    Ok(Reply::empty())
}

/// The agent is the only member of its cluster, so it has joined itself and nobody else.
pub(crate) async fn join(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let wan = params.non_empty("wan").is_some_and(|wan| wan == "1");
    let (name, port) = match call.argument.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !host.ends_with(':') => (host, port.parse().ok()),
        _ => (call.argument.as_str(), None),
    };
    let own = if wan { api.about.serf_wan_port } else { api.about.serf_lan_port };
    let address = name.trim_matches(['[', ']']).parse().ok();
    if address == Some(api.about.advertise) && port.unwrap_or(own) == own {
        return Ok(Reply::empty());
    }
    let text = format!("joining {:?} is not supported by this version of muster: one server is all", call.argument);
    Err(ApiError::internal(text))
}

pub(crate) async fn force_leave(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_partition(&params)?;
    let wan = params.has("wan");
    let member = api.member(wan);
    if call.argument != member.name {
        // Between datacenters Consul does not say which.
        let name = if wan { "" } else { call.argument.as_str() };
        return Err(ApiError::internal(format!("agent: No node found with name '{name}'")));
    }
    // A member that is alive is left as it is.
    Ok(Reply::empty())
}
