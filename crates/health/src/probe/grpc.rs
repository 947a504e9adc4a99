//! A server says that it serves, over gRPC's health protocol (`grpc.health.v1.Health/Check`).
//!
//! The two messages have one field each, so they are written and read here rather than by generated code.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use hyper::{HeaderMap, Request};
use muster_model::Tls;

use super::h2ping::open;
use crate::Outcome;

const SERVING: u64 = 1;
/// gRPC's status codes by number, in Go's spelling.
const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];
const UNIMPLEMENTED: usize = 12;
const INTERNAL: usize = 13;
const UNAVAILABLE: usize = 14;
/// More than this is no answer to such a question.
const MAX_ANSWER: usize = 64 * 1024;

pub(super) async fn run(target: &str, tls: Option<&Tls>, timeout: Duration) -> Outcome {
    let (address, service) = target.split_once('/').unwrap_or((target, ""));
    match tokio::time::timeout(timeout, check(address, service, tls)).await {
        Ok(Ok(SERVING)) => Outcome::passing(format!("gRPC check {target}: success")),
        Ok(Ok(_)) => Outcome::critical("gRPC application didn't report service healthy"),
        Ok(Err(text)) => Outcome::critical(text),
        Err(_) => Outcome::critical(error(4, "context deadline exceeded")),
    }
}

fn error(code: usize, text: &str) -> String {
    let code = CODES.get(code).map_or_else(|| format!("Code({code})"), |name| (*name).to_owned());
    format!("rpc error: code = {code} desc = {text}")
}

/// Asks, and returns the status that is answered.
async fn check(address: &str, service: &str, tls: Option<&Tls>) -> Result<u64, String> {
    let unavailable = |text: String| error(UNAVAILABLE, &text);
    let stream = open(address, tls).await.map_err(|failed| {
        unavailable(format!("connection error: desc = \"transport: Error while dialing: {failed}\""))
    })?;
    let transport = |failed: h2::Error| unavailable(format!("connection error: {failed}"));
    let (sender, connection) = h2::client::handshake(stream).await.map_err(transport)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let origin = format!("{scheme}://{address}");
    tokio::select! {
        answer = ask(sender, &origin, service) => answer,
        ended = connection => Err(ended.map_or_else(transport, |()| unavailable("the server closed the connection".to_owned()))),
    }
}

async fn ask(sender: SendRequest<Bytes>, origin: &str, service: &str) -> Result<u64, String> {
    let transport = |failed: h2::Error| error(UNAVAILABLE, &failed.to_string());
    let mut sender = sender.ready().await.map_err(transport)?;
    let request = Request::post(format!("{origin}/grpc.health.v1.Health/Check"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", "Consul Health Check")
        .body(())
        .map_err(|invalid| error(INTERNAL, &invalid.to_string()))?;
    let (answer, mut body) = sender.send_request(request, false).map_err(transport)?;
    body.send_data(message(service), true).map_err(transport)?;
    let answer = answer.await.map_err(transport)?;
    let status = answer.status();
    let (parts, mut stream) = answer.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(data) = stream.data().await {
        let data = data.map_err(transport)?;
        // What is read makes room for more.
        let _ = stream.flow_control().release_capacity(data.len());
        if bytes.len() + data.len() > MAX_ANSWER {
            return Err(error(8, "the answer is too long for a health check's"));
        }
        bytes.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.map_err(transport)?.unwrap_or_default();
    match outcome(&parts.headers).or_else(|| outcome(&trailers)) {
        Some((0, _)) => {}
        Some((code, text)) => return Err(error(code, &text)),
        None if status.is_success() => return Err(error(INTERNAL, "the server sent no grpc-status")),
        None => {
            let code = if status.as_u16() == 404 { UNIMPLEMENTED } else { UNAVAILABLE };
            return Err(error(code, &format!("unexpected HTTP status code received from server: {status}")));
        }
    }
    answered(&bytes).ok_or_else(|| error(INTERNAL, "the answer is no HealthCheckResponse"))
}

/// `grpc-status` with its message.
fn outcome(headers: &HeaderMap) -> Option<(usize, String)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let code = text("grpc-status")?.parse().unwrap_or(2);
    Some((code, text("grpc-message").unwrap_or_default().to_owned()))
}

/// A frame with a `HealthCheckRequest`: field 1 is the service's name.
fn message(service: &str) -> Bytes {
    let mut content = BytesMut::new();
    if !service.is_empty() {
        content.put_u8(0x0a);
        let mut length = service.len();
        while length >= 0x80 {
            content.put_u8((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        content.put_u8(length as u8);
        content.extend_from_slice(service.as_bytes());
    }
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(content.len()).unwrap_or(u32::MAX));
    frame.extend_from_slice(&content);
    frame.freeze()
}

/// The status in a frame with a `HealthCheckResponse`: field 1, zero if it is missing.
fn answered(frame: &[u8]) -> Option<u64> {
    let (head, mut rest) = frame.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    if head[0] != 0 || usize::try_from(length).ok()? != rest.len() {
        return None;
    }
    let mut status = 0;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        match tag & 7 {
            0 => {
                let value = varint(&mut rest)?;
                if tag >> 3 == 1 {
                    status = value;
                }
            }
            // Fields that a later version may have.
            1 => rest = rest.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            5 => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(status)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_carries_the_service() {
        assert_eq!(&message("")[..], [0, 0, 0, 0, 0]);
        assert_eq!(&message("ab")[..], [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        assert_eq!(message(&"x".repeat(300)).len(), 5 + 3 + 300);
    }

    #[test]
    fn the_answer_is_read_or_refused() {
        assert_eq!(answered(&[0, 0, 0, 0, 2, 8, 1]), Some(1));
        assert_eq!(answered(&[0, 0, 0, 0, 0]), Some(0));
        assert_eq!(answered(&[0, 0, 0, 0, 7, 0x12, 3, 1, 2, 3, 8, 2]), Some(2));
        for wrong in
            [&[][..], &[0, 0, 0, 0, 2, 8], &[1, 0, 0, 0, 2, 8, 1], &[0, 0, 0, 0, 2, 0x12, 9], &[0, 0, 0, 0, 1, 15]]
        {
            assert_eq!(answered(wrong), None, "{wrong:?}");
        }
    }
}
