//! Waiting for something to become true, with a deadline.

use std::time::Duration;

use tokio::time::Instant;

const PAUSE: Duration = Duration::from_millis(20);

/// It did not become true in time.
#[derive(Debug, thiserror::Error)]
#[error("{what}: not within {patience:?}; at the end: {reason}")]
pub struct NotInTime {
    /// What was waited for.
    pub what: String,
    /// For how long.
    pub patience: Duration,
    /// What was still in the way.
    pub reason: String,
}

/// Asks again and again until the answer is `Ok`; an `Err` says what is still in the way.
pub async fn until<T, E, F>(what: &str, patience: Duration, mut ask: F) -> Result<T, NotInTime>
where
    F: AsyncFnMut() -> Result<T, E>,
    E: std::fmt::Display,
{
    let deadline = Instant::now() + patience;
    let mut reason = "it was never answered".to_owned();
    loop {
        match tokio::time::timeout_at(deadline, ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => break,
        }
        if Instant::now() + PAUSE > deadline {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(NotInTime { what: what.to_owned(), patience, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_good_answer_ends_it() {
        let mut asked = 0;
        let answer = until("the third answer", Duration::from_secs(1), async || {
            asked += 1;
            if asked == 3 { Ok("here") } else { Err(format!("only {asked}")) }
        });
        assert_eq!(answer.await.unwrap(), "here");
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_it_with_the_last_reason() {
        let error = until::<(), _, _>("never", Duration::from_secs(1), async || Err("still not")).await.unwrap_err();
        assert_eq!(error.to_string(), "never: not within 1s; at the end: still not");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_never_comes_does_not_hold_it() {
        let ask = async || -> Result<(), String> { std::future::pending().await };
        assert!(until("silence", Duration::from_secs(1), ask).await.is_err());
    }
}
