//! A way to the outer engine that can be shut, as if the engine had gone.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A socket whose connections lead to the engine until it is shut.
pub struct Gate {
    socket: PathBuf,
    /// None: it is shut.
    connections: Arc<Mutex<Option<Vec<UnixStream>>>>,
}

impl Gate {
    /// Listens at `socket`, where nothing may be yet, for the engine at `engine` (`unix://…`).
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    pub fn open(socket: &Path, engine: &str) -> Self {
        let listener = UnixListener::bind(socket).expect("the gate's socket is free");
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let (kept, engine) = (Arc::clone(&connections), PathBuf::from(engine.trim_start_matches("unix://")));
        thread::spawn(move || {
            for inside in listener.incoming().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(kept) = kept.as_mut() else { return };
                if let Ok(streams) = connect(&inside, &engine) {
                    kept.extend(streams);
                }
            }
        });
        Self { socket: socket.to_owned(), connections }
    }

    /// Breaks every connection and takes no more.
    pub fn shut(&self) {
        let _ = std::fs::remove_file(&self.socket);
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner).take();
        for stream in connections.into_iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Joins a connection to one to the engine; gives both, to be shut.
fn connect(inside: &UnixStream, engine: &Path) -> io::Result<[UnixStream; 2]> {
    let outside = UnixStream::connect(engine)?;
    for (from, to) in [(inside, &outside), (&outside, inside)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok([inside.try_clone()?, outside])
}
