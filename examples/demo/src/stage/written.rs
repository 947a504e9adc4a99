//! When a chain has done its own part: the load balancer's configuration names the servers that run. What follows, the
//! reload, is nginx's.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::task::JoinHandle;

const LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks from now on, on a thread of its own; none if it never comes to pass or the file may not be read.
pub(super) fn watch(configuration: PathBuf, servers: usize) -> JoinHandle<Option<SystemTime>> {
    tokio::task::spawn_blocking(move || {
        let mut looks = 0;
        while LOOK * looks < PATIENCE {
            let text = std::fs::read_to_string(&configuration).ok()?;
            if text.matches("\n    server ").count() == servers {
                return Some(SystemTime::now());
            }
            std::thread::sleep(LOOK);
            looks += 1;
        }
        None
    })
}

/// From `started`, in the engine's form (`2026-11-26T12:08:43.924876123Z`), to `then`, less than a day later.
pub(super) fn since(started: &str, then: SystemTime) -> Option<Duration> {
    let (clock, _) = started.split_once('T')?.1.split_once('Z')?;
    let mut parts = clock.split(':');
    let mut part = || parts.next()?.parse::<f64>().ok();
    let started = Duration::try_from_secs_f64(part()? * 3600.0 + part()? * 60.0 + part()?).ok()?;
    let then = then.duration_since(UNIX_EPOCH).ok()?;
    let then = then - DAY * u32::try_from(then.as_secs() / DAY.as_secs()).ok()?;
    then.checked_sub(started).or_else(|| (then + DAY).checked_sub(started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_s_time_is_read_across_midnight_too() {
        // 2026-11-26T00:00:00Z.
        let midnight = UNIX_EPOCH + Duration::from_secs(1_795_651_200);
        let milliseconds =
            |started, after| since(started, midnight + Duration::from_millis(after)).unwrap().as_millis();
        assert_eq!(milliseconds("2026-11-26T00:00:00.25Z", 1500), 1250);
        assert_eq!(milliseconds("2026-11-25T23:59:59.5Z", 500), 1000);
        assert_eq!(since("soon", midnight), None);
    }

    #[tokio::test]
    async fn a_configuration_is_seen_once_it_names_all_servers() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let seen = watch(file.path().to_owned(), 2);
        std::fs::write(file.path(), "upstream web {\n    server a;\n    server b;\n}\n").unwrap();
        assert!(seen.await.unwrap().is_some());
        assert_eq!(watch("/nowhere/default.conf".into(), 1).await.unwrap(), None);
    }
}
