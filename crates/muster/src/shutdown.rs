//! Signals: SIGINT and SIGTERM stop, SIGHUP has things read anew.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Each SIGHUP from now on, which otherwise ends the process.
pub fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// A token that is cancelled at the first SIGINT, SIGTERM or SIGQUIT. A second one ends the process at once.
pub fn on_signals() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // What `docker stop` sends to containers of the image nginx, and of images that are made from it. A container's
    // first process that does not listen would not get it.
    let mut quit = signal(SignalKind::quit())?;
    // A reader that went away (`muster up | head`) is an error of that write, not the end.
    let mut pipe = signal(SignalKind::pipe())?;
    // Runbooks have Consul write its metrics to its log with the first; Go's programs, as the old tools are, outlive
    // all three.
    let mut metrics = signal(SignalKind::user_defined1())?;
    let mut user = signal(SignalKind::user_defined2())?;
    let mut alarm = signal(SignalKind::alarm())?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = quit.recv() => {}
                _ = pipe.recv() => continue,
                _ = metrics.recv() => {
                    tracing::warn!("SIGUSR1: metrics are not written to the log; it is ignored");
                    continue;
                }
                _ = user.recv() => continue,
                _ = alarm.recv() => continue,
            }
            if stop.is_cancelled() {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(token)
}
