//! One HTTP exchange over a connection of its own. No client library: targets must go out unchanged, and
//! libraries clean or refuse some of the record's.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No request of the record blocks; a target that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What goes out.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET` and the like.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Headers besides `Host`, `Connection` and `Content-Length`.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers by lower-case name; repeated ones joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// Sends a request and reads the whole answer.
pub fn exchange(address: SocketAddr, request: &Request<'_>) -> io::Result<Answer> {
    exchange_within(address, request, PATIENCE)
}

/// The same for a request that may block, as long as it says something again within `patience`.
pub fn exchange_within(address: SocketAddr, request: &Request<'_>, patience: Duration) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(patience))?;
    let mut head =
        format!("{} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n", request.method, request.target);
    for (name, value) in request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
    stream.write_all(&[head.as_bytes(), request.body].concat())?;
    let mut bytes = Vec::new();
    // Who refuses a body before its end may close with a reset; what came before is the answer all the same.
    match stream.read_to_end(&mut bytes) {
        Err(error) if bytes.is_empty() => return Err(error),
        _ => {}
    }
    parse(&bytes, request.method == "HEAD")
}

fn parse(bytes: &[u8], no_body: bool) -> io::Result<Answer> {
    let end = find(bytes, b"\r\n\r\n").ok_or_else(|| broken("no end of headers"))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| broken("headers are no UTF-8"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| broken("header without colon"))?;
        let slot = headers.entry(name.to_ascii_lowercase()).or_default();
        if !slot.is_empty() {
            slot.push_str(", ");
        }
        slot.push_str(value.trim());
    }
    let rest = &bytes[end + 4..];
    let body = if no_body {
        Vec::new()
    } else if headers.get("transfer-encoding").is_some_and(|encoding| encoding.contains("chunked")) {
        dechunk(rest)?
    } else if let Some(length) = headers.get("content-length") {
        let length: usize = length.parse().map_err(|_| broken("content-length is no number"))?;
        rest.get(..length).ok_or_else(|| broken("body is cut"))?.to_vec()
    } else {
        rest.to_vec()
    };
    Ok(Answer { status: status.ok_or_else(|| broken("no status"))?, headers, body })
}

fn dechunk(mut rest: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = find(rest, b"\r\n").ok_or_else(|| broken("chunk without size"))?;
        let size = std::str::from_utf8(&rest[..line]).ok().and_then(|text| text.split(';').next());
        let size = size.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let size = size.ok_or_else(|| broken("chunk size is no number"))?;
        if size == 0 {
            return Ok(body);
        }
        let start = line + 2;
        body.extend_from_slice(rest.get(start..start + size).ok_or_else(|| broken("chunk is cut"))?);
        rest = rest.get(start + size + 2..).ok_or_else(|| broken("chunk without end"))?;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bodies_of_every_framing() {
        let read = |text: &str| parse(text.as_bytes(), false).map(|answer| String::from_utf8(answer.body).unwrap());
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd").unwrap(), "abc");
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\nto the end").unwrap(), "to the end");
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\na\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), "a\r\n0123456789");
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab").is_err());
    }

    #[test]
    fn targets_go_out_unchanged() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            while find(&seen, b"\r\n\r\nx").is_none() {
                let mut buffer = [0; 512];
                let count = stream.read(&mut buffer).unwrap();
                seen.extend_from_slice(&buffer[..count]);
            }
            stream.write_all(b"HTTP/1.1 307 Moved\r\nA: 1\r\na: 2\r\n\r\n").unwrap();
            String::from_utf8(seen).unwrap()
        });
        let request = Request { method: "PUT", target: "/v1/kv/open//dd%2F..?\"^", headers: &[], body: b"x" };
        let answer = exchange(address, &request).unwrap();
        assert_eq!((answer.status, &*answer.headers["a"]), (307, "1, 2"));
        assert!(server.join().unwrap().starts_with("PUT /v1/kv/open//dd%2F..?\"^ HTTP/1.1\r\n"));
    }
}
