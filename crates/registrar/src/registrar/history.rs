//! Noticing a registry that may have forgotten.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::LocalAgent;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info};

use super::{Prompt, with_causes};

/// The shortest time between two questions. A registry may answer for changes that are none of ours.
const PACE: Duration = Duration::from_secs(1);
/// Between two tries to reach a registry that is away; one that refuses the question is asked seldom.
const AWAY: Duration = Duration::from_millis(200);
const REFUSED: Duration = Duration::from_secs(60);

/// Asks for a full pass whenever the registry answers again after it did not, or has begun a new history. One question
/// that the registry holds back is all that it costs.
pub(super) async fn follow(agent: Arc<dyn LocalAgent>, prompt: Prompt) {
    let mut seen = None;
    let mut was_away = false;
    loop {
        let asked = Instant::now();
        match agent.history(seen).await {
            Ok(index) => {
                if was_away || seen.is_some_and(|seen| index < seen) {
                    info!("the registry was away or has begun anew; comparing everything");
                    prompt.full_pass();
                }
                (seen, was_away) = (Some(index), false);
                sleep_until(asked + PACE).await;
            }
            Err(error) => {
                debug!("{}", with_causes(&error));
                // What it knew may be lost: the next answer is wanted at once.
                seen = None;
                was_away |= error.is_passing();
                sleep(if error.is_passing() { AWAY } else { REFUSED }).await;
            }
        }
    }
}
