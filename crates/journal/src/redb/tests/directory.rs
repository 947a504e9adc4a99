//! Whose a data directory is.

use std::fs;
use std::path::Path;

use super::{RedbJournal, suite};
use crate::{Journal, OpenError, Position};

async fn refusal(directory: &Path) -> OpenError {
    RedbJournal::open(directory).await.err().unwrap()
}

#[tokio::test]
async fn the_second_to_open_a_directory_is_told_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = RedbJournal::open(directory.path()).await.unwrap();
    let expected = format!("data directory {} is in use by process {}", directory.path().display(), std::process::id());
    assert_eq!(refusal(directory.path()).await.to_string(), expected);
    journal.append(&suite::envelope(journal.history(), 1, 1)).await.unwrap();
    drop(journal);
    let journal = RedbJournal::open(directory.path()).await.unwrap();
    assert_eq!(journal.tail().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_newer_format_is_refused_by_number() {
    let directory = tempfile::tempdir().unwrap();
    drop(RedbJournal::open(directory.path()).await.unwrap());
    fs::write(directory.path().join("FORMAT"), "muster-journal 7\n").unwrap();
    let expected = format!(
        "data directory {} has format 7, this program reads up to 1: use a newer muster",
        directory.path().display()
    );
    assert_eq!(refusal(directory.path()).await.to_string(), expected);
}

#[tokio::test]
async fn somebody_elses_directory_is_refused_and_left_alone() {
    let cases: [(&str, &str); 4] = [
        ("raft/", "holds the data of a Consul server, which muster cannot read"),
        ("serf/", "holds the data of a Consul server, which muster cannot read"),
        ("notes.txt", "is not empty (there is \"notes.txt\") and holds no journal"),
        ("FORMAT", "has a file FORMAT that is not muster's"),
    ];
    for (name, reason) in cases {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        if name.ends_with('/') {
            fs::create_dir(path).unwrap()
        } else {
            fs::write(path, "mine\n").unwrap()
        }
        let expected =
            format!("data directory {} {reason}: name an empty one or muster's own", directory.path().display());
        assert_eq!(refusal(directory.path()).await.to_string(), expected);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was put there");
    }
}

#[tokio::test]
async fn a_journal_that_is_gone_is_not_started_anew() {
    let directory = tempfile::tempdir().unwrap();
    drop(RedbJournal::open(directory.path()).await.unwrap());
    fs::remove_file(directory.path().join("journal.redb")).unwrap();
    let refused = refusal(directory.path()).await;
    assert!(matches!(refused, OpenError::Missing { .. }), "{refused}");
}

/// What stands beside it says that this was no first start.
#[tokio::test]
async fn a_journal_without_its_format_is_said_to_be_one() {
    let directory = tempfile::tempdir().unwrap();
    drop(RedbJournal::open(directory.path()).await.unwrap());
    fs::remove_file(directory.path().join("FORMAT")).unwrap();
    fs::write(directory.path().join("node-id"), "").unwrap();
    let expected = format!(
        "data directory {} holds a journal, but its file FORMAT is gone: put it back (this muster writes the line \
         \"muster-journal 1\" there)",
        directory.path().display()
    );
    assert_eq!(refusal(directory.path()).await.to_string(), expected);
    fs::write(directory.path().join("FORMAT"), "muster-journal 1\n").unwrap();
    RedbJournal::open(directory.path()).await.unwrap();
}

/// A first start that was cut off at any point leaves nothing that a second one cannot finish.
#[tokio::test]
async fn an_unfinished_first_start_is_finished() {
    let whole = tempfile::tempdir().unwrap();
    let history = RedbJournal::open(whole.path()).await.unwrap().history();

    let drafts = tempfile::tempdir().unwrap();
    for name in ["LOCK", "FORMAT.new", "journal.redb.new"] {
        fs::write(drafts.path().join(name), "half").unwrap();
    }
    RedbJournal::open(drafts.path()).await.unwrap();

    fs::remove_file(whole.path().join("FORMAT")).unwrap();
    assert_eq!(RedbJournal::open(whole.path()).await.unwrap().history(), history, "the journal was finished");
    assert!(whole.path().join("FORMAT").exists());
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("no/such/parent");
    let expected = format!("cannot create data directory {}", path.display());
    assert_eq!(refusal(&path).await.to_string(), expected);
}
