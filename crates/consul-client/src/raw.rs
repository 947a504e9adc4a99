//! Any request: for commands that show what a registry answers.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use muster_catalog::CatalogError;
use muster_wire::header;

use crate::ConsulClient;
use crate::client::Call;

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct RawAnswer {
    /// HTTP's status.
    pub status: u16,
    /// The index that it was asked at, if it says.
    pub index: Option<u64>,
    /// The body.
    pub body: Bytes,
}

impl ConsulClient {
    /// `GET` of a path with its query.
    pub async fn get_raw(&self, target: String, within: Duration) -> Result<RawAnswer, CatalogError> {
        self.raw(Call { held_for: Some(within), ..Call::get(target) }).await
    }

    /// `PUT`, with a body or without.
    pub async fn put_raw(&self, target: String, body: Vec<u8>, within: Duration) -> Result<RawAnswer, CatalogError> {
        self.raw(Call { held_for: Some(within), ..Call::put(target, Some(body)) }).await
    }

    /// `DELETE`.
    pub async fn delete_raw(&self, target: String, within: Duration) -> Result<RawAnswer, CatalogError> {
        self.raw(Call { method: Method::DELETE, held_for: Some(within), ..Call::get(target) }).await
    }

    async fn raw(&self, call: Call) -> Result<RawAnswer, CatalogError> {
        let answer = self.send(call).await?;
        let index = answer.headers.get(header::INDEX).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(RawAnswer { status: answer.status.as_u16(), index, body: answer.body })
    }
}
