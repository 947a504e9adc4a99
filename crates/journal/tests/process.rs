//! Several processes on one data directory: killed while they write, two at once, and one that may not write.
//!
//! The other process is this test program, started again for `other_process` alone.

#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, future};
use muster_journal::{Entry, Envelope, Journal, Position, RedbJournal, SnapshotMeta, suite};

const DIRECTORY: &str = "MUSTER_JOURNAL_DIRECTORY";
const INCARNATION: &str = "MUSTER_JOURNAL_INCARNATION";
const WRITERS: u64 = 4;
/// Each writer counts on its own, so that one writer's order can be checked.
const NUMBERS_EACH: u64 = 1_000_000;

/// What the other process does: appends with several writers for ever, and says what was acknowledged.
#[tokio::test]
#[ignore = "a part of the other tests, which start it"]
async fn other_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let incarnation: u64 = std::env::var(INCARNATION).unwrap().parse().unwrap();
    // The harness has begun a line.
    println!();
    let journal = match RedbJournal::open(Path::new(&directory)).await {
        Ok(journal) => journal,
        Err(error) => {
            println!("refused {error}");
            return;
        }
    };
    println!("opened");
    future::join_all((0..WRITERS).map(|writer| write_for_ever(&journal, incarnation, writer))).await;
}

async fn write_for_ever(journal: &RedbJournal, incarnation: u64, writer: u64) {
    for number in writer * NUMBERS_EACH.. {
        let envelope = suite::envelope(journal.history(), incarnation, number);
        let position = journal.append(&envelope).await.unwrap();
        println!("stored {position} {number}");
        if number % 50 == 49 {
            let meta = SnapshotMeta { position, history: journal.history(), rules: 1 };
            let chunks = ["one", "two"].map(|text| bytes::Bytes::from_static(text.as_bytes()));
            // Another writer may have saved a newer one meanwhile.
            let _ = journal.save_snapshot(meta, Box::pin(futures_util::stream::iter(chunks))).await;
        }
    }
}

fn start_other(directory: &Path, incarnation: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "other_process", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(DIRECTORY, directory).env(INCARNATION, incarnation.to_string()).stdout(Stdio::piped());
    command
}

/// The lines that the other process means; the test harness prints its own before them.
fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let output = BufReader::new(child.stdout.take().unwrap());
    // What was cut off by the kill was not acknowledged.
    let whole = output.lines().map_while(Result::ok);
    whole.filter(|line| ["opened", "refused ", "stored "].iter().any(|word| line.starts_with(word)))
}

async fn all(journal: &RedbJournal) -> Vec<Entry> {
    let tail = journal.tail().await.unwrap();
    let following = journal.follow(Position::START).await.unwrap();
    following.take(tail.0 as usize).map(Result::unwrap).collect().await
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there() {
    const KILLS: u64 = 20;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    // Any moment will do; it only has to be another one each time.
    let mut random = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
    let mut acknowledged: Vec<(u64, u64, u64)> = Vec::new();
    let mut history = None;
    for incarnation in 1..=KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = start_other(&data, incarnation).spawn().unwrap();
        let mut output = lines(&mut child);
        assert_eq!(output.next().as_deref(), Some("opened"));
        let mut said = Vec::new();
        for _ in 0..random % 120 {
            said.push(output.next().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(output.filter(|line| line.split(' ').count() == 3));
        acknowledged.extend(said.iter().map(|line| {
            let mut numbers = line.split(' ').skip(1).map(|number| number.parse::<u64>().unwrap());
            (numbers.next().unwrap(), incarnation, numbers.next().unwrap())
        }));

        let journal = RedbJournal::open(&data).await.unwrap();
        assert_eq!(journal.history(), *history.get_or_insert(journal.history()));
        check(&all(&journal).await, &acknowledged, incarnation);
        if let Some(snapshot) = journal.load_snapshot().await.unwrap() {
            let chunks: Vec<_> = snapshot.chunks.map(Result::unwrap).collect().await;
            assert_eq!(chunks, ["one", "two"]);
        }
    }
    assert!(acknowledged.len() > 200, "only {} envelopes were stored", acknowledged.len());
}

fn check(entries: &[Entry], acknowledged: &[(u64, u64, u64)], incarnation: u64) {
    for (expected, entry) in (1..).zip(entries) {
        assert_eq!(entry.position, Position(expected), "no gap");
        let Envelope { incarnation, number, .. } = entry.envelope;
        assert_eq!(entry.envelope, suite::envelope(entry.envelope.history, incarnation, number), "whole");
    }
    for &(position, incarnation, number) in acknowledged {
        let found = &entries[position as usize - 1].envelope;
        assert_eq!((found.incarnation, found.number), (incarnation, number), "acknowledged at {position}");
    }
    for writer in 0..WRITERS {
        let own = entries.iter().map(|entry| &entry.envelope).filter(|envelope| envelope.incarnation == incarnation);
        let numbers: Vec<_> =
            own.map(|envelope| envelope.number).filter(|number| number / NUMBERS_EACH == writer).collect();
        let expected: Vec<_> = (writer * NUMBERS_EACH..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "each writer's envelopes are in its order, none missing before the last");
    }
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let _journal = RedbJournal::open(directory.path()).await.unwrap();
    let mut child = start_other(directory.path(), 1).spawn().unwrap();
    let said: Vec<_> = lines(&mut child).collect();
    child.wait().unwrap();
    let holder = std::process::id();
    let expected = format!("refused data directory {} is in use by process {holder}", directory.path().display());
    assert_eq!(said, [expected]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for path in [directory.path(), &data] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o555)).unwrap();
    }
    let mut command = start_other(&data, 1);
    if std::fs::write(data.join("probe"), "").is_ok() {
        // Root may write anywhere; nobody may not.
        std::fs::remove_file(data.join("probe")).unwrap();
        command.uid(65534).gid(65534);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said: Vec<_> = lines(&mut child).collect();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    child.wait().unwrap();
    assert_eq!(said, [format!("refused cannot open {}", data.join("LOCK").display())], "{errors}");
}
