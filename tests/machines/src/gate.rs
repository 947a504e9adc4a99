//! A way to the outer engine that can be shut, as if the engine had gone, and where what passes can be met.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What becomes of a request that changes something on the engine.
pub enum Verdict {
    /// It is handed on.
    Pass,
    /// It is handed on; when the engine has answered, this is done, and then the answer is handed back.
    Then(Box<dyn FnOnce() + Send>),
    /// It is handed on; when the engine has answered, the gate is shut: who asked does not learn that it was done.
    ThenShut,
    /// The engine never sees it; who asked is answered with status 500 and these words.
    Refuse(&'static str),
}

type Judge = dyn Fn(usize, &str) -> Verdict + Send + Sync;

/// None: it is shut.
type Connections = Arc<Mutex<Option<Vec<UnixStream>>>>;

/// A socket whose connections lead to the engine until it is shut.
pub struct Gate {
    socket: PathBuf,
    connections: Connections,
}

impl Gate {
    /// Listens at `socket`, where nothing may be yet, for the engine at `engine` (`unix://…`); all passes.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    pub fn open(socket: &Path, engine: &str) -> Self {
        Self::judged(socket, engine, |_, _| Verdict::Pass)
    }

    /// The same; each request that changes something is judged by its number, from 0 on, and its line.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    pub fn judged(socket: &Path, engine: &str, judge: impl Fn(usize, &str) -> Verdict + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(socket).expect("the gate's socket is free");
        let connections: Connections = Arc::new(Mutex::new(Some(Vec::new())));
        let (kept, engine) = (Arc::clone(&connections), PathBuf::from(engine.trim_start_matches("unix://")));
        let (judge, count): (Arc<Judge>, _) = (Arc::new(judge), Arc::new(Mutex::new(0)));
        thread::spawn(move || {
            for inside in listener.incoming().map_while(Result::ok) {
                let mut open = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(open) = open.as_mut() else { return };
                let Ok(outside) = UnixStream::connect(&engine) else { continue };
                let streams = [inside.try_clone(), outside.try_clone()];
                open.extend(streams.into_iter().filter_map(Result::ok));
                let way = Way { judge: Arc::clone(&judge), count: Arc::clone(&count), connections: Arc::clone(&kept) };
                thread::spawn(move || way.lead(&inside, &outside));
            }
        });
        Self { socket: socket.to_owned(), connections }
    }

    /// Breaks every connection and takes no more.
    pub fn shut(&self) {
        let _ = std::fs::remove_file(&self.socket);
        shut(&self.connections);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}

fn shut(connections: &Connections) {
    let connections = connections.lock().unwrap_or_else(PoisonError::into_inner).take();
    for stream in connections.into_iter().flatten() {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// One connection's.
struct Way {
    judge: Arc<Judge>,
    count: Arc<Mutex<usize>>,
    connections: Connections,
}

impl Way {
    /// Leads requests one way and answers the other until either end closes.
    fn lead(self, inside: &UnixStream, outside: &UnixStream) {
        // What waits for the answer that comes next.
        let waiting = Arc::new(Mutex::new(None));
        let answers = (inside.try_clone(), outside.try_clone(), Arc::clone(&waiting), Arc::clone(&self.connections));
        if let (Ok(inside), Ok(outside), waiting, connections) = answers {
            thread::spawn(move || {
                let _ = hand_back(&outside, &inside, &waiting, &connections);
                let _ = inside.shutdown(Shutdown::Both);
            });
        }
        let _ = self.hand_on(inside, outside, &waiting);
        let _ = outside.shutdown(Shutdown::Write);
    }

    fn hand_on(&self, inside: &UnixStream, outside: &UnixStream, waiting: &Mutex<Option<Verdict>>) -> io::Result<()> {
        let mut requests = BufReader::new(inside);
        while let Some((line, bytes)) = read_request(&mut requests)? {
            if ["POST ", "PUT ", "DELETE "].iter().any(|method| line.starts_with(method)) {
                let number = {
                    let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
                    *count += 1;
                    *count - 1
                };
                let verdict = (self.judge)(number, &line);
                if let Verdict::Refuse(words) = verdict {
                    let body = format!("{{\"message\":\"{words}\"}}");
                    let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json";
                    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    (&*inside).write_all(answer.as_bytes())?;
                    continue;
                }
                *waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
            }
            (&*outside).write_all(&bytes)?;
        }
        Ok(())
    }
}

/// A request's first line and all its bytes; none: the connection was closed.
fn read_request(requests: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut length = 0;
    loop {
        let start = bytes.len();
        if requests.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&bytes[start..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let head = bytes.len();
    bytes.resize(head + length, 0);
    requests.read_exact(&mut bytes[head..])?;
    let first = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(Some((String::from_utf8_lossy(first).into_owned(), bytes.clone())))
}

fn hand_back(
    mut outside: &UnixStream,
    mut inside: &UnixStream,
    waiting: &Mutex<Option<Verdict>>,
    connections: &Connections,
) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        let read = outside.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        match waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(Verdict::Then(act)) => act(),
            Some(Verdict::ThenShut) => {
                shut(connections);
                return Ok(());
            }
            _ => {}
        }
        inside.write_all(&buffer[..read])?;
    }
}
