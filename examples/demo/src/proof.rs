//! The proof after each step: those who answer through the load balancer are those who run, and each answer counted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::load::{Reply, ask};

/// So many probes for each container that runs: nginx's workers take turns each on their own.
const PROBES_EACH: usize = 20;
/// An unbroken row of so many right answers is taken for settled.
const ROW_EACH: usize = 8;

/// What a step has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Probes sent, one after the other.
    pub probes: usize,
    /// How far they raised Redis' counter.
    pub counted: u64,
    /// How many containers answered.
    pub containers: usize,
}

/// Asks until exactly `expected` answer; gives the first moment of the row of answers that shows it. `see` is told
/// each reply.
pub(crate) async fn settle(
    lb: SocketAddr,
    expected: &BTreeSet<String>,
    patience: Duration,
    see: impl Fn(&Reply),
) -> anyhow::Result<Instant> {
    let deadline = Instant::now() + patience;
    let mut row = Row::new(expected, ROW_EACH * expected.len().max(1));
    loop {
        let asked = Instant::now();
        let reply = ask(lb).await;
        see(&reply);
        if let Some(since) = row.add(asked, reply) {
            return Ok(since);
        }
        if Instant::now() > deadline {
            bail!("not within {patience:?}: {} run, the last answers were: {}", list(expected), row.describe());
        }
    }
}

/// The last replies, as many as it takes to tell.
struct Row<'a> {
    expected: &'a BTreeSet<String>,
    length: usize,
    replies: VecDeque<(Instant, Reply)>,
}

impl<'a> Row<'a> {
    fn new(expected: &'a BTreeSet<String>, length: usize) -> Self {
        Self { expected, length, replies: VecDeque::new() }
    }

    /// Adds a reply; gives the first moment of the row if the row is full and all of it is right.
    fn add(&mut self, asked: Instant, reply: Reply) -> Option<Instant> {
        if self.replies.len() == self.length {
            self.replies.pop_front();
        }
        self.replies.push_back((asked, reply));
        let full = self.replies.len() == self.length;
        let right = full && judge(self.expected, self.replies.iter().map(|(_, reply)| reply)).is_ok();
        if right { self.replies.front().map(|(asked, _)| *asked) } else { None }
    }

    fn describe(&self) -> String {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, reply) in &self.replies {
            let (Reply::Container(text) | Reply::Failed(text)) = reply;
            *seen.entry(text).or_default() += 1;
        }
        let parts: Vec<String> = seen.into_iter().map(|(text, count)| format!("{count} × {text}")).collect();
        parts.join(", ")
    }
}

/// Sends probes one after the other and counts them in Redis, with nobody else asking meanwhile.
pub(crate) async fn prove(
    lb: SocketAddr,
    expected: &BTreeSet<String>,
    mut hits: impl AsyncFnMut() -> anyhow::Result<u64>,
) -> anyhow::Result<Proof> {
    let probes = PROBES_EACH * expected.len().max(1);
    let before = hits().await?;
    let mut replies = Vec::with_capacity(probes);
    for _ in 0..probes {
        replies.push(ask(lb).await);
    }
    let counted = hits().await?.saturating_sub(before);
    judge(expected, replies.iter())?;
    let answers = if expected.is_empty() { 0 } else { probes };
    ensure!(counted == answers as u64, "{answers} answers raised Redis' counter by {counted}");
    Ok(Proof { probes, counted, containers: expected.len() })
}

/// Whether these replies are what exactly `expected` give: every one of them and nobody else, and no failure; and
/// failures only, if nobody runs.
fn judge<'a>(expected: &BTreeSet<String>, replies: impl Iterator<Item = &'a Reply>) -> anyhow::Result<()> {
    let mut answered = BTreeSet::new();
    for reply in replies {
        match reply {
            Reply::Container(id) => {
                answered.insert(id.clone());
            }
            Reply::Failed(_) if expected.is_empty() => {}
            Reply::Failed(how) => bail!("a probe failed: {how}"),
        }
    }
    ensure!(answered == *expected, "{} run, {} answer", list(expected), list(&answered));
    Ok(())
}

fn list(ids: &BTreeSet<String>) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.iter().map(String::as_str).collect::<Vec<_>>().join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|id| (*id).to_owned()).collect()
    }

    fn container(id: &str) -> Reply {
        Reply::Container(id.to_owned())
    }

    fn failure() -> Reply {
        Reply::Failed("status 502".to_owned())
    }

    #[test]
    fn everyone_who_runs_has_to_answer() {
        assert!(judge(&ids(&["a", "b"]), [container("a"), container("b")].iter()).is_ok());
        assert!(judge(&ids(&["a", "b"]), [container("a"), container("a")].iter()).is_err());
    }

    #[test]
    fn nobody_else_may_answer() {
        assert!(judge(&ids(&["a"]), [container("a"), container("gone")].iter()).is_err());
        assert!(judge(&ids(&[]), [container("gone")].iter()).is_err());
    }

    #[test]
    fn one_failed_probe_is_no_proof_unless_nobody_runs() {
        assert!(judge(&ids(&["a"]), [container("a"), failure()].iter()).is_err());
        assert!(judge(&ids(&[]), [failure(), failure()].iter()).is_ok());
    }

    #[test]
    fn settled_is_counted_from_the_first_of_an_unbroken_row() {
        let expected = ids(&["a"]);
        let mut row = Row::new(&expected, 3);
        let start = Instant::now();
        let at = |tick: u64| start + Duration::from_secs(tick);
        assert_eq!(row.add(at(0), container("a")), None);
        assert_eq!(row.add(at(1), failure()), None);
        assert_eq!(row.add(at(2), container("a")), None);
        assert_eq!(row.add(at(3), container("a")), None);
        assert_eq!(row.add(at(4), container("a")), Some(at(2)));
    }
}
