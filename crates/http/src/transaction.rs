//! `/v1/txn`.

use std::fmt::Display;
use std::sync::Arc;

use muster_registry::{Command, OperationError, OperationResult, Outcome, ReadOptions, Rejection, SubmitError};
use muster_wire::answer::{self, TransactionRead, TransactionRow};
use muster_wire::query::datacenter;
use muster_wire::request::{self, TransactionRequest};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses, own_datacenter};
use crate::health::stored;
use crate::reply::Reply;

pub(crate) async fn handle(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let asked = request::transaction(&call.body().await?)
        .map_err(|error| ApiError::new(error.status().code(), error.to_string()))?;
    // Only what reads has options.
    let read = if asked.writes { None } else { Some(Read::of(&call, Refuses::Nothing)?.registry()) };
    own_datacenter(&api, datacenter(&params).as_deref(), false)?;
    if !asked.refused.is_empty() {
        let was_read = asked.refused.iter().all(|(_, refusal)| refusal.is_late());
        let read = (!asked.writes).then_some(TransactionRead { was_read });
        return Ok(failed(refusals(&api, &asked), read));
    }
    if asked.writes {
        return match api.registry.submit(Command::Transaction(asked.operations.into())).await {
            Ok(committed) => match committed.outcome {
                Outcome::Transaction(results) => Ok(done(&api, &results, None)),
                Outcome::Done | Outcome::Declined => Ok(done(&api, &[], None)),
            },
            Err(SubmitError::Rejected(Rejection::Transaction(errors))) => Ok(failed(told(errors), None)),
            Err(error) => Err(error.into()),
        };
    }
    let options = ReadOptions { wait: None, ..read.unwrap_or_default() };
    let answer = api.registry.read(&[], options, |state| state.read_transaction(&asked.operations)).await?;
    let was_read = Some(TransactionRead { was_read: true });
    Ok(match answer.value {
        Ok(results) => done(&api, &results, was_read),
        Err(errors) => failed(told(errors), was_read),
    })
}

/// What is told of a transaction that is refused: what is seen before anything is tried, alone; else all that would
/// fail.
fn refusals(api: &Api, asked: &TransactionRequest) -> Vec<(usize, String)> {
    let state = api.registry.state();
    let place =
        |error: OperationError| (asked.positions.get(error.at).copied().unwrap_or(error.at), error.failure.to_string());
    let refused = |late: bool| {
        let refused = asked.refused.iter().filter(move |(_, refusal)| refusal.is_late() == late);
        refused.map(|(at, refusal)| (*at, refusal.to_string()))
    };
    let delayed = state.refused_early(&asked.operations).into_iter().map(place);
    let mut all: Vec<_> = refused(false).chain(delayed).collect();
    if all.is_empty() {
        all = refused(true).chain(state.failures(&asked.operations).into_iter().map(place)).collect();
    }
    all.sort();
    all
}

fn told(errors: Vec<OperationError>) -> impl Iterator<Item = (usize, muster_registry::OperationFailure)> {
    errors.into_iter().map(|error| (error.at, error.failure))
}

fn done(api: &Api, results: &[OperationResult], read: Option<TransactionRead>) -> Reply {
    let mut body = Vec::new();
    answer::transaction_done(&mut body, api.registry.datacenter(), results.iter().map(row), read);
    finish(Reply::json(body), read)
}

fn failed<E: Display>(errors: impl IntoIterator<Item = (usize, E)>, read: Option<TransactionRead>) -> Reply {
    let mut body = Vec::new();
    answer::transaction_failed(&mut body, errors, read);
    finish(Reply::json(body).with_status(409), read)
}

fn finish(reply: Reply, read: Option<TransactionRead>) -> Reply {
    match read {
        Some(read) => reply.with_leader(read.was_read),
        None => reply,
    }
}

fn row(result: &OperationResult) -> TransactionRow<'_> {
    match result {
        OperationResult::Kv { entry, with_value } => TransactionRow::Kv { entry, with_value: *with_value },
        OperationResult::Node(node) => TransactionRow::Node(stored(node)),
        OperationResult::Service(service) => TransactionRow::Service(stored(service)),
        OperationResult::Check(row) => TransactionRow::Check(answer::CheckRow {
            node: &row.node,
            check: stored(&row.check),
            service: row.service.as_deref(),
        }),
    }
}
