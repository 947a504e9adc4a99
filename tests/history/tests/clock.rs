//! The system's clock jumps under the running registry: nothing ends before its time, nothing hangs, nothing is lost.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_history::binary::named_in;
use muster_history::subject::Subject;
use muster_testbed::probe::{self, Answer};
use muster_testbed::wait::until;
use serde_json::json;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(180);
/// Forth by an hour, back by a day, forth by ten years, and back to the truth.
const JUMPS: [&str; 4] = ["+1h", "-1d", "+10y", "+0"];

/// Debian's faketime, which tells a program another time of day; clocks that only run forth stay true.
fn faketime() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?.flatten();
    libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file())
}

async fn get(subject: &Subject, path: &str) -> Answer {
    probe::get(subject.address(), path, PATIENCE).await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

async fn put(subject: &Subject, path: &str, body: String) -> Answer {
    let answer = probe::put(subject.address(), path, body, PATIENCE).await;
    let answer = answer.unwrap_or_else(|error| panic!("PUT {path}: {error}"));
    assert!(answer.status.is_success(), "PUT {path}: {} {}", answer.status, answer.text());
    answer
}

fn index(answer: &Answer) -> u64 {
    answer.headers["X-Consul-Index"].to_str().expect("digits").parse().expect("digits")
}

/// The year that the registry believes in, by its Date header.
fn year(answer: &Answer) -> String {
    answer.headers["Date"].to_str().expect("text").split(' ').nth(3).expect("a year").to_owned()
}

fn jump(file: &Path, to: &str) {
    std::fs::write(file, to).expect("the directory is there");
}

#[tokio::test]
#[ignore = "needs muster's binary and faketime: tests/history/run"]
async fn a_clock_that_jumps_ends_nothing_before_its_time() {
    let Some(library) = faketime() else {
        assert!(std::env::var("CI").is_err(), "faketime is missing; with CI=true nothing is skipped");
        eprintln!("SKIPPED a_clock_that_jumps_ends_nothing_before_its_time: needs Debian's faketime");
        return;
    };
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("time");
    jump(&file, "+0");
    let environment = [
        ("LD_PRELOAD", library.into_os_string()),
        ("FAKETIME_TIMESTAMP_FILE", file.clone().into_os_string()),
        ("FAKETIME_NO_CACHE", OsString::from("1")),
        ("FAKETIME_DONT_FAKE_MONOTONIC", OsString::from("1")),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let mut subject = Subject::start_with(&named_in("MUSTER_BIN"), environment).await.unwrap();

    let session = put(&subject, "/v1/session/create", json!({"TTL": "20s", "LockDelay": "0s"}).to_string()).await;
    let session = session.json().unwrap()["ID"].as_str().unwrap().to_owned();
    put(&subject, &format!("/v1/kv/locked?acquire={session}"), "x".into()).await;
    let service = json!({"Name": "web", "Check": {"TTL": "600s", "Status": "passing"}});
    put(&subject, "/v1/agent/service/register", service.to_string()).await;
    let truth = year(&get(&subject, "/v1/kv/locked").await);

    for (round, to) in JUMPS.into_iter().enumerate() {
        let before = get(&subject, "/v1/kv/locked").await;
        jump(&file, to);
        if to == "+10y" {
            // Of the other jumps the Date header tells nothing: hyper renews it when a second has passed.
            until("the registry tells the new time", PATIENCE, async || {
                match year(&get(&subject, "/v1/kv/locked").await) {
                    told if told != truth => Ok(()),
                    told => Err(told),
                }
            })
            .await
            .unwrap();
        }
        let renewed = put(&subject, &format!("/v1/session/renew/{session}"), String::new()).await;
        assert_eq!(renewed.json().unwrap()[0]["ID"], session.as_str());
        let blocked = format!("/v1/kv/locked?index={}&wait=60s", index(&before));
        let (changed, _) = tokio::join!(get(&subject, &blocked), async {
            put(&subject, &format!("/v1/kv/locked?acquire={session}"), format!("round {round}")).await
        });
        assert!(index(&changed) > index(&before));
        assert_eq!(changed.json().unwrap()[0]["Session"], session.as_str());
        let passing = get(&subject, "/v1/health/service/web?passing").await;
        assert_eq!(passing.json().unwrap().as_array().unwrap().len(), 1, "{}", passing.text());
    }

    // Born in the past: what was kept is there, and the session still ends once nobody renews it.
    jump(&file, "-1d");
    subject.kill().await.unwrap();
    let kept = get(&subject, "/v1/kv/locked").await.json().unwrap();
    assert_eq!(kept[0]["Session"], session.as_str());
    jump(&file, "-2d");
    until("the session ends", PATIENCE, async || {
        let found =
            get(&subject, &format!("/v1/session/info/{session}")).await.json().map_err(|error| error.to_string())?;
        if found.as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(found.to_string()) }
    })
    .await
    .unwrap();
    assert_eq!(get(&subject, "/v1/kv/locked").await.json().unwrap()[0].get("Session"), None);
}
